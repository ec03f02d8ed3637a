#include "core/time.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "core/json.h"

namespace attune {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

std::string date_and_time(TimePoint moment) {
    const auto day = floor<days>(moment);
    const year_month_day date(day);
    const std::chrono::hh_mm_ss time(floor<seconds>(moment - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::int64_t micros_of(TimePoint moment) { return (moment - floor<seconds>(moment)).count(); }

// Reads fixed shapes from the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    char peek() const { return text_.empty() ? '\0' : text_.front(); }

    bool take(char wanted) {
        if (peek() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }

    // Exactly `count` digits.
    bool take_digits(std::size_t count, int& value) {
        if (text_.size() < count) return false;
        value = 0;
        for (const char c : text_.substr(0, count)) {
            if (c < '0' || c > '9') return false;
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(count);
        return true;
    }

    // One digit or more; those after the seventh are read and forgotten.
    bool take_fraction(Duration& fraction) {
        std::int64_t tenths_of_micros = 0;
        int digits = 0;
        for (; peek() >= '0' && peek() <= '9'; text_.remove_prefix(1), ++digits) {
            if (digits < 7) tenths_of_micros = tenths_of_micros * 10 + (peek() - '0');
        }
        if (digits == 0) return false;
        for (; digits < 7; ++digits) tenths_of_micros *= 10;
        fraction = Duration((tenths_of_micros + 5) / 10);
        return true;
    }

private:
    std::string_view text_;
};

class MomentParser {
public:
    explicit MomentParser(std::string_view text) : text_(text), reader_(text) {}

    Result<TimePoint> parse() {
        int year = 0;
        int month = 0;
        int day = 0;
        if (!reader_.take_digits(4, year) || !reader_.take('-') ||
            !reader_.take_digits(2, month) || !reader_.take('-') ||
            !reader_.take_digits(2, day) || !(reader_.take('T') || reader_.take('t'))) {
            return wrong("syntax", "is not a date-time of RFC 3339", kExample);
        }
        const year_month_day date(std::chrono::year(year),
                                  std::chrono::month(static_cast<unsigned>(month)),
                                  std::chrono::day(static_cast<unsigned>(day)));
        if (!date.ok()) return wrong("impossible_date", "names a date that does not exist", "");
        return parse_time(sys_days(date));
    }

private:
    static constexpr const char* kExample =
        "write it like 2027-03-01T08:00:00Z or 2027-03-01T09:00:00+01:00";

    Refused wrong(std::string reason, const char* problem, std::string help) const {
        constexpr std::size_t kShown = 64;
        auto refused =
            refuse("ATT4010", fmt::format("{} {}", compact(text_.substr(0, kShown)), problem),
                   std::move(help));
        refused.value().reason = std::move(reason);
        return refused;
    }

    Result<TimePoint> parse_time(sys_days day) {
        int hour = 0;
        int minute = 0;
        int second = 0;
        if (!reader_.take_digits(2, hour) || !reader_.take(':') ||
            !reader_.take_digits(2, minute)) {
            return wrong("syntax", "is not a date-time of RFC 3339", kExample);
        }
        if (!reader_.take(':')) {
            return wrong("missing_seconds", "has no seconds", "write hours:minutes:seconds");
        }
        if (!reader_.take_digits(2, second)) {
            return wrong("syntax", "is not a date-time of RFC 3339", kExample);
        }
        if (second == 60) {
            return wrong("leap_second", "names a leap second, at which nothing fires",
                         "write second 59, or 00 of the next minute");
        }
        if (hour > 23 || minute > 59 || second > 59) {
            return wrong("out_of_range", "has a time outside 00:00:00 to 23:59:59",
                         hour == 24 ? "midnight is 00:00:00 of the next day" : "");
        }
        Duration fraction{0};
        if (reader_.take('.') && !reader_.take_fraction(fraction)) {
            return wrong("syntax", "has no digit after the point", kExample);
        }
        return parse_offset(day + hours(hour) + minutes(minute) + seconds(second) + fraction);
    }

    Result<TimePoint> parse_offset(TimePoint wall) {
        if (reader_.at_end()) {
            return wrong("missing_offset", "has no offset from UTC",
                         "end it with Z, or with an offset such as +01:00");
        }
        minutes offset{0};
        if (!reader_.take('Z') && !reader_.take('z')) {
            const bool west = reader_.peek() == '-';
            int hour = 0;
            int minute = 0;
            if (!(reader_.take('+') || reader_.take('-')) || !reader_.take_digits(2, hour) ||
                !reader_.take(':') || !reader_.take_digits(2, minute)) {
                return wrong("syntax", "does not end with Z or an offset such as +01:00",
                             kExample);
            }
            if (hour > 23 || minute > 59) {
                return wrong("out_of_range", "has an offset outside -23:59 to +23:59", "");
            }
            offset = hours(hour) + minutes(minute);
            if (west) offset = -offset;
        }
        if (!reader_.at_end()) return wrong("syntax", "has text after its offset", kExample);
        return wall - offset;
    }

    std::string_view text_;
    Reader reader_;
};

struct Unit {
    char letter;
    std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86'400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

Refused no_duration(std::string_view text, const char* problem, std::string reason) {
    constexpr std::size_t kShown = 64;
    auto refused =
        refuse("ATT4011", fmt::format("{} {}", compact(text.substr(0, kShown)), problem),
               "write seconds as an integer, or text such as 90s, 5m, 1h30m or 2d: units d, h, "
               "m, s, each at most once and in that order");
    refused.value().reason = std::move(reason);
    return refused;
}

}  // namespace

std::string format_rfc3339(TimePoint moment) {
    auto text = date_and_time(moment);
    if (const auto micros = micros_of(moment); micros != 0) {
        text += fmt::format(".{:06}", micros);
        while (text.back() == '0') text.pop_back();
    }
    return text + "Z";
}

std::string format_rfc3339_micros(TimePoint moment) {
    return fmt::format("{}.{:06}Z", date_and_time(moment), micros_of(moment));
}

Result<TimePoint> parse_rfc3339(std::string_view text) { return MomentParser(text).parse(); }

Result<Duration> parse_duration(std::string_view text) {
    if (text == "0s") return Duration{0};
    constexpr std::int64_t kLongest = floor<seconds>(kLongestDuration).count();
    std::int64_t total = 0;
    std::size_t at = 0;
    std::size_t unit = 0;  // the first of kUnits that may still follow
    while (at < text.size()) {
        std::int64_t number = 0;
        const std::size_t begin = at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            number = std::min(number * 10 + (text[at] - '0'), kLongest + 1);
        }
        if (at == begin || at == text.size()) {
            return no_duration(text, "is not a duration", "syntax");
        }
        while (unit < kUnits.size() && kUnits[unit].letter != text[at]) ++unit;
        if (unit == kUnits.size() || number == 0) {
            return no_duration(text, "is not a duration", "syntax");
        }
        total = std::min(total + number * kUnits[unit].seconds, kLongest + 1);
        ++unit;
        ++at;
    }
    if (total == 0) return no_duration(text, "is not a duration", "syntax");
    if (total > kLongest) {
        return no_duration(text, "is longer than 3650 days", "out_of_range");
    }
    return seconds(total);
}

std::string format_duration(Duration duration) {
    if (duration < Duration{0}) return "-" + format_duration(-duration);
    if (duration < seconds(1)) {
        const auto millis = floor<std::chrono::milliseconds>(duration).count();
        return millis == 0 ? "0s" : fmt::format("{}ms", millis);
    }
    auto rest = floor<seconds>(duration).count();
    std::string text;
    for (const auto& [letter, unit_seconds] : kUnits) {
        if (rest >= unit_seconds) text += fmt::format("{}{}", rest / unit_seconds, letter);
        rest %= unit_seconds;
    }
    return text;
}

}  // namespace attune
