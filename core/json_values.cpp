#include "core/json_values.h"

#include <cstdint>

namespace attune {

Result<Duration> to_duration(const Json& value) {
    if (value.is_string()) return parse_duration(value.get_ref<const std::string&>());
    constexpr auto kLongest =
        std::chrono::floor<std::chrono::seconds>(kLongestDuration).count();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= kLongest) {
        return std::chrono::seconds(value.get<std::uint64_t>());
    }
    // A Json built in memory may hold a non-negative number as a signed one.
    if (value.is_number_integer() && !value.is_number_unsigned()) {
        const auto seconds = value.get<std::int64_t>();
        if (seconds >= 0 && seconds <= kLongest) return std::chrono::seconds(seconds);
    }
    auto fault = refuse("ATT4011", compact(value) + " is not a duration",
                        "write seconds as an integer, or text such as \"90s\", \"1h30m\" or "
                        "\"2d\", at most 3650 days");
    fault.value().reason = "syntax";
    return fault;
}

Result<TimePoint> to_moment(const Json& value) {
    if (value.is_string()) return parse_rfc3339(value.get_ref<const std::string&>());
    auto fault = refuse("ATT4010", compact(value) + " is not a date-time",
                        "write RFC 3339 text such as \"2027-03-01T08:00:00Z\"");
    fault.value().reason = "syntax";
    return fault;
}

}  // namespace attune
