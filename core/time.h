// Moments and spans, always in UTC and to the microsecond (PostgreSQL's resolution), and
// the texts they are written as. Reading the clock is not here: see core/clock.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace attune {

using Duration = std::chrono::microseconds;
using TimePoint = std::chrono::sys_time<Duration>;

// Stands for "at no time" where an optional would cost a trivially copyable type its ease.
inline constexpr TimePoint kNever = TimePoint::max();

// "2026-11-23T12:00:00Z"; the fraction is there only when it is not zero, without trailing
// zeros. The inverse of parse_rfc3339.
std::string format_rfc3339(TimePoint moment);

// Always six digits of fraction, "2026-11-23T12:00:00.000000Z": idempotency keys.
std::string format_rfc3339_micros(TimePoint moment);

// RFC 3339 with explicit offset. Fault ATT4010, its reason one of syntax, impossible_date,
// out_of_range (24:00 too), leap_second, missing_seconds, missing_offset; a finer fraction is
// rounded to microseconds.
Result<TimePoint> parse_rfc3339(std::string_view text);

// "90s", "5m", "1h30m", "2d" (units d h m s, each once, in that order). Fault ATT4011 for
// anything else, zero included only as "0s", and for more than 3650 days.
Result<Duration> parse_duration(std::string_view text);

// The longest a duration may be, a timer's period too.
inline constexpr Duration kLongestDuration = std::chrono::days(3650);

// "1h30m", largest units first, whole seconds: what parse_duration reads back. Below a second
// "250ms", for people only.
std::string format_duration(Duration duration);

}  // namespace attune
