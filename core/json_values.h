// Moments and durations as they stand in JSON and YAML.
#pragma once

#include "core/json.h"
#include "core/result.h"
#include "core/time.h"

namespace attune {

// A text as parse_duration reads it, or an integer of seconds, 0 .. 3650 days. Fault ATT4011.
Result<Duration> to_duration(const Json& value);

// A text as parse_rfc3339 reads it. Fault ATT4010.
Result<TimePoint> to_moment(const Json& value);

}  // namespace attune
