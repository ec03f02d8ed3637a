// CronExpression::canonical and lint: what an expression says, said again.
#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/cron_text.h"
#include "core/limits.h"

namespace attune {
namespace {

using namespace cron_text;
using std::string;

std::vector<int> values_of(std::uint64_t set) {
    std::vector<int> values;
    for (; set != 0; set &= set - 1) values.push_back(std::countr_zero(set));
    return values;
}

void append(string& list, const string& item) {
    if (!list.empty()) list += ',';
    list += item;
}

string plain_list(const std::vector<int>& values) {
    string list;
    for (const int value : values) append(list, std::to_string(value));
    return list;
}

// Values, three or more at even distances as a range.
string ranged_list(const std::vector<int>& values) {
    string list;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = std::min(i + 2, values.size());
        const int step = values[end - 1] - values[i];
        while (end < values.size() && values[end] - values[end - 1] == step) ++end;
        if (end - i < 3) {
            append(list, std::to_string(values[i++]));
            continue;
        }
        auto range = fmt::format("{}-{}", values[i], values[end - 1]);
        if (step > 1) range += fmt::format("/{}", step);
        append(list, range);
        i = end;
    }
    return list;
}

bool is_evenly_spaced_to_the_end(const std::vector<int>& values, int max) {
    if (values.size() < 3) return false;
    const int step = values[1] - values[0];
    for (std::size_t i = 1; i < values.size(); ++i) {
        if (values[i] - values[i - 1] != step) return false;
    }
    return step > 1 && values.back() + step > max;
}

// A field that may use the whole notation: `*`, steps, ranges.
string any_list(std::uint64_t set, const FieldRules& field) {
    const auto values = values_of(set);
    if (values.size() == static_cast<std::size_t>(field.open_end - field.min + 1)) return "*";
    if (!is_evenly_spaced_to_the_end(values, field.open_end)) return ranged_list(values);
    const int step = values[1] - values[0];
    return values[0] == field.min ? fmt::format("*/{}", step)
                                  : fmt::format("{}/{}", values[0], step);
}

// The three fields of the time of day. A fixed time must not gain `*`, `-` or `/`, and an
// interval must not lose its last one: that is what sets them apart on a DST date.
string time_of_day(const CronSets& sets) {
    if (!sets.interval_like) {
        return fmt::format("{} {} {}", plain_list(values_of(sets.seconds)),
                           plain_list(values_of(sets.minutes)),
                           plain_list(values_of(sets.hours)));
    }
    const auto rest = fmt::format(" {} {}", any_list(sets.minutes, kFields[1]),
                                  any_list(sets.hours, kFields[2]));
    auto seconds = any_list(sets.seconds, kFields[0]);
    if ((seconds + rest).find_first_of("*-/") == string::npos) {
        const auto first = std::to_string(std::countr_zero(sets.seconds));
        seconds = first + "-" + first + seconds.substr(first.size());
    }
    return seconds + rest;
}

string day_list(const CronSets& sets) {
    if (!sets.days_restricted) return "*";
    auto list = ranged_list(values_of(sets.days));
    for (const int n : values_of(sets.days_before_last)) {
        append(list, n == 0 ? "L" : fmt::format("L-{}", n));
    }
    for (const int n : values_of(sets.workdays_before_last)) {
        append(list, n == 0 ? "LW" : fmt::format("L-{}W", n));
    }
    for (const int n : values_of(sets.nearest_workdays)) append(list, fmt::format("{}W", n));
    return list;
}

string weekday_list(const CronSets& sets) {
    if (!sets.weekdays_restricted) return "*";
    auto list = ranged_list(values_of(sets.weekdays));
    for (std::size_t k = 0; k < sets.nth_weekdays.size(); ++k) {
        for (const int day : values_of(sets.nth_weekdays[k])) {
            append(list, fmt::format("{}#{}", day, k + 1));
        }
    }
    for (const int day : values_of(sets.last_weekdays)) append(list, fmt::format("{}L", day));
    return sets.both_days ? "+" + list : list;
}

string year_list(const CronSets& sets) {
    if (sets.years.all()) return "";
    std::vector<int> years;
    for (std::size_t i = 0; i < sets.years.size(); ++i) {
        if (sets.years.test(i)) years.push_back(CronSets::kFirstYear + static_cast<int>(i));
    }
    return " " + ranged_list(years);
}

// Whether the day-of-week field names a day by number; # and / have numbers of their own.
bool has_numeric_weekday(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t at = 0; at < text.size();) {
        if (is_blank(text[at])) {
            ++at;
            continue;
        }
        const auto end = std::min(text.find_first_of(" \t", at), text.size());
        fields.push_back(text.substr(at, end - at));
        at = end;
    }
    if (fields.size() < 5) return false;
    const auto weekday = fields[fields.size() == 5 ? 4 : 5];
    for (std::size_t i = 0; i < weekday.size(); ++i) {
        if (!is_digit(weekday[i])) continue;
        if (i == 0 || (weekday[i - 1] != '#' && weekday[i - 1] != '/')) return true;
    }
    return false;
}

}  // namespace

string CronExpression::canonical() const {
    auto text =
        fmt::format("{} {} {} {}{}", time_of_day(sets_), day_list(sets_),
                    any_list(sets_.months, kFields[4]), weekday_list(sets_), year_list(sets_));
    return text.size() <= limits::kCronBytes ? text : text_;
}

std::vector<CronRemark> lint(const CronExpression& expression, const Zone& zone) {
    const auto& sets = expression.sets();
    std::vector<CronRemark> remarks;
    if (sets.days_restricted && sets.weekdays_restricted && !sets.both_days) {
        remarks.push_back({"either_day",
                           "day-of-month and day-of-week are both given: it fires on either",
                           "write ? for the one that does not matter, or + before the "
                           "day-of-week to ask for both"});
    }
    if (has_numeric_weekday(expression.text())) {
        remarks.push_back({"numeric_weekday",
                           "day-of-week is a number: 1 is Monday here, Sunday in Quartz and in "
                           "the Rust cron crate",
                           "write SUN to SAT"});
    }
    const bool every_second = std::popcount(sets.seconds) == 60;
    const bool every_minute = std::popcount(sets.minutes) == 60;
    if (every_second && !every_minute) {
        remarks.push_back({"every_second", "it fires 60 times in each minute it names",
                           "write 0 for the second"});
    }
    constexpr std::uint32_t kNight = 0b1111;  // 00:00 to 03:59
    if (!sets.interval_like && (sets.hours & kNight) != 0 && zone.has_dst()) {
        remarks.push_back({"dst_time",
                           fmt::format("the clock of {} is changed around this time of day: "
                                       "where the hour is missing it fires right after, where "
                                       "it repeats it fires the first time only",
                                       zone.name()),
                           "use another time of day, or timezone UTC, where that matters"});
    }
    return remarks;
}

}  // namespace attune
