// An event's payload, as the triggers' out_schema declares it. Written by hand: it is made
// for every fire, and a JSON tree would cost more than the decision.
#include <cassert>
#include <variant>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/timer.h"

namespace attune {
namespace {

std::string_view type_of(const IntervalSchedule&) { return "interval"; }
std::string_view type_of(const CronSchedule&) { return "cron"; }
std::string_view type_of(const OnceSchedule&) { return "one_shot"; }

std::string own_part(const IntervalSchedule& interval) {
    return fmt::format(R"("interval_seconds":{})",
                       std::chrono::floor<std::chrono::seconds>(interval.period).count());
}

std::string own_part(const CronSchedule& cron) {
    return fmt::format(R"("expression":{},"timezone":{})",
                       compact(Json(cron.expression->text())),
                       compact(Json(cron.zone->name())));
}

std::string own_part(const OnceSchedule& once) {
    return fmt::format(R"("fire_at":"{}")", format_rfc3339(once.fire_at));
}

std::string moment_or_null(TimePoint moment) {
    return moment == kNever ? "null" : '"' + format_rfc3339(moment) + '"';
}

}  // namespace

std::string timer_payload(const Schedule& schedule, const Decision& decision) {
    assert(decision.fires);
    const auto lateness =
        std::chrono::floor<std::chrono::milliseconds>(decision.fired_at - decision.due_at);
    const auto visit = [&](auto part) {
        return std::visit([&](const auto& kind) { return std::string(part(kind)); },
                          schedule.kind);
    };
    return fmt::format(
        R"({{"type":"{}","scheduled_at":"{}","due_at":"{}","fired_at":"{}","lateness_ms":{},)"
        R"("occurrence":{},"misfire":{},"missed_count":{},"next_at":{},{}}})",
        visit([](const auto& kind) { return type_of(kind); }), format_rfc3339(decision.through),
        format_rfc3339(decision.due_at), format_rfc3339(decision.fired_at), lateness.count(),
        decision.occurrence, decision.misfire, decision.skipped,
        moment_or_null(decision.next_at),
        visit([](const auto& kind) { return own_part(kind); }));
}

}  // namespace attune
