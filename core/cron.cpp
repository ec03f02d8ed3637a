#include "core/cron.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace attune {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::local_days;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kDaySeconds = 86'400;
constexpr WallTime kBegin = local_days(year(CronSets::kFirstYear) / 1 / 1);
constexpr WallTime kEnd = local_days(year(CronSets::kLastYear + 1) / 1 / 1);

constexpr std::uint64_t bits_below(int count) { return (std::uint64_t{1} << count) - 1; }
constexpr bool has(std::uint64_t set, int bit) { return (set >> bit & 1) != 0; }

// The least bit >= from and the greatest <= from; -1: none. from: 0 .. 63.
int bit_from(std::uint64_t set, int from) {
    const auto rest = set >> from << from;
    return rest == 0 ? -1 : std::countr_zero(rest);
}
int bit_up_to(std::uint64_t set, int from) {
    const auto rest = set << (63 - from) >> (63 - from);
    return rest == 0 ? -1 : 63 - std::countl_zero(rest);
}

// ---- Days. A month's matching days are one word, bit d for the d-th.

struct MonthShape {
    int length;         // 28 .. 31
    int first_weekday;  // of the 1st; 0 is Sunday

    int weekday(int day) const { return (first_weekday + day - 1) % 7; }
};

MonthShape shape_of(int y, int m) {
    constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const local_days first(year(y) / month(static_cast<unsigned>(m)) / 1);
    return {m == 2 && year(y).is_leap() ? 29 : kLengths[m - 1],
            static_cast<int>(std::chrono::weekday(first).c_encoding())};
}

// The Monday to Friday nearest to `day` within the month.
int nearest_workday(const MonthShape& shape, int day) {
    const int weekday = shape.weekday(day);
    if (weekday == 6) return day > 1 ? day - 1 : day + 2;
    if (weekday == 0) return day < shape.length ? day + 1 : day - 2;
    return day;
}

std::uint32_t days_by_date(const CronSets& sets, const MonthShape& shape) {
    std::uint32_t result = sets.days;
    for (auto rest = sets.days_before_last; rest != 0; rest &= rest - 1) {
        const int day = shape.length - std::countr_zero(rest);
        if (day >= 1) result |= 1U << day;
    }
    for (auto rest = sets.workdays_before_last; rest != 0; rest &= rest - 1) {
        const int day = shape.length - std::countr_zero(rest);
        if (day >= 1) result |= 1U << nearest_workday(shape, day);
    }
    for (auto rest = sets.nearest_workdays; rest != 0; rest &= rest - 1) {
        const int day = std::countr_zero(rest);
        if (day <= shape.length) result |= 1U << nearest_workday(shape, day);
    }
    return result;
}

std::uint32_t days_by_weekday(const CronSets& sets, const MonthShape& shape) {
    std::uint32_t result = 0;
    for (int day = 1; day <= shape.length; ++day) {
        const auto nth = sets.nth_weekdays[static_cast<std::size_t>((day - 1) / 7)];
        const auto last = day > shape.length - 7 ? sets.last_weekdays : 0U;
        if (has(sets.weekdays | nth | last, shape.weekday(day))) result |= 1U << day;
    }
    return result;
}

std::uint32_t days_of(const CronSets& sets, int y, int m) {
    const auto shape = shape_of(y, m);
    const auto whole = static_cast<std::uint32_t>(bits_below(shape.length + 1) & ~1ULL);
    if (!sets.days_restricted && !sets.weekdays_restricted) return whole;
    if (!sets.weekdays_restricted) return whole & days_by_date(sets, shape);
    if (!sets.days_restricted) return whole & days_by_weekday(sets, shape);
    const auto by_date = days_by_date(sets, shape);
    const auto by_weekday = days_by_weekday(sets, shape);
    return whole & (sets.both_days ? by_date & by_weekday : by_date | by_weekday);
}

// A month that years and months select, walked forwards or backwards.
struct MonthWalk {
    int y;
    int m;

    bool selected(const CronSets& sets) const {
        return sets.years.test(static_cast<std::size_t>(y - CronSets::kFirstYear)) &&
               has(sets.months, m);
    }
    // False when the years are over.
    bool forward(const CronSets& sets) {
        if (const int next = m < 12 ? bit_from(sets.months, m + 1) : -1; next > 0) {
            m = next;
        } else {
            ++y;
            m = bit_from(sets.months, 1);
        }
        return y <= CronSets::kLastYear;
    }
    bool backward(const CronSets& sets) {
        if (const int next = bit_up_to(sets.months, m - 1); next > 0) {
            m = next;
        } else {
            --y;
            m = bit_up_to(sets.months, 12);
        }
        return y >= CronSets::kFirstYear;
    }
};

struct Date {
    MonthWalk month;
    int day;

    explicit Date(local_days at) : month{0, 0}, day(0) {
        const year_month_day date(at);
        month = {static_cast<int>(date.year()),
                 static_cast<int>(static_cast<unsigned>(date.month()))};
        day = static_cast<int>(static_cast<unsigned>(date.day()));
    }
};

local_days to_days(const MonthWalk& at, int day) {
    return local_days(year(at.y) / month(static_cast<unsigned>(at.m)) / 1) + days(day - 1);
}

std::optional<local_days> day_from(const CronSets& sets, local_days from) {
    Date at(from);
    do {
        if (at.month.selected(sets)) {
            const auto chosen = days_of(sets, at.month.y, at.month.m);
            if (const int day = bit_from(chosen, at.day); day > 0)
                return to_days(at.month, day);
        }
        at.day = 1;
    } while (at.month.forward(sets));
    return std::nullopt;
}

std::optional<local_days> day_up_to(const CronSets& sets, local_days from) {
    Date at(from);
    do {
        if (at.month.selected(sets)) {
            const auto chosen = days_of(sets, at.month.y, at.month.m);
            if (const int day = bit_up_to(chosen, at.day); day > 0)
                return to_days(at.month, day);
        }
        at.day = 31;
    } while (at.month.backward(sets));
    return std::nullopt;
}

// ---- Times of day, in seconds since midnight.

std::optional<int> time_from(const CronSets& sets, int from) {
    int hour = bit_from(sets.hours, from / 3600);
    if (hour < 0) return std::nullopt;
    const int first_minute = bit_from(sets.minutes, 0);
    const int first_second = bit_from(sets.seconds, 0);
    if (hour > from / 3600) return hour * 3600 + first_minute * 60 + first_second;

    int minute = bit_from(sets.minutes, from / 60 % 60);
    if (minute == from / 60 % 60) {
        const int second = bit_from(sets.seconds, from % 60);
        if (second >= 0) return hour * 3600 + minute * 60 + second;
        minute = minute < 59 ? bit_from(sets.minutes, minute + 1) : -1;
    }
    if (minute >= 0) return hour * 3600 + minute * 60 + first_second;
    hour = hour < 23 ? bit_from(sets.hours, hour + 1) : -1;
    if (hour < 0) return std::nullopt;
    return hour * 3600 + first_minute * 60 + first_second;
}

std::optional<int> time_up_to(const CronSets& sets, int from) {
    int hour = bit_up_to(sets.hours, from / 3600);
    if (hour < 0) return std::nullopt;
    const int last_minute = bit_up_to(sets.minutes, 59);
    const int last_second = bit_up_to(sets.seconds, 59);
    if (hour < from / 3600) return hour * 3600 + last_minute * 60 + last_second;

    int minute = bit_up_to(sets.minutes, from / 60 % 60);
    if (minute == from / 60 % 60) {
        const int second = bit_up_to(sets.seconds, from % 60);
        if (second >= 0) return hour * 3600 + minute * 60 + second;
        minute = minute > 0 ? bit_up_to(sets.minutes, minute - 1) : -1;
    }
    if (minute >= 0) return hour * 3600 + minute * 60 + last_second;
    hour = hour > 0 ? bit_up_to(sets.hours, hour - 1) : -1;
    if (hour < 0) return std::nullopt;
    return hour * 3600 + last_minute * 60 + last_second;
}

// How many times of day lie below `end`, 0 .. 86400.
std::int64_t times_below(const CronSets& sets, int end) {
    const auto below = [](std::uint64_t set, int bit) {
        return static_cast<std::int64_t>(std::popcount(set & bits_below(bit)));
    };
    const auto per_minute = below(sets.seconds, 60);
    const auto per_hour = below(sets.minutes, 60) * per_minute;
    if (end == kDaySeconds) return below(sets.hours, 24) * per_hour;
    const int hour = end / 3600;
    const int minute = end / 60 % 60;
    auto count = below(sets.hours, hour) * per_hour;
    if (!has(sets.hours, hour)) return count;
    count += below(sets.minutes, minute) * per_minute;
    return has(sets.minutes, minute) ? count + below(sets.seconds, end % 60) : count;
}

int time_of_day(WallTime at) { return static_cast<int>((at - floor<days>(at)).count()); }

// How many days in [begin, end) match.
std::int64_t count_days(const CronSets& sets, local_days begin, local_days end) {
    if (begin >= end) return 0;
    Date at(begin);
    const Date last(end - days(1));
    std::int64_t count = 0;
    const auto upto = [](const MonthWalk& month) { return month.y * 12 + month.m; };
    do {
        if (upto(at.month) > upto(last.month)) break;
        if (!at.month.selected(sets)) continue;
        auto chosen = days_of(sets, at.month.y, at.month.m) & ~bits_below(at.day);
        if (upto(at.month) == upto(last.month)) chosen &= bits_below(last.day + 1);
        count += std::popcount(chosen);
    } while (at.day = 1, at.month.forward(sets));
    return count;
}

}  // namespace

std::optional<WallTime> CronExpression::next(WallTime from) const {
    from = std::max(from, kBegin);
    if (from >= kEnd) return std::nullopt;
    const auto today = floor<days>(from);
    auto day = day_from(sets_, today);
    if (!day) return std::nullopt;
    if (*day == today) {
        const auto time = time_from(sets_, time_of_day(from));
        if (time) return *day + Seconds(*time);
        day = today + days(1) < kEnd ? day_from(sets_, today + days(1)) : std::nullopt;
        if (!day) return std::nullopt;
    }
    return *day + Seconds(*time_from(sets_, 0));
}

std::optional<WallTime> CronExpression::previous(WallTime from) const {
    from = std::min(from, kEnd - Seconds(1));
    if (from < kBegin) return std::nullopt;
    const auto today = floor<days>(from);
    auto day = day_up_to(sets_, today);
    if (!day) return std::nullopt;
    if (*day == today) {
        const auto time = time_up_to(sets_, time_of_day(from));
        if (time) return *day + Seconds(*time);
        day = today > kBegin ? day_up_to(sets_, today - days(1)) : std::nullopt;
        if (!day) return std::nullopt;
    }
    return *day + Seconds(*time_up_to(sets_, kDaySeconds - 1));
}

std::int64_t CronExpression::count(WallTime begin, WallTime end) const {
    begin = std::max(begin, kBegin);
    end = std::min(end, kEnd);
    if (begin >= end) return 0;
    // Whole days from the first to the last, less what lies before and after.
    const auto first = floor<days>(begin);
    const auto last = floor<days>(end - Seconds(1));
    const auto per_day = times_below(sets_, kDaySeconds);
    auto count = count_days(sets_, first, last + days(1)) * per_day;
    if (count_days(sets_, first, first + days(1)) > 0) {
        count -= times_below(sets_, time_of_day(begin));
    }
    if (count_days(sets_, last, last + days(1)) > 0) {
        count -= per_day - times_below(sets_, time_of_day(end - Seconds(1)) + 1);
    }
    return count;
}

}  // namespace attune
