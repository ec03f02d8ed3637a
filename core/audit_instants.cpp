#include "core/audit_instants.h"

namespace attune {

std::vector<TimePoint> instants_second_by_second(const Schedule& schedule, TimePoint after,
                                                 TimePoint through) {
    std::vector<TimePoint> instants;
    // A one-shot alone may lie between two seconds.
    if (const auto* once = std::get_if<OnceSchedule>(&schedule.kind)) {
        const auto at = once->fire_at;
        if (at > after && at <= through && is_instant(schedule, at)) instants.push_back(at);
        return instants;
    }
    using std::chrono::floor;
    using std::chrono::seconds;
    for (TimePoint at = floor<seconds>(after) + seconds(1); at <= through; at += seconds(1)) {
        if (is_instant(schedule, at)) instants.push_back(at);
    }
    return instants;
}

}  // namespace attune
