// The `format`s of JSON Schema that attune checks. Strings only: a value of another type has
// no format to break.
#pragma once

#include <span>
#include <string_view>

namespace attune {

// date-time (RFC 3339), date, time, email, hostname, ipv4, ipv6, uri, uuid, regex (RE2),
// duration (attune's own: 90s, 5m, 1h30m, 2d).
std::span<const std::string_view> formats();

// Whether `text` is of `format`; false for a format that is not in formats().
bool has_format(std::string_view format, std::string_view text);

}  // namespace attune
