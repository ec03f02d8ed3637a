// A decision about one timer: its cursor moves from `from` to `through`, firing at most one
// instant (always `through`) and skipping the others in between.
//
// Decisions travel from the timer workers to the executors as bytes, so the struct is
// trivially copyable. Whoever records it does so only while the timer's row still says
// (sensor, spec_rev, cursor = from); a confirmation names (sensor, spec_rev, through).
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/ids.h"
#include "core/time.h"

namespace attune {

enum class SkipReason : std::uint8_t {
    kNone,         // nothing is skipped
    kMisfire,      // past its grace, and the policy does not fire it
    kWindow,       // older than misfire.window
    kPastOneShot,  // fire_at was at or before the sensor's creation
};

// "misfire", "window", "past_one_shot", "" as stored in timer_skip.reason.
std::string_view to_string(SkipReason reason);

struct Decision {
    SensorId sensor;
    Generation spec_rev;
    TimePoint from;     // the cursor it was decided from
    TimePoint through;  // the cursor after; the instant fired when `fires`

    // Skipped instants lie in (from, skip_through]; meaningful when skipped > 0, and
    // skip_through < through when something fires.
    TimePoint skip_through;
    std::int64_t skipped = 0;
    SkipReason reason = SkipReason::kNone;

    bool fires = false;
    bool misfire = false;         // fired past its grace
    bool exhausted = false;       // no instant follows `through`
    TimePoint due_at;             // through + jitter
    TimePoint fired_at;           // when it was decided, by the program's clock
    TimePoint next_at;            // the instant after `through`; kNever when exhausted
    std::int64_t occurrence = 0;  // intervals: k of anchor + k * period; else fires so far + 1
};

static_assert(std::is_trivially_copyable_v<Decision>);

// What confirms a Decision, once it is recorded or found void.
struct Confirmation {
    SensorId sensor;
    Generation spec_rev;
    TimePoint through;
    bool recorded = false;  // false: void, the worker reloads that timer's row
};

static_assert(std::is_trivially_copyable_v<Confirmation>);

}  // namespace attune
