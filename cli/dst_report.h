// What changes of the clock will do to a timer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/schedule.h"
#include "core/zone.h"

namespace attune {

struct ClockChange {
    enum class Effect {
        kMoved,     // a fixed time of day that the jump removes: fires at the jump instead
        kSkipped,   // like an interval: what the jump removes does not happen
        kRepeated,  // like an interval: fires in both passes of the repeated hour
        kOnce,      // a fixed time of day in the repeated hour: fires in the first pass only
    };

    Instant at;     // of the jump
    WallTime from;  // [from, to) is removed (moved, skipped) or repeated
    WallTime to;
    std::int64_t instants;  // wall-clock seconds in [from, to) at which the timer fires
    Effect effect = Effect::kMoved;
};
std::string_view to_string(ClockChange::Effect effect);  // "moved", "skipped", ...

// The changes in (after, through] that matter to `schedule`; none for an interval or a
// one-shot, which know no wall clock.
std::vector<ClockChange> clock_changes(const Schedule& schedule, TimePoint after,
                                       TimePoint through);

// "2027-03-28T01:00:00Z  02:00:00-03:00:00 is skipped: fires at 03:00:00 instead"
std::string describe(const ClockChange& change);

}  // namespace attune
