#include "reconciler/timer_plan.h"

#include <chrono>

#include "core/timer.h"

namespace attune {
namespace {

// What the row was last armed with; nullopt when it never was, or says nothing we understand.
struct LastArmed {
    std::string trigger;
    Json config;
};

std::optional<LastArmed> last_armed(const StoredTimer* timer) {
    if (timer == nullptr || timer->spec.empty()) return std::nullopt;
    const Json spec = Json::parse(timer->spec, nullptr, /*allow_exceptions=*/false);
    if (!spec.is_object() || !spec.contains("config") || !spec.contains("trigger") ||
        !spec["trigger"].is_string()) {
        return std::nullopt;
    }
    return LastArmed{spec["trigger"].get<std::string>(), spec["config"]};
}

TimerChange pause(const PlannedSensor& sensor) {
    return {.sensor = sensor.ref,
            .id = sensor.id,
            .state = TimerState::kPaused,
            .anchor_at = sensor.timer != nullptr
                             ? sensor.timer->anchor_at
                             : std::chrono::floor<std::chrono::seconds>(sensor.created_at),
            .span = std::nullopt,
            .cursor_at = std::nullopt,
            .past_one_shot = std::nullopt};
}

TimerSpan span_of(const PlannedSensor& sensor, const Schedule& schedule, const Arming& arming,
                  const ZoneSource& zones) {
    TimerSpan span{
        .spec = {{"trigger", sensor.spec->trigger.text()}, {"config", sensor.spec->config}},
        .period = std::nullopt,
        .base_at = std::nullopt,
        .from_creation = true,
        .start_at = schedule.start_at,
        .end_at = schedule.end_at,
        .tzdata = {},
        .next_at = arming.next_at};
    if (const auto* interval = std::get_if<IntervalSchedule>(&schedule.kind)) {
        span.period = interval->period;
        span.base_at = interval->anchor;
        span.from_creation = interval->from_creation;
    }
    if (std::holds_alternative<CronSchedule>(schedule.kind)) span.tzdata = zones.version();
    return span;
}

bool keeps_its_instants(const PlannedSensor& sensor, const Schedule& wanted,
                        const std::optional<LastArmed>& last, const ZoneSource& zones) {
    if (!sensor.edited) return true;
    if (!last || last->trigger != sensor.spec->trigger.text()) return false;
    const auto armed = compile_schedule(sensor.spec->trigger, last->config,
                                        sensor.timer->anchor_at, sensor.ref, zones);
    return armed && same_instants(*armed, wanted);
}

Result<std::optional<TimerChange>> plan_armed(const PlannedSensor& sensor, TimePoint now,
                                              const ZoneSource& zones) {
    const auto last = last_armed(sensor.timer);
    std::optional<AnchoredConfig> previous;
    if (last) previous = AnchoredConfig{last->config, sensor.timer->anchor_at};
    const TimePoint anchor = anchor_for(sensor.spec->config, sensor.created_at, previous, now);
    const auto schedule =
        compile_schedule(sensor.spec->trigger, sensor.spec->config, anchor, sensor.ref, zones);
    if (!schedule) return tl::unexpected(schedule.error());

    const StoredTimer* timer = sensor.timer;
    const bool open = timer != nullptr && timer->state != TimerState::kPaused &&
                      timer->state != TimerState::kRetired;
    if (open && keeps_its_instants(sensor, *schedule, last, zones)) return std::nullopt;

    const auto cursor = timer != nullptr ? std::optional(timer->cursor_at) : std::nullopt;
    const std::int64_t fires = timer != nullptr ? timer->fires : 0;
    const Arming arming = arm(*schedule, cursor, fires, now);
    TimerChange change{.sensor = sensor.ref,
                       .id = sensor.id,
                       .state = arming.state,
                       .anchor_at = anchor,
                       .span = span_of(sensor, *schedule, arming, zones),
                       .cursor_at = std::nullopt,
                       .past_one_shot = std::nullopt};
    if (arming.cursor < now) change.cursor_at = arming.cursor;
    if (arming.skip && arming.skip->reason == SkipReason::kPastOneShot) {
        change.past_one_shot = arming.skip->through;
    }
    return change;
}

}  // namespace

Result<std::optional<TimerChange>> plan_timer(const PlannedSensor& sensor, TimePoint now,
                                              const ZoneSource& zones) {
    const bool a_timer = is_timer_trigger(sensor.spec->trigger) &&
                         sensor.spec->runtime == SensorRuntime::kBuiltin;
    if (!a_timer) return retire_timer(sensor.ref, sensor.timer);
    if (sensor.enabled) return plan_armed(sensor, now, zones);
    const bool paused = sensor.timer != nullptr && sensor.timer->state == TimerState::kPaused;
    if (paused) return std::nullopt;
    return pause(sensor);
}

std::optional<TimerChange> retire_timer(const Ref& sensor, const StoredTimer* timer) {
    if (timer == nullptr || timer->state == TimerState::kRetired) return std::nullopt;
    return TimerChange{.sensor = sensor,
                       .id = timer->sensor,
                       .state = TimerState::kRetired,
                       .anchor_at = timer->anchor_at,
                       .span = std::nullopt,
                       .cursor_at = std::nullopt,
                       .past_one_shot = std::nullopt};
}

}  // namespace attune
