// Timers as their rows have them, for the workers that arm them. Only the ledger moves cursors
// (Ledger::record) and only the reconciler changes schedules (CatalogStore::apply).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/lifecycle.h"
#include "core/timer.h"
#include "store/connection.h"

namespace attune {

class Rows;
class Session;

// Views are valid during the visit.
struct TimerRow {
    TimerCursor cursor;
    TimerState state = TimerState::kArmed;
    TimePoint anchor_at;  // hand it to compile_schedule as `created_at`
    std::string_view sensor_ref;
    std::string_view trigger_ref;  // core.intervaltimer, core.crontimer, core.datetimetimer
    std::string_view config;       // the sensor's, compact JSON, as written
    std::string_view fault;        // state faulted: why; else empty
};

// What the ledger knows that a clock can be held against.
struct LedgerMoments {
    std::optional<TimePoint> newest_fire;  // fired_at of what was recorded last; none: nothing
    std::optional<TimePoint> oldest_day;   // where the oldest day that is kept begins
};

// One of `count` workers has the sensors whose id % count == index.
struct TimerShard {
    int index = 0;
    int count = 1;
};

class TimerStore {
public:
    using Visit = std::function<void(const TimerRow&)>;

    explicit TimerStore(Database database);
    ~TimerStore();

    // The catalog's now: what is loaded later is as of this one or newer.
    Generation generation();

    // How many armed timers the shard has.
    std::size_t count(TimerShard shard);

    // Visits every armed timer of the shard, by ascending sensor id. A million take seconds and
    // no memory to speak of: rows come in portions, each a snapshot of its own, which is
    // enough because every decision is checked against its row when it is recorded.
    void load(TimerShard shard, const Visit& visit);

    // Visits the timers of `sensors` that have a row, in whatever state, by ascending id.
    void load(std::span<const SensorId> sensors, const Visit& visit);

    // Timers that changed after `since`, or whose sensors did: what a worker reloads when the
    // catalog moved. In any state, by ascending id, in portions as above.
    void load_changed(Generation since, TimerShard shard, const Visit& visit);

    LedgerMoments ledger_moments();

private:
    // The rows of one portion, those of sensors after the given id. While one is visited, the
    // server makes the next.
    using Portion = std::function<Rows(Session&, std::int64_t after)>;
    void in_portions(const Visit& visit, const Portion& portion);

    Connection connection_;
};

}  // namespace attune
