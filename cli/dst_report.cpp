#include "cli/dst_report.h"

#include <fmt/format.h>

#include "core/cron.h"

namespace attune {
namespace {

std::string time_of_day(WallTime wall) {
    const std::chrono::hh_mm_ss time(wall - std::chrono::floor<std::chrono::days>(wall));
    return fmt::format("{:02}:{:02}:{:02}", time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

bool within(const Schedule& schedule, TimePoint at) {
    return (!schedule.start_at || at >= *schedule.start_at) &&
           (!schedule.end_at || at < *schedule.end_at);
}

}  // namespace

std::string_view to_string(ClockChange::Effect effect) {
    switch (effect) {
        case ClockChange::Effect::kMoved:
            return "moved";
        case ClockChange::Effect::kSkipped:
            return "skipped";
        case ClockChange::Effect::kRepeated:
            return "repeated";
        case ClockChange::Effect::kOnce:
            return "once";
    }
    return "";
}

std::vector<ClockChange> clock_changes(const Schedule& schedule, TimePoint after,
                                       TimePoint through) {
    std::vector<ClockChange> changes;
    const auto* cron = std::get_if<CronSchedule>(&schedule.kind);
    if (cron == nullptr) return changes;
    const bool like_interval = cron->expression->is_interval_like();
    const auto& zone = *cron->zone;
    const auto first = zone.span_index(std::chrono::floor<std::chrono::seconds>(after)) + 1;
    for (auto i = first; i < zone.span_count() && zone.span(i).begin <= through; ++i) {
        const auto& span = zone.span(i);
        const auto shows = span.wall(span.begin);
        const bool gap = shows > span.passed;
        ClockChange change{.at = span.begin,
                           .from = gap ? span.passed : shows,
                           .to = gap ? shows : span.passed,
                           .instants = 0};
        change.instants = cron->expression->count(change.from, change.to);
        if (change.instants == 0 || !within(schedule, span.begin)) continue;
        change.effect =
            gap ? (like_interval ? ClockChange::Effect::kSkipped : ClockChange::Effect::kMoved)
                : (like_interval ? ClockChange::Effect::kRepeated : ClockChange::Effect::kOnce);
        changes.push_back(change);
    }
    return changes;
}

std::string describe(const ClockChange& change) {
    const auto range = fmt::format("{}  {}-{}", format_rfc3339(change.at),
                                   time_of_day(change.from), time_of_day(change.to));
    switch (change.effect) {
        case ClockChange::Effect::kMoved:
            return fmt::format("{} does not exist: fires at {} instead", range,
                               time_of_day(change.to));
        case ClockChange::Effect::kSkipped:
            return fmt::format("{} does not exist: {} instants less", range, change.instants);
        case ClockChange::Effect::kRepeated:
            return fmt::format("{} comes twice: {} instants more", range, change.instants);
        case ClockChange::Effect::kOnce:
            return fmt::format("{} comes twice: fires the first time only", range);
    }
    return range;
}

}  // namespace attune
