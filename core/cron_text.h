// The small print of cron expressions: fields, names, nicknames. Shared by the parser, the
// formatter and the remarks.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace attune::cron_text {

enum class FieldKind { kSecond, kMinute, kHour, kDay, kMonth, kWeekday, kYear };

struct FieldRules {
    FieldKind kind;
    std::string_view name;  // as errors call it
    int min;
    int max;
    int open_end;  // where `*` and v/n end: Sunday's second number is for reading only
    std::size_t digits;
};

inline constexpr std::array<FieldRules, 7> kFields{{
    {FieldKind::kSecond, "second", 0, 59, 59, 2},
    {FieldKind::kMinute, "minute", 0, 59, 59, 2},
    {FieldKind::kHour, "hour", 0, 23, 23, 2},
    {FieldKind::kDay, "day-of-month", 1, 31, 31, 2},
    {FieldKind::kMonth, "month", 1, 12, 12, 2},
    {FieldKind::kWeekday, "day-of-week", 0, 7, 6, 2},
    {FieldKind::kYear, "year", 1970, 2199, 2199, 4},
}};

inline constexpr std::array<std::string_view, 12> kMonths{
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
inline constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED",
                                                           "THU", "FRI", "SAT"};

struct Nickname {
    std::string_view name;
    std::string_view meaning;
};
inline constexpr std::array<Nickname, 7> kNicknames{{
    {"@yearly", "0 0 0 1 1 *"},
    {"@annually", "0 0 0 1 1 *"},
    {"@monthly", "0 0 0 1 * *"},
    {"@weekly", "0 0 0 * * 0"},
    {"@daily", "0 0 0 * * *"},
    {"@midnight", "0 0 0 * * *"},
    {"@hourly", "0 0 * * * *"},
}};

inline char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
inline std::string uppercase(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = upper(c);
    return result;
}
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return upper(c) >= 'A' && upper(c) <= 'Z'; }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace attune::cron_text
