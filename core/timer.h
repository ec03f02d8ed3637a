// A timer as its row has it, and what to do about it at a moment. Pure: the worker and the
// simulation ask the same function.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/decision.h"
#include "core/ids.h"
#include "core/schedule.h"

namespace attune {

// The mutable part, one row of table `timer`.
struct TimerCursor {
    SensorId sensor;
    Generation spec_rev;
    TimePoint cursor;        // the greatest instant already decided
    std::int64_t fires = 0;  // recorded so far; max_fires counts them
    TimePoint created_at;    // the sensor's creation: past one-shots
};

// The decision that is due at `now`, or nullopt when the timer must wait (or has ended and
// says so already). Of the instants due since the cursor, those within grace fire one by one,
// oldest first; of those past grace the misfire policy fires some and skips the rest as one
// range (DESIGN 5). Ask again with the cursor moved to `through` for what follows.
std::optional<Decision> decide(const Schedule& schedule, const TimerCursor& timer,
                               TimePoint now);

// When decide() will have something to say: the due moment of the next instant after the
// cursor. nullopt: never again.
std::optional<TimePoint> wake_at(const Schedule& schedule, const TimerCursor& timer);

// The event's payload as compact JSON: type, scheduled_at, due_at, fired_at, lateness_ms,
// occurrence, misfire, missed_count, next_at and what belongs to the kind
// (interval_seconds | expression, timezone | fire_at). Requires decision.fires.
std::string timer_payload(const Schedule& schedule, const Decision& decision);

}  // namespace attune
