// An operator's word over the `enabled` of a sensor's or a rule's manifest: it rests until it
// is resumed, or the pause is over, whatever the files say meanwhile.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/time.h"

namespace attune {

inline constexpr std::size_t kPauseReasonBytes = 1024;

struct Pause {
    std::string by;                  // who said so, "alice"
    std::string reason;              // may be empty, at most kPauseReasonBytes
    std::optional<TimePoint> until;  // no value: until somebody resumes it

    friend bool operator==(const Pause&, const Pause&) = default;
};

}  // namespace attune
