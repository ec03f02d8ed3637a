#include "core/schedule.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/cron_search.h"

namespace attune {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr Duration kTick{1};

// What RFC 3339 can write. Keeps the arithmetic below far from its ends.
constexpr TimePoint kFirst = sys_days(year(0) / 1 / 1);
constexpr TimePoint kLast = sys_days(year(9999) / 12 / 31) + std::chrono::hours(24) - kTick;

std::int64_t floor_divide(Duration a, Duration b) {
    const auto quotient = a / b;
    return a % b < Duration(0) ? quotient - 1 : quotient;
}

// Each kind's instants, without start_at and end_at. kFirst <= after, at <= kLast.

std::int64_t greatest_k(const IntervalSchedule& interval, TimePoint at) {
    return floor_divide(at - interval.anchor, interval.period);
}

std::optional<TimePoint> next_of(const IntervalSchedule& interval, TimePoint after) {
    auto k = greatest_k(interval, after) + 1;
    if (interval.from_creation) k = std::max<std::int64_t>(k, 1);
    return interval.anchor + k * interval.period;
}

std::optional<TimePoint> latest_of(const IntervalSchedule& interval, TimePoint at) {
    const auto k = greatest_k(interval, at);
    if (interval.from_creation && k < 1) return std::nullopt;
    return interval.anchor + k * interval.period;
}

std::int64_t count_of(const IntervalSchedule& interval, TimePoint after, TimePoint through) {
    auto first = greatest_k(interval, after) + 1;
    if (interval.from_creation) first = std::max<std::int64_t>(first, 1);
    return std::max<std::int64_t>(greatest_k(interval, through) - first + 1, 0);
}

bool contains(const IntervalSchedule& interval, TimePoint instant) {
    if (interval.from_creation && instant <= interval.anchor) return false;
    return (instant - interval.anchor) % interval.period == Duration(0);
}

std::optional<TimePoint> next_of(const CronSchedule& cron, TimePoint after) {
    return next_occurrence(*cron.expression, *cron.zone, floor<seconds>(after));
}

std::optional<TimePoint> latest_of(const CronSchedule& cron, TimePoint at) {
    return latest_occurrence(*cron.expression, *cron.zone, floor<seconds>(at));
}

std::int64_t count_of(const CronSchedule& cron, TimePoint after, TimePoint through) {
    return count_occurrences(*cron.expression, *cron.zone, floor<seconds>(after),
                             floor<seconds>(through));
}

bool contains(const CronSchedule& cron, TimePoint instant) {
    const auto whole = floor<seconds>(instant);
    return whole == instant && occurs_at(*cron.expression, *cron.zone, whole);
}

std::optional<TimePoint> next_of(const OnceSchedule& once, TimePoint after) {
    return once.fire_at > after ? std::optional(once.fire_at) : std::nullopt;
}

std::optional<TimePoint> latest_of(const OnceSchedule& once, TimePoint at) {
    return once.fire_at <= at ? std::optional(once.fire_at) : std::nullopt;
}

std::int64_t count_of(const OnceSchedule& once, TimePoint after, TimePoint through) {
    return once.fire_at > after && once.fire_at <= through ? 1 : 0;
}

bool contains(const OnceSchedule& once, TimePoint instant) { return once.fire_at == instant; }

bool same(const IntervalSchedule& a, const IntervalSchedule& b) {
    return a.period == b.period && a.anchor == b.anchor && a.from_creation == b.from_creation;
}

bool same(const CronSchedule& a, const CronSchedule& b) {
    return a.expression->sets() == b.expression->sets() && a.zone->name() == b.zone->name();
}

bool same(const OnceSchedule& a, const OnceSchedule& b) { return a.fire_at == b.fire_at; }

std::string text_of(const IntervalSchedule& interval) {
    const auto total = floor<seconds>(interval.period).count();
    const auto spell = [&](std::int64_t unit, const char* name) {
        return fmt::format("every {} {}{}", total / unit, name, total == unit ? "" : "s");
    };
    if (total % 3600 == 0) return spell(3600, "hour");
    if (total % 60 == 0) return spell(60, "minute");
    return spell(1, "second");
}

std::string text_of(const CronSchedule& cron) {
    return fmt::format("cron {} in {}", cron.expression->text(), cron.zone->name());
}

std::string text_of(const OnceSchedule& once) {
    return "once at " + format_rfc3339(once.fire_at);
}

TimePoint clamp(TimePoint moment) { return std::clamp(moment, kFirst, kLast); }

}  // namespace

bool is_timer_trigger(const Ref& trigger) {
    const auto& text = trigger.text();
    return text == "core.intervaltimer" || text == "core.crontimer" ||
           text == "core.datetimetimer";
}

bool same_instants(const Schedule& a, const Schedule& b) {
    if (a.start_at != b.start_at || a.end_at != b.end_at || a.max_fires != b.max_fires) {
        return false;
    }
    return std::visit(
        [](const auto& x, const auto& y) {
            if constexpr (std::is_same_v<decltype(x), decltype(y)>) {
                return same(x, y);
            } else {
                return false;
            }
        },
        a.kind, b.kind);
}

std::optional<TimePoint> next_after(const Schedule& schedule, TimePoint after) {
    after = clamp(after);
    if (schedule.start_at) after = std::max(after, *schedule.start_at - kTick);
    const auto next =
        std::visit([&](const auto& kind) { return next_of(kind, after); }, schedule.kind);
    if (!next || *next > kLast || (schedule.end_at && *next >= *schedule.end_at)) {
        return std::nullopt;
    }
    return next;
}

std::vector<TimePoint> instants_after(const Schedule& schedule, TimePoint after,
                                      std::int64_t count) {
    std::vector<TimePoint> instants;
    auto next = std::optional(after);
    while (std::ssize(instants) < count && (next = next_after(schedule, *next))) {
        instants.push_back(*next);
    }
    return instants;
}

std::optional<TimePoint> latest_at(const Schedule& schedule, TimePoint at) {
    at = clamp(at);
    if (schedule.end_at) at = std::min(at, *schedule.end_at - kTick);
    const auto latest =
        std::visit([&](const auto& kind) { return latest_of(kind, at); }, schedule.kind);
    if (!latest || *latest < kFirst || (schedule.start_at && *latest < *schedule.start_at)) {
        return std::nullopt;
    }
    return latest;
}

std::int64_t count_between(const Schedule& schedule, TimePoint after, TimePoint through) {
    after = clamp(after);
    through = clamp(through);
    if (schedule.start_at) after = std::max(after, *schedule.start_at - kTick);
    if (schedule.end_at) through = std::min(through, *schedule.end_at - kTick);
    if (after >= through) return 0;
    return std::visit([&](const auto& kind) { return count_of(kind, after, through); },
                      schedule.kind);
}

bool is_instant(const Schedule& schedule, TimePoint instant) {
    if (instant < kFirst || instant > kLast) return false;
    if (schedule.start_at && instant < *schedule.start_at) return false;
    if (schedule.end_at && instant >= *schedule.end_at) return false;
    return std::visit([&](const auto& kind) { return contains(kind, instant); }, schedule.kind);
}

TimePoint due_at(const Schedule& schedule, TimePoint instant) {
    // Instants of intervals and cron are a second apart at least.
    if (schedule.delay < seconds(1)) return instant + schedule.delay;
    const auto next = next_after(schedule, instant);
    if (!next) return instant + schedule.delay;
    return instant + std::min<Duration>(schedule.delay, *next - instant - milliseconds(1));
}

std::string describe(const Schedule& schedule) {
    return std::visit([](const auto& kind) { return text_of(kind); }, schedule.kind);
}

}  // namespace attune
