#include "core/formats.h"

#include <string>

#include <gtest/gtest.h>

namespace attune {
namespace {

struct Sample {
    std::string_view format;
    std::string_view text;
    bool good;
};

constexpr Sample kSamples[] = {
    {"date-time", "2026-02-28T23:59:59Z", true},
    {"date-time", "2026-02-28t23:59:59.123456z", true},
    {"date-time", "2026-02-28T23:59:59+05:30", true},
    {"date-time", "2026-02-29T00:00:00Z", false},
    {"date-time", "2026-02-28T24:00:00Z", false},
    {"date-time", "2026-02-28T00:00:60Z", false},
    {"date-time", "2026-02-28T00:00:00", false},
    {"date-time", "2026-02-28T00:00:00|05:00", false},
    {"date-time", "2026-02-28 00:00:00Z", false},
    {"date", "2024-02-29", true},
    {"date", "2023-02-29", false},
    {"date", "1", false},
    {"time", "08:30:06Z", true},
    {"time", "08:30:06.Z", false},
    {"time", "8:30:06Z", false},
    {"email", "a.b+c@example.org", true},
    {"email", "a..b@example.org", false},
    {"email", "@example.org", false},
    {"hostname", "db-1.example.org", true},
    {"hostname", "-a.org", false},
    {"hostname", "a..b", false},
    {"ipv4", "192.168.0.1", true},
    {"ipv4", "256.0.0.1", false},
    {"ipv4", "1.2.3", false},
    {"ipv4", "01.2.3.4", false},
    {"ipv4", "1.2.3.4.", false},
    {"ipv6", "::1", true},
    {"ipv6", "2001:db8::ff00:42:8329", true},
    {"ipv6", "::ffff:1.2.3.4", true},
    {"ipv6", "1:2:3:4:5:6:7:8", true},
    {"ipv6", "1:2:3:4:5:6:7", false},
    {"ipv6", "1::2::3", false},
    {"ipv6", "12345::", false},
    {"uri", "https://example.org/a?b=c#d", true},
    {"uri", "urn:x:y", true},
    {"uri", "/relative", false},
    {"uri", "http://a b", false},
    {"uri", "http://a/%zz", false},
    {"uuid", "123e4567-e89b-12d3-a456-426614174000", true},
    {"uuid", "123e4567e89b12d3a456426614174000", false},
    {"regex", "^a+$", true},
    {"regex", "(", false},
    {"duration", "1h30m", true},
    {"duration", "1.5h", false},
    {"iban", "anything", false},
};

TEST(Formats, AcceptAndRefuse) {
    for (const auto& [format, text, good] : kSamples) {
        EXPECT_EQ(has_format(format, text), good) << format << " " << text;
    }
}

TEST(Formats, AnyLengthEndsQuickly) {
    const std::string digits(1'000'000, '7');
    for (const auto format : formats()) EXPECT_FALSE(has_format(format, digits)) << format;
}

}  // namespace
}  // namespace attune
