// A timer as its row has it, and what to do about it at a moment. Pure: the worker and the
// simulation ask the same function.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/decision.h"
#include "core/ids.h"
#include "core/lifecycle.h"
#include "core/schedule.h"

namespace attune {

// The mutable part, one row of table `timer`.
struct TimerCursor {
    SensorId sensor;
    Generation spec_rev;
    TimePoint cursor;        // the greatest instant already decided
    std::int64_t fires = 0;  // recorded so far; max_fires counts them
};

// The last answers of next_after, for many timers that share a schedule. Correct for any
// moment, quick when cursors are near each other; valid for one schedule only.
class NextMemo {
public:
    std::optional<TimePoint> next_after(const Schedule& schedule, TimePoint after);

private:
    struct Entry {
        TimePoint after = kNever;  // next is the answer for every moment in [after, next)
        std::optional<TimePoint> next;
    };
    std::array<Entry, 2> entries_;
    std::size_t oldest_ = 0;
};

// The decision that is due at `now`, or nullopt when the timer must wait (or has ended and
// says so already). Of the instants due since the cursor, those within grace fire one by one,
// oldest first; of those past grace the misfire policy fires some and skips the rest as one
// range. Ask again with the cursor moved to `through` for what follows.
std::optional<Decision> decide(const Schedule& schedule, const TimerCursor& timer,
                               TimePoint now, NextMemo* memo = nullptr);

// When decide() will have something to say: the due moment of the next instant after the
// cursor. nullopt: never again.
std::optional<TimePoint> wake_at(const Schedule& schedule, const TimerCursor& timer,
                                 NextMemo* memo = nullptr);

// What a timer's row begins with when its schedule is new, changed, or enabled again.
struct Arming {
    struct Skip {
        TimePoint after;
        TimePoint through;
        SkipReason reason;
        std::int64_t count;
    };

    TimerState state = TimerState::kArmed;  // or kExhausted: no instant follows
    TimePoint armed_from;                   // of the timer_rev that begins here
    TimePoint cursor;
    std::optional<TimePoint> next_at;
    std::optional<Skip> skip;  // to be recorded with it
};

// The rule of arming at the apply moment `now`: nothing fires retroactively. `previous_cursor`
// and `fires` are the row's, if the sensor had one. A new one-shot whose fire_at is not after
// `now` is exhausted and skipped as past_one_shot, except under an explicit fire_once within
// its window: then it is armed just before fire_at and fires at once.
Arming arm(const Schedule& schedule, std::optional<TimePoint> previous_cursor,
           std::int64_t fires, TimePoint now);

// The anchor of a sensor's "created" intervals: its creation floored to the second; kept by
// edits that keep the period; `now` floored when the period changes. `previous` is what the
// row was armed with.
struct AnchoredConfig {
    Json config;
    TimePoint anchor;
};
TimePoint anchor_for(const Json& config, TimePoint created_at,
                     const std::optional<AnchoredConfig>& previous, TimePoint now);

// False while the clock cannot be right: before the program was built, or more than five
// minutes before the newest fire on record. Nothing is decided until it is.
inline constexpr Duration kClockTolerance = std::chrono::minutes(5);
bool is_plausible(TimePoint now, TimePoint built_at, std::optional<TimePoint> newest_fire);

// The event's payload as compact JSON: type, scheduled_at, due_at, fired_at, lateness_ms,
// occurrence, misfire, missed_count, next_at and what belongs to the kind
// (interval_seconds | expression, timezone | fire_at). Requires decision.fires.
std::string timer_payload(const Schedule& schedule, const Decision& decision);

}  // namespace attune
