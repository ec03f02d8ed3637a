#include "store/pause_store.h"

#include <utility>

#include "store/catalog_rows.h"
#include "store/catalog_turn.h"
#include "store/session.h"

namespace attune {
namespace {

struct Statements {
    Statement find;
    Statement write;
};

// clang-format off
#define ATTUNE_PAUSE_STATEMENTS(table)                                                   \
    {                                                                                    \
        {"pause_of_" table,                                                              \
         "SELECT id, enabled_override IS FALSE, coalesce(override_by, ''),"              \
         " coalesce(override_reason, ''), micros(override_until)"                        \
         " FROM " table " WHERE ref = $1 AND retired_at IS NULL"},                       \
        {"pause_" table,                                                                 \
         "UPDATE " table " SET enabled_override = CASE WHEN $2::text IS NOT NULL THEN false END," \
         " override_by = $2, override_reason = $3, override_until = instant($4),"        \
         " updated_at = instant($5), generation = $6 WHERE id = $1"}                     \
    }
// clang-format on

const Statements& statements(Kind kind) {
    static constexpr Statements kSensor = ATTUNE_PAUSE_STATEMENTS("sensor");
    static constexpr Statements kRule = ATTUNE_PAUSE_STATEMENTS("rule");
    return kind == Kind::kRule ? kRule : kSensor;
}

#undef ATTUNE_PAUSE_STATEMENTS

constexpr Statement kTimer{"timer_of_sensor", R"sql(
SELECT t.sensor_id, t.state, t.spec_rev, micros(t.anchor_at), micros(t.cursor_at), t.fires, v.spec
FROM timer t LEFT JOIN timer_rev v ON v.sensor_id = t.sensor_id AND v.spec_rev = t.spec_rev
WHERE t.sensor_id = $1)sql"};

// Pauses that end are few.
constexpr Statement kOver{"pauses_over", R"sql(
SELECT kind, ref FROM (
    SELECT 'Sensor' AS kind, ref, override_until FROM sensor
    WHERE enabled_override IS FALSE AND retired_at IS NULL
    UNION ALL
    SELECT 'Rule', ref, override_until FROM rule
    WHERE enabled_override IS FALSE AND retired_at IS NULL) paused
WHERE override_until <= instant($1) ORDER BY override_until, kind, ref LIMIT $2::int)sql"};

constexpr Statement kNextEnd{"next_pause_over", R"sql(
SELECT micros(least(
    (SELECT min(override_until) FROM sensor
     WHERE enabled_override IS FALSE AND retired_at IS NULL),
    (SELECT min(override_until) FROM rule
     WHERE enabled_override IS FALSE AND retired_at IS NULL))))sql"};

std::optional<StoredObject> read_live(Session& session, Kind kind, std::int64_t id) {
    const auto rows = session.run(load_statement(kind), Params().add(id - 1).add(1).add_null());
    return rows.empty() ? std::nullopt : read_object(kind, rows[0]);
}

}  // namespace

PauseStore::PauseStore(Database database) : connection_(std::move(database)) {}
PauseStore::~PauseStore() = default;

std::optional<PausableObject> PauseStore::find(Kind kind, const std::string& ref) {
    static constexpr Statement kGeneration{"generation", "SELECT generation FROM config_state"};
    std::optional<PausableObject> found;
    connection_.read([&](Session& session) {
        const Generation generation{session.run(kGeneration).only().number(0)};
        const auto rows = session.run(statements(kind).find, Params().add(ref));
        if (rows.empty()) return;
        auto object = read_live(session, kind, rows[0].number(0));
        if (!object) return;
        found = PausableObject{.generation = generation,
                               .object = *std::move(object),
                               .pause = std::nullopt,
                               .timer = std::nullopt};
        if (rows[0].truth(1)) {
            found->pause = Pause{.by = rows[0].string(2),
                                 .reason = rows[0].string(3),
                                 .until = rows[0].moment_or_none(4)};
        }
        if (kind != Kind::kSensor) return;
        const auto timers = session.run(kTimer, Params().add(rows[0].number(0)));
        if (!timers.empty()) found->timer = read_timer(timers[0]);
    });
    return found;
}

std::optional<Generation> PauseStore::apply(const PauseChange& change) {
    std::optional<Generation> made;
    connection_.transact([&](Session& session) {
        made.reset();
        if (begin_turn(session) != change.base) return session.give_up();
        const Generation next{change.base.value + 1};
        Params params;
        params.add(change.id);
        if (change.pause) {
            params.add(change.pause->by).add(change.pause->reason).add(change.pause->until);
        } else {
            params.add_null().add_null().add_null();
        }
        session.run(statements(change.kind).write, params.add(change.at).add(next.value));
        std::vector<TimerChange> timers;
        if (change.timer) timers.push_back(*change.timer);
        end_turn(session, timers, change.at, next);
        made = next;
    });
    return made;
}

std::vector<PauseStore::Named> PauseStore::over(TimePoint now) {
    std::vector<Named> names;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kOver, Params().add(now).add(kPortion));
        for (int n = 0; n < rows.size(); ++n) {
            names.push_back({.kind = rows[n].text(0) == "Rule" ? Kind::kRule : Kind::kSensor,
                             .ref = rows[n].string(1)});
        }
    });
    return names;
}

std::optional<TimePoint> PauseStore::next_end() {
    std::optional<TimePoint> at;
    connection_.read(
        [&](Session& session) { at = session.run(kNextEnd).only().moment_or_none(0); });
    return at;
}

}  // namespace attune
