// When a timer sensor fires: a set of instants, as a value, with pure functions over it.
//
// The variant is chosen by the trigger, strictly: core.intervaltimer, core.crontimer or
// core.datetimetimer. Nothing here depends on the current time, the host's zone or an
// earlier call, so a schedule gives the same instants in any process, for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/decision.h"
#include "core/json.h"
#include "core/ref.h"
#include "core/result.h"
#include "core/time.h"

namespace attune {

class CronExpression;  // core/cron.h
class Zone;            // core/zone.h
class ZoneSource;      // core/zone_source.h

// anchor + k * period; k >= 1 when anchored at the sensor's creation, any k otherwise.
struct IntervalSchedule {
    Duration period;  // 1 s .. 3650 days, whole seconds
    TimePoint anchor;
    bool from_creation = true;
};

// Instants whose wall clock in `zone` matches (timers.md 2.2, R1 to R9).
struct CronSchedule {
    std::shared_ptr<const CronExpression> expression;
    std::shared_ptr<const Zone> zone;
};

struct OnceSchedule {
    TimePoint fire_at;
    bool past_at_creation = false;  // fire_at was at or before the sensor's creation
};

enum class MisfirePolicy { kFireOnce, kSkip, kCatchUp };

struct Misfire {
    MisfirePolicy policy = MisfirePolicy::kFireOnce;
    bool policy_given = false;  // a past one-shot fires only under an explicit fire_once
    Duration grace = std::chrono::seconds(60);
    std::int64_t max_catch_up = 100;
    std::optional<Duration> window = std::chrono::hours(24);  // nullopt: unlimited
};

struct Schedule {
    std::variant<IntervalSchedule, CronSchedule, OnceSchedule> kind;
    std::optional<TimePoint> start_at;  // half-open: start_at <= instant < end_at
    std::optional<TimePoint> end_at;
    std::optional<std::int64_t> max_fires;
    Duration delay{0};  // this sensor's share of the jitter; constant, < jitter
    Misfire misfire;
};

// Whether events of this trigger come from the timer workers.
bool is_timer_trigger(const Ref& trigger);

// What a config says of every sensor that has it: texts are read once, however many there are.
struct ScheduleForm {
    Schedule schedule;   // with the anchor, past_at_creation and delay of nobody
    Duration jitter{0};  // of which each sensor takes its share

    // The sensor's own. `anchor` is the row's anchor_at (see anchor_for in core/timer.h), at
    // first the sensor's creation; floored to the second. `sensor`, its ref, seeds the jitter.
    Schedule of(TimePoint anchor, std::string_view sensor) const;
};

// What `config` (a sensor's, as written) asks of the timer trigger `trigger`. The fault carries
// code, reason and pointer: an object that mixes shapes or lacks a part (ATT4005), a number or
// period out of range (ATT4004), an expression that is wrong (ATT4001) or never fires
// (ATT4002), an unknown zone (ATT4003), a bad moment (ATT4010) or duration (ATT4011).
Result<ScheduleForm> compile_form(const Ref& trigger, const Json& config,
                                  const ZoneSource& zones);

// Both in one, for a single sensor.
Result<Schedule> compile_schedule(const Ref& trigger, const Json& config, TimePoint anchor,
                                  const Ref& sensor, const ZoneSource& zones);

// Whether both have the same instants and the same end: false makes an edit a schedule change
// (new spec_rev, nothing fires retroactively); jitter and misfire make no difference. Zones
// are compared by name: new rules of an old zone are no edit.
bool same_instants(const Schedule& a, const Schedule& b);

// The least instant > after, or nullopt when the schedule has ended. max_fires is not looked
// at here: what fired is a matter of the timer's row.
std::optional<TimePoint> next_after(const Schedule& schedule, TimePoint after);

// The instants that follow `after`, at most `count`: fewer when the schedule ends.
std::vector<TimePoint> instants_after(const Schedule& schedule, TimePoint after,
                                      std::int64_t count);

// The greatest instant <= at, or nullopt when there is none.
std::optional<TimePoint> latest_at(const Schedule& schedule, TimePoint at);

// How many instants lie in (after, through]; never by enumerating them.
std::int64_t count_between(const Schedule& schedule, TimePoint after, TimePoint through);

// Whether `instant` is one of the schedule's, found out without next_after: intervals by
// division, cron by matching wall-clock seconds. For audits that distrust next_after.
bool is_instant(const Schedule& schedule, TimePoint instant);

// When `instant` may fire: instant + delay, always before the next instant.
TimePoint due_at(const Schedule& schedule, TimePoint instant);

// "every 10 seconds", "cron 0 0 * * * * in UTC", "once at 2027-03-01T08:00:00Z": log lines.
std::string describe(const Schedule& schedule);

}  // namespace attune
