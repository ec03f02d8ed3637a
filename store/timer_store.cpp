#include "store/timer_store.h"

#include <future>

#include "os/progress.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr int kPortion = 10'000;  // rows of one answer

// The columns of a TimerRow. A timer's config is its sensor's: an edit that leaves the instants
// alone (jitter, misfire) touches only that.
#define ATTUNE_TIMER_COLUMNS                                                 \
    "SELECT t.sensor_id, t.spec_rev, micros(t.cursor_at), t.fires, t.state," \
    " micros(t.anchor_at), s.ref, s.trigger_ref, s.config, t.fault"          \
    " FROM timer t JOIN sensor s ON s.id = t.sensor_id"

// Both ids are bounded, so that the two keys are merged from there on. Left to itself, a server
// that takes the shard for one in two hundred reads and sorts everything for each portion.
constexpr Statement kMergeKeys{"merge_keys", R"sql(
SELECT set_config(name, 'off', true)
FROM unnest('{enable_seqscan,enable_bitmapscan,enable_hashjoin,enable_nestloop,
              enable_sort}'::text[]) AS name)sql"};
constexpr Statement kArmed{"armed_timers", ATTUNE_TIMER_COLUMNS
                           " WHERE t.sensor_id > $1 AND s.id > $1 AND t.state = 'armed'"
                           " AND t.sensor_id % $2 = $3"
                           " ORDER BY t.sensor_id LIMIT $4"};

constexpr Statement kNamed{"named_timers", ATTUNE_TIMER_COLUMNS
                           " WHERE t.sensor_id = ANY ($1::int8[]) ORDER BY t.sensor_id"};

constexpr Statement kChanged{"changed_timers", ATTUNE_TIMER_COLUMNS
                             " WHERE t.sensor_id IN (SELECT id FROM sensor"
                             "       WHERE generation > $4 AND id > $1 UNION ALL"
                             "       SELECT sensor_id FROM timer"
                             "       WHERE generation > $4 AND sensor_id > $1)"
                             " AND t.sensor_id % $2 = $3 ORDER BY t.sensor_id LIMIT $5"};

#undef ATTUNE_TIMER_COLUMNS

constexpr Statement kCountArmed{"count_armed", R"sql(
SELECT count(*) FROM timer WHERE state = 'armed' AND sensor_id % $1 = $2)sql"};

// The newest by the order of recording, and not by fired_at: what a clock recorded that was
// years ahead must not count for ever. Ids are drawn in blocks and so only nearly in that
// order; among the last thousand the database's clock tells.
constexpr Statement kNewestFire{"newest_fire", R"sql(
SELECT micros(fired_at)
FROM (SELECT id, fired_at, recorded_at FROM event ORDER BY id DESC LIMIT 1000) AS last
ORDER BY recorded_at DESC, id DESC LIMIT 1)sql"};

// make_day() names partitions by their day.
constexpr Statement kOldestDay{"oldest_day", R"sql(
SELECT micros(to_date(min(right(c.relname, 8)), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC')
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'event'::regclass)sql"};

void visit_rows(const Rows& rows, const TimerStore::Visit& visit) {
    for (int n = 0; n < rows.size(); ++n) {
        const auto row = rows[n];
        visit(TimerRow{.cursor = {.sensor = SensorId{row.number(0)},
                                  .spec_rev = Generation{row.number(1)},
                                  .cursor = row.moment(2),
                                  .fires = row.number(3)},
                       .state = parse_timer_state(row.text(4)).value_or(TimerState::kFaulted),
                       .anchor_at = row.moment(5),
                       .sensor_ref = row.text(6),
                       .trigger_ref = row.text(7),
                       .config = row.text(8),
                       .fault = row.text(9)});
    }
}

}  // namespace

TimerStore::TimerStore(Database database) : connection_(std::move(database)) {}

TimerStore::~TimerStore() = default;

Generation TimerStore::generation() {
    static constexpr Statement kGeneration{"generation", "SELECT generation FROM config_state"};
    Generation generation;
    connection_.read([&](Session& session) {
        generation.value = session.run(kGeneration).only().number(0);
    });
    return generation;
}

std::size_t TimerStore::count(TimerShard shard) {
    std::size_t count = 0;
    connection_.read([&](Session& session) {
        const auto row =
            session.run(kCountArmed, Params().add(shard.count).add(shard.index)).only();
        count = static_cast<std::size_t>(row.number(0));
    });
    return count;
}

void TimerStore::load(TimerShard shard, const Visit& visit) {
    in_portions(visit, [&](Session& session, std::int64_t after) {
        session.run(kMergeKeys);
        return session.run(kArmed,
                           Params().add(after).add(shard.count).add(shard.index).add(kPortion));
    });
}

void TimerStore::in_portions(const Visit& visit, const Portion& portion) {
    const auto fetch = [&](std::int64_t after) {
        Rows rows;
        connection_.read([&](Session& session) { rows = portion(session, after); });
        return rows;
    };
    auto rows = fetch(0);
    while (rows.size() == kPortion) {
        const auto last = rows[kPortion - 1].number(0);
        auto next = std::async(std::launch::async, fetch, last);
        visit_rows(rows, visit);
        const WaitsOutside database;
        rows = next.get();
    }
    visit_rows(rows, visit);
}

void TimerStore::load(std::span<const SensorId> sensors, const Visit& visit) {
    if (sensors.empty()) return;
    ArrayText ids;
    for (const auto sensor : sensors) ids.add(sensor.value);
    connection_.read([&](Session& session) {
        visit_rows(session.run(kNamed, Params().add(ids.take())), visit);
    });
}

LedgerMoments TimerStore::ledger_moments() {
    LedgerMoments moments;
    connection_.read([&](Session& session) {
        const auto newest = session.run(kNewestFire);
        if (!newest.empty()) moments.newest_fire = newest[0].moment(0);
        moments.oldest_day = session.run(kOldestDay).only().moment_or_none(0);
    });
    return moments;
}

void TimerStore::load_changed(Generation since, TimerShard shard, const Visit& visit) {
    in_portions(visit, [&](Session& session, std::int64_t after) {
        return session.run(kChanged, Params()
                                         .add(after)
                                         .add(shard.count)
                                         .add(shard.index)
                                         .add(since.value)
                                         .add(kPortion));
    });
}

}  // namespace attune
