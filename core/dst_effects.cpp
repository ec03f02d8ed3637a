// What jumps of the clock do to cron schedules.
#include <fmt/format.h>

#include "core/cron.h"
#include "core/next.h"
#include "core/zone.h"

namespace attune {
namespace {

using std::chrono::ceil;
using std::chrono::floor;

// "02:30:00" on the wall, `offset` from UTC.
std::string wall_time(TimePoint at, Seconds offset) {
    return format_rfc3339(floor<Seconds>(at) + offset).substr(11, 8);
}

}  // namespace

std::vector<DstEffect> dst_effects(const Schedule& schedule, TimePoint from, TimePoint until) {
    std::vector<DstEffect> effects;
    const auto* cron = std::get_if<CronSchedule>(&schedule.kind);
    if (cron == nullptr || from >= until) return effects;
    const auto& zone = *cron->zone;
    const bool interval_like = cron->expression->is_interval_like();
    using Kind = DstEffect::Kind;
    for (auto i = zone.span_index(ceil<Seconds>(from)); i < zone.span_count(); ++i) {
        const auto& span = zone.span(i);
        if (span.begin == Instant::min() || TimePoint(span.begin) < from) continue;
        if (TimePoint(span.begin) >= until) break;
        const auto begin = span.wall(span.begin);
        const bool gap = begin > span.passed;
        const auto times = gap ? cron->expression->count(span.passed, begin)
                               : cron->expression->count(begin, span.passed);
        if (times == 0) continue;
        const auto kind = gap ? (interval_like ? Kind::kLeftOut : Kind::kMovedToGapEnd)
                              : (interval_like ? Kind::kFiresTwice : Kind::kFiresOnce);
        effects.push_back({kind, span.begin, zone.span(i - 1).offset, span.offset, times});
    }
    return effects;
}

std::string describe(const DstEffect& effect) {
    const auto to = wall_time(effect.at, effect.after);
    const auto times =
        effect.times == 1 ? std::string("1 time") : fmt::format("{} times", effect.times);
    const bool one = effect.times == 1;
    const char* be = one ? "is" : "are";
    const char* fire = one ? "fires" : "fire";
    const auto what = [&]() -> std::string {
        switch (effect.kind) {
            case DstEffect::Kind::kMovedToGapEnd:
                return fmt::format("{} {} left out and made up for by one fire at {}", times,
                                   be, to);
            case DstEffect::Kind::kLeftOut:
                return fmt::format("{} {} left out", times, be);
            case DstEffect::Kind::kFiresOnce:
                return fmt::format("{} {} repeated and {} the first time only", times, be,
                                   fire);
            case DstEffect::Kind::kFiresTwice:
                return fmt::format("{} {} repeated and {} both times", times, be, fire);
        }
        return {};
    }();
    return fmt::format("{}: clocks go from {} to {}; {}", format_rfc3339(effect.at),
                       wall_time(effect.at, effect.before), to, what);
}

}  // namespace attune
