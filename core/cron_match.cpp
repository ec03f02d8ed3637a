// CronExpression::matches: the dialect read a second time, one second and one day at a time.
//
// It shares nothing with the searches in cron.cpp, on purpose: an audit that uses it would
// notice if they were wrong.
#include "core/cron.h"

namespace attune {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::last;
using std::chrono::local_days;
using std::chrono::year_month_day;

struct Day {
    int date;     // 1 .. 31
    int length;   // of its month
    int weekday;  // 0 is Sunday

    bool is_workday() const { return weekday >= 1 && weekday <= 5; }
};

bool in(std::uint64_t set, int bit) { return bit >= 0 && (set >> bit & 1) != 0; }

// Whether nW stands for this day: n is the day, or a weekend day that gives way to it.
bool is_nearest_workday_to(const Day& day, int n) {
    if (!day.is_workday() || n < 1 || n > day.length) return false;
    if (n == day.date) return true;
    const bool friday = day.weekday == 5;
    const bool monday = day.weekday == 1;
    if (friday && n == day.date + 1) return true;           // a Saturday
    if (monday && n == day.date - 1) return true;           // a Sunday
    if (monday && day.date == 3 && n == 1) return true;     // a Saturday, the 1st
    return friday && n == day.length && n == day.date + 2;  // a Sunday, the last
}

bool matches_date(const CronSets& sets, const Day& day) {
    if (in(sets.days, day.date)) return true;
    if (in(sets.days_before_last, day.length - day.date)) return true;
    for (int n = 0; n <= 31; ++n) {
        if (in(sets.nearest_workdays, n) && is_nearest_workday_to(day, n)) return true;
        if (in(sets.workdays_before_last, n) && is_nearest_workday_to(day, day.length - n)) {
            return true;
        }
    }
    return false;
}

bool matches_weekday(const CronSets& sets, const Day& day) {
    if (in(sets.weekdays, day.weekday)) return true;
    if (in(sets.last_weekdays, day.weekday) && day.date + 7 > day.length) return true;
    const auto week = static_cast<std::size_t>((day.date - 1) / 7);
    return in(sets.nth_weekdays[week], day.weekday);
}

bool matches_day(const CronSets& sets, const Day& day) {
    if (sets.days_restricted && sets.weekdays_restricted) {
        return sets.both_days ? matches_date(sets, day) && matches_weekday(sets, day)
                              : matches_date(sets, day) || matches_weekday(sets, day);
    }
    if (sets.days_restricted) return matches_date(sets, day);
    return !sets.weekdays_restricted || matches_weekday(sets, day);
}

}  // namespace

bool CronExpression::matches(WallTime wall) const {
    const auto today = floor<days>(wall);
    const std::chrono::hh_mm_ss time(wall - today);
    if (!in(sets_.seconds, static_cast<int>(time.seconds().count())) ||
        !in(sets_.minutes, static_cast<int>(time.minutes().count())) ||
        !in(sets_.hours, static_cast<int>(time.hours().count()))) {
        return false;
    }
    const year_month_day date(today);
    const int year = static_cast<int>(date.year());
    if (year < CronSets::kFirstYear || year > CronSets::kLastYear) return false;
    if (!sets_.years.test(static_cast<std::size_t>(year - CronSets::kFirstYear))) return false;
    if (!in(sets_.months, static_cast<int>(static_cast<unsigned>(date.month())))) return false;
    const auto length = (date.year() / date.month() / last).day();
    return matches_day(sets_,
                       {.date = static_cast<int>(static_cast<unsigned>(date.day())),
                        .length = static_cast<int>(static_cast<unsigned>(length)),
                        .weekday = static_cast<int>(std::chrono::weekday(today).c_encoding())});
}

}  // namespace attune
