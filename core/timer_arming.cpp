// What a timer's row begins with.
#include <algorithm>

#include "core/timer.h"

namespace attune {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

constexpr Duration kTick{1};

// A new one-shot whose moment is over already.
Arming arm_past_one_shot(const Schedule& schedule, TimePoint fire_at, TimePoint now) {
    const auto& misfire = schedule.misfire;
    const bool asked = misfire.policy_given && misfire.policy == MisfirePolicy::kFireOnce;
    const bool in_window =
        !misfire.window || due_at(schedule, fire_at) + *misfire.window >= now;
    Arming arming;
    arming.armed_from = fire_at - kTick;
    if (asked && in_window) {
        arming.cursor = arming.armed_from;
        arming.next_at = fire_at;
        return arming;
    }
    arming.state = TimerState::kExhausted;
    arming.cursor = now;
    arming.skip = Arming::Skip{arming.armed_from, fire_at, SkipReason::kPastOneShot, 1};
    return arming;
}

// Only intervals have one, and only a well-formed config: nothing else needs an anchor.
std::optional<std::int64_t> period_seconds(const Json& config) {
    if (!config.is_object() || !config.contains("unit") || !config.contains("interval") ||
        !config["interval"].is_number_integer()) {
        return std::nullopt;
    }
    const auto count = config["interval"].get<std::int64_t>();
    const auto longest = floor<seconds>(kLongestDuration).count();
    if (count < 1 || count > longest) return std::nullopt;
    if (config["unit"] == "seconds") return count;
    if (config["unit"] == "minutes") return count * 60;
    if (config["unit"] == "hours") return count * 3600;
    return std::nullopt;
}

}  // namespace

Arming arm(const Schedule& schedule, std::optional<TimePoint> previous_cursor,
           std::int64_t fires, TimePoint now) {
    const auto* once = std::get_if<OnceSchedule>(&schedule.kind);
    if (once != nullptr && !previous_cursor && once->fire_at <= now) {
        return arm_past_one_shot(schedule, once->fire_at, now);
    }
    Arming arming;
    arming.cursor = std::max(previous_cursor.value_or(now), now);
    arming.armed_from = arming.cursor;
    if (!schedule.max_fires || fires < *schedule.max_fires) {
        arming.next_at = next_after(schedule, arming.cursor);
    }
    if (!arming.next_at) arming.state = TimerState::kExhausted;
    return arming;
}

TimePoint anchor_for(const Json& config, TimePoint created_at,
                     const std::optional<AnchoredConfig>& previous, TimePoint now) {
    if (!previous) return floor<seconds>(created_at);
    if (period_seconds(config) == period_seconds(previous->config)) return previous->anchor;
    return floor<seconds>(now);
}

bool is_plausible(TimePoint now, TimePoint built_at, std::optional<TimePoint> newest_fire) {
    return now >= built_at && (!newest_fire || now >= *newest_fire - kClockTolerance);
}

}  // namespace attune
