// What the ledger does when the database did not, or will not, do as it was told.
#include <map>

#include <fmt/format.h>

#include "store/ledger_days.h"
#include "store/ledger_parts.h"

namespace attune {
namespace {

constexpr DayStatement kEventsThere{"events_there", R"sql(
SELECT g.n
FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS g (n, id, scheduled_at)
JOIN event_{0} e ON e.id = g.id AND e.scheduled_at = instant(g.scheduled_at))sql"};

constexpr Statement kCursorsMoved{"cursors_moved", R"sql(
SELECT g.n
FROM unnest($1::int8[], $2::int8[], $3::int8[])
    WITH ORDINALITY AS g (sensor_id, spec_rev, from_at, n)
JOIN timer t ON t.sensor_id = g.sensor_id AND t.spec_rev = g.spec_rev
WHERE t.cursor_at <> instant(g.from_at))sql"};

}  // namespace

std::vector<bool> Ledger::read_back(std::span<const Entry> entries) {
    struct Events {
        ArrayText ordinals, ids, moments;
    };
    std::map<TimePoint, Events> events;  // by day
    ArrayText sensors;
    ArrayText spec_revs;
    ArrayText cursors;
    Positions skips;
    for (std::size_t n = 0; n < entries.size(); ++n) {
        const Entry& entry = entries[n];
        if (entry.event) {
            auto& day = events[day_of(entry.event->scheduled_at)];
            day.ordinals.add(static_cast<std::int64_t>(n));
            day.ids.add(entry.event->id.value);
            day.moments.add(entry.event->scheduled_at);
        } else {
            skips.push_back(n);
            sensors.add(entry.decision->sensor.value);
            spec_revs.add(entry.decision->spec_rev.value);
            cursors.add(entry.decision->from);
        }
    }
    std::vector<bool> there(entries.size(), false);
    const auto look = [&](Session& session) {
        for (auto& [day, wanted] : events) {
            if (!days_->has(session, day)) continue;
            const auto rows = run(session, kEventsThere, day,
                                  Params()
                                      .add(wanted.ordinals.take())
                                      .add(wanted.ids.take())
                                      .add(wanted.moments.take()));
            for (int n = 0; n < rows.size(); ++n) {
                there[static_cast<std::size_t>(rows[n].number(0))] = true;
            }
        }
        if (skips.empty()) return;
        const auto rows =
            session.run(kCursorsMoved,
                        Params().add(sensors.take()).add(spec_revs.take()).add(cursors.take()));
        for (int n = 0; n < rows.size(); ++n) {
            there[skips[static_cast<std::size_t>(rows[n].number(0) - 1)]] = true;
        }
    };
    on_days({}, [&] { connection_.read(look); });
    return there;
}

Recorded Ledger::record_poisoned(Generation evaluated_at, ClaimOwner owner, const Entry& entry,
                                 const StoreRefused& refusal) {
    Entry bare = entry;
    if (bare.event) bare.event->payload.clear();
    for (auto& answer : bare.answers) {
        answer.state = EnforcementState::kErrored;
        answer.reason = fmt::format("refused by the database: SQLSTATE {}", refusal.sqlstate());
        answer.execution.reset();
    }
    return record(evaluated_at, owner, {&bare, 1}, {});
}

void Ledger::fault_timer(const Decision& decision, std::string_view reason) {
    static constexpr Statement kFault{
        "fault_timer",
        "UPDATE timer SET state = 'faulted', fault = $4, next_at = NULL"
        " WHERE sensor_id = $1 AND spec_rev = $2 AND cursor_at = instant($3)"
        " AND state = 'armed'"};
    connection_.transact([&](Session& session) {
        lock_catalog(session);
        session.run(kFault, Params()
                                .add(decision.sensor.value)
                                .add(decision.spec_rev.value)
                                .add(decision.from)
                                .add(reason));
    });
}

}  // namespace attune
