// From a sensor's config to its ScheduleForm. The config may come from a manifest whose schema
// was checked, from a row or from a command line, so nothing is taken for granted.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/cron.h"
#include "core/json_values.h"
#include "core/schedule.h"
#include "core/zone_source.h"

namespace attune {
namespace {

using std::string;
using std::string_view;
using std::chrono::seconds;

constexpr Duration kLongestJitter = std::chrono::hours(24);
constexpr std::int64_t kLargestCatchUp = 1000;

Refused wrong(string code, string reason, string pointer, string message, string help) {
    auto refused = refuse(std::move(code), std::move(message), std::move(help));
    refused.value().reason = std::move(reason);
    refused.value().pointer = std::move(pointer);
    return refused;
}

Refused out_of_range(string pointer, string message, string help) {
    return wrong("ATT4004", "out_of_range", std::move(pointer), std::move(message),
                 std::move(help));
}

Refused misplaced(string pointer, string message, string help) {
    return wrong("ATT4005", "shape", std::move(pointer), std::move(message), std::move(help));
}

// Says where a fault of an inner value is.
Refused below(const string& pointer, Fault fault) {
    fault.pointer = pointer + fault.pointer;
    return Refused(std::move(fault));
}

const Json* member(const Json& object, string_view key) {
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

// An integer from 1 to `max`.
Result<std::int64_t> read_count(const Json& value, const string& pointer, std::int64_t max) {
    const auto help = fmt::format("write an integer from 1 to {}", max);
    if (!value.is_number_integer()) {
        return misplaced(pointer, compact(value) + " is not an integer", help);
    }
    const bool fits = value.is_number_unsigned()
                          ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(max)
                          : value.get<std::int64_t>() <= max;
    if (!fits || value.get<std::int64_t>() < 1) {
        return out_of_range(pointer, compact(value) + " is out of range", help);
    }
    return value.get<std::int64_t>();
}

// What the three triggers take, required ones first.
struct Shape {
    string_view trigger;
    std::span<const string_view> required;
    std::span<const string_view> optional;
};

constexpr std::array<string_view, 2> kIntervalRequired{"unit", "interval"};
constexpr std::array<string_view, 7> kIntervalOptional{
    "anchor", "phase", "jitter", "start_at", "end_at", "max_fires", "misfire"};
constexpr std::array<string_view, 1> kCronRequired{"expression"};
constexpr std::array<string_view, 6> kCronOptional{"timezone", "jitter",    "start_at",
                                                   "end_at",   "max_fires", "misfire"};
constexpr std::array<string_view, 1> kOnceRequired{"fire_at"};
constexpr std::array<string_view, 2> kOnceOptional{"jitter", "misfire"};

bool is_among(std::span<const string_view> names, string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

class Compiler {
public:
    Compiler(const Ref& trigger, const Json& config, const ZoneSource& zones)
        : trigger_(trigger), config_(config), zones_(zones) {}

    Result<ScheduleForm> compile() {
        if (!config_.is_object()) {
            return misplaced("", "the config of a timer is an object",
                             "write its parts below config");
        }
        if (trigger_.text() == "core.intervaltimer") {
            return assemble({trigger_.text(), kIntervalRequired, kIntervalOptional},
                            &Compiler::read_interval);
        }
        if (trigger_.text() == "core.crontimer") {
            return assemble({trigger_.text(), kCronRequired, kCronOptional},
                            &Compiler::read_cron);
        }
        if (trigger_.text() == "core.datetimetimer") {
            return assemble({trigger_.text(), kOnceRequired, kOnceOptional},
                            &Compiler::read_once);
        }
        return misplaced("", trigger_.text() + " is no timer trigger",
                         "timers are core.intervaltimer, core.crontimer, core.datetimetimer");
    }

private:
    using Step = Result<void> (Compiler::*)();

    Result<ScheduleForm> assemble(const Shape& shape, Step read_kind) {
        if (auto done = check_shape(shape); !done) return Refused(std::move(done.error()));
        for (const Step step : {read_kind, &Compiler::read_bounds, &Compiler::read_jitter,
                                &Compiler::read_misfire}) {
            if (auto done = (this->*step)(); !done) return Refused(std::move(done.error()));
        }
        return ScheduleForm{std::move(schedule_), jitter_};
    }

    Result<void> check_shape(const Shape& shape) const {
        for (const auto& [key, value] : config_.items()) {
            if (is_among(shape.required, key) || is_among(shape.optional, key)) continue;
            return misplaced("/" + key,
                             fmt::format("{} does not take {}", shape.trigger, compact(key)),
                             fmt::format("it takes {}", fmt::join(shape.required, " and ")));
        }
        for (const auto name : shape.required) {
            if (config_.contains(name)) continue;
            return misplaced("", fmt::format("{} needs {}", shape.trigger, name),
                             fmt::format("add {}", name));
        }
        return {};
    }

    Result<void> read_interval() {
        const auto period = read_period();
        if (!period) return Refused(period.error());
        IntervalSchedule interval{*period, TimePoint{}, true};
        if (const auto* anchor = member(config_, "anchor")) {
            const auto read = read_anchor(*anchor, interval);
            if (!read) return Refused(read.error());
        }
        if (const auto* phase = member(config_, "phase")) {
            if (member(config_, "anchor") == nullptr || config_.at("anchor") != "epoch") {
                return misplaced("/phase", "phase shifts a grid that is anchored at epoch",
                                 "set anchor: epoch, or leave phase out");
            }
            const auto shift = to_duration(*phase);
            if (!shift) return below("/phase", shift.error());
            if (*shift >= interval.period) {
                return out_of_range("/phase", "phase is not less than the period",
                                    "write a phase from 0 up to the period");
            }
            interval.anchor += *shift;
        }
        schedule_.kind = interval;
        return {};
    }

    Result<Duration> read_period() const {
        const auto& unit = config_.at("unit");
        std::int64_t unit_seconds = 0;
        if (unit == "seconds") unit_seconds = 1;
        if (unit == "minutes") unit_seconds = 60;
        if (unit == "hours") unit_seconds = 3600;
        if (unit_seconds == 0) {
            return misplaced("/unit", compact(unit) + " is no unit of an interval",
                             "write seconds, minutes or hours");
        }
        const auto longest = std::chrono::floor<seconds>(kLongestDuration).count();
        const auto count =
            read_count(config_.at("interval"), "/interval", longest / unit_seconds);
        if (!count) return Refused(count.error());
        return seconds(*count * unit_seconds);
    }

    static Result<void> read_anchor(const Json& anchor, IntervalSchedule& interval) {
        if (anchor == "created") return {};
        interval.from_creation = false;
        interval.anchor = TimePoint{};
        if (anchor == "epoch") return {};
        const auto moment = to_moment(anchor);
        if (!moment) {
            auto fault = moment.error();
            fault.help = "write created, epoch, or a moment such as 2026-01-01T00:00:00Z";
            return below("/anchor", std::move(fault));
        }
        interval.anchor = *moment;
        return {};
    }

    Result<void> read_cron() {
        const auto& text = config_.at("expression");
        if (!text.is_string()) {
            return misplaced("/expression", "an expression is a text",
                             "write it in quotes, such as \"0 30 9 * * *\"");
        }
        auto expression = CronExpression::parse(text.get_ref<const string&>());
        if (!expression) return below("/expression", std::move(expression.error()));
        if (!expression->fires_ever()) {
            return wrong(
                "ATT4002", "never", "/expression",
                fmt::format("cron expression {} never fires: no date from 1970 to 2199 "
                            "matches it",
                            compact(text)),
                "check day-of-month against month, day-of-week and year");
        }
        auto zone = read_zone();
        if (!zone) return below("/timezone", std::move(zone.error()));
        schedule_.kind = CronSchedule{
            std::make_shared<const CronExpression>(std::move(*expression)), std::move(*zone)};
        return {};
    }

    Result<std::shared_ptr<const Zone>> read_zone() const {
        const auto* name = member(config_, "timezone");
        if (name == nullptr) return Zone::utc();
        if (!name->is_string()) {
            return wrong("ATT4003", "unknown_zone", "", compact(*name) + " is no time zone",
                         "write a name of the tz database, such as Europe/Berlin");
        }
        return zones_.find(name->get_ref<const string&>());
    }

    Result<void> read_once() {
        const auto moment = to_moment(config_.at("fire_at"));
        if (!moment) return below("/fire_at", moment.error());
        schedule_.kind = OnceSchedule{*moment};
        schedule_.misfire.window = std::nullopt;
        return {};
    }

    Result<void> read_bounds() {
        for (const auto& [name, bound] :
             {std::pair{"start_at", &schedule_.start_at}, {"end_at", &schedule_.end_at}}) {
            const auto* value = member(config_, name);
            if (value == nullptr) continue;
            const auto moment = to_moment(*value);
            if (!moment) return below(string("/") + name, moment.error());
            *bound = *moment;
        }
        if (schedule_.start_at && schedule_.end_at &&
            *schedule_.start_at >= *schedule_.end_at) {
            return out_of_range("/end_at", "end_at is not after start_at",
                                "instants fire from start_at up to, not at, end_at");
        }
        if (const auto* value = member(config_, "max_fires")) {
            const auto count = read_count(*value, "/max_fires", INT64_MAX);
            if (!count) return Refused(count.error());
            schedule_.max_fires = *count;
        }
        return {};
    }

    Result<void> read_jitter() {
        const auto* value = member(config_, "jitter");
        if (value == nullptr) return {};
        const auto jitter = to_duration(*value);
        if (!jitter) return below("/jitter", jitter.error());
        if (*jitter > kLongestJitter) {
            return out_of_range("/jitter", "jitter is longer than a day",
                                "write at most 86400 seconds");
        }
        jitter_ = *jitter;
        return {};
    }

    Result<void> read_misfire() {
        const auto* value = member(config_, "misfire");
        if (value == nullptr) return {};
        const bool once = std::holds_alternative<OnceSchedule>(schedule_.kind);
        if (!value->is_object()) {
            return misplaced("/misfire", "misfire is an object",
                             "write policy, grace, max_catch_up or window below it");
        }
        for (const auto& [key, part] : value->items()) {
            const auto pointer = "/misfire/" + key;
            Result<void> read;
            if (key == "policy") {
                read = read_policy(part, once);
            } else if (key == "grace" || key == "window") {
                const auto duration = to_duration(part);
                if (!duration) return below(pointer, duration.error());
                if (key == "grace") schedule_.misfire.grace = *duration;
                if (key == "window") schedule_.misfire.window = *duration;
            } else if (key == "max_catch_up" && !once) {
                const auto count = read_count(part, pointer, kLargestCatchUp);
                if (!count) return Refused(count.error());
                schedule_.misfire.max_catch_up = *count;
            } else {
                return misplaced(pointer, fmt::format("misfire does not take {}", compact(key)),
                                 once ? "it takes policy, grace and window"
                                      : "it takes policy, grace, max_catch_up and window");
            }
            if (!read) return read;
        }
        return {};
    }

    Result<void> read_policy(const Json& policy, bool once) {
        auto& misfire = schedule_.misfire;
        misfire.policy_given = true;
        if (policy == "fire_once") {
            misfire.policy = MisfirePolicy::kFireOnce;
        } else if (policy == "skip") {
            misfire.policy = MisfirePolicy::kSkip;
        } else if (policy == "catch_up" && !once) {
            misfire.policy = MisfirePolicy::kCatchUp;
        } else {
            return misplaced(
                "/misfire/policy", compact(policy) + " is no misfire policy",
                once ? "write fire_once or skip" : "write fire_once, skip or catch_up");
        }
        return {};
    }

    const Ref& trigger_;
    const Json& config_;
    const ZoneSource& zones_;
    Schedule schedule_;
    Duration jitter_{0};
};

}  // namespace

Result<ScheduleForm> compile_form(const Ref& trigger, const Json& config,
                                  const ZoneSource& zones) {
    return Compiler(trigger, config, zones).compile();
}

}  // namespace attune
