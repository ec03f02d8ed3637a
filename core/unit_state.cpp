#include "core/unit_state.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bus_path.h"

namespace attune {
namespace {

using Condition = UnitTold::Condition;

constexpr std::string_view kUnitPaths = "/org/freedesktop/systemd1/unit/";

constexpr std::array kEvents = {UnitEvent::kFailed, UnitEvent::kRestarting,
                                UnitEvent::kRecovered, UnitEvent::kStarted,
                                UnitEvent::kStopped};
constexpr std::array<std::string_view, 4> kConditions = {"down", "up", "failed", "restarting"};

// Nothing while it is on the way from one to another.
std::optional<Condition> condition_of(const UnitState& state) {
    if (state.active == "active" || state.active == "reloading" ||
        state.active == "refreshing") {
        return Condition::kUp;
    }
    if (state.active == "inactive") return Condition::kDown;
    if (state.active == "failed") return Condition::kFailed;
    if (state.sub.starts_with("auto-restart")) return Condition::kRestarting;
    return std::nullopt;
}

// systemd counts a restart when its pause is over, and the pause may be long.
std::int64_t restarts_begun(const UnitState& state) {
    const bool pending = condition_of(state) == Condition::kRestarting;
    return state.restarts + (pending ? 1 : 0);
}

// It counts from nought again when somebody starts the unit.
bool was_restarted(const UnitTold& told, const UnitState& now) {
    const auto begun = restarts_begun(now);
    return begun > told.restarts ||
           (begun < told.restarts && begun > 0 && now.invocation != told.invocation);
}

class Changing {
public:
    Changing(const UnitTold& told, const UnitState& now)
        : told_(told), now_(now), new_run_(now.invocation != told.invocation) {
        change_.told = told;
    }

    UnitChange run() {
        if (was_restarted(told_, now_)) {
            tell(UnitEvent::kRestarting);
            change_.told.in_trouble = true;
        }
        change_.told.restarts = restarts_begun(now_);
        const auto condition = condition_of(now_);
        if (!condition) return std::move(change_);
        switch (*condition) {
            case Condition::kUp:
                up();
                break;
            case Condition::kDown:
                down();
                break;
            case Condition::kFailed:
                if (told_.condition != Condition::kFailed || new_run_) {
                    tell(UnitEvent::kFailed);
                }
                change_.told.in_trouble = true;
                break;
            case Condition::kRestarting:
                change_.told.in_trouble = true;
                break;
        }
        change_.told.condition = *condition;
        change_.told.invocation = now_.invocation;
        return std::move(change_);
    }

private:
    void up() {
        if (change_.told.in_trouble) {
            tell(UnitEvent::kRecovered);
        } else if (told_.condition == Condition::kDown || new_run_) {
            tell(UnitEvent::kStarted);
        }
        change_.told.in_trouble = false;
    }

    // What failed before and has ended well now is a job of a timer, say; what failed and was
    // only forgotten (systemctl reset-failed) has not run again.
    void down() {
        if (told_.condition == Condition::kUp || told_.condition == Condition::kRestarting) {
            tell(UnitEvent::kStopped);
        } else if (told_.condition == Condition::kFailed && new_run_ &&
                   !now_.invocation.empty() && now_.result == "success") {
            tell(UnitEvent::kRecovered);
        }
        change_.told.in_trouble = false;
    }

    void tell(UnitEvent event) { change_.events.push_back(event); }

    const UnitTold& told_;
    const UnitState& now_;
    const bool new_run_;
    UnitChange change_;
};

Json exit_kind(int code) {
    // CLD_EXITED, CLD_KILLED and CLD_DUMPED of sigaction(2).
    switch (code) {
        case 1:
            return "exited";
        case 2:
            return "killed";
        case 3:
            return "dumped";
        default:
            return {};
    }
}

}  // namespace

std::string_view to_string(UnitEvent event) {
    switch (event) {
        case UnitEvent::kFailed:
            return "failed";
        case UnitEvent::kRestarting:
            return "restarting";
        case UnitEvent::kRecovered:
            return "recovered";
        case UnitEvent::kStarted:
            return "started";
        case UnitEvent::kStopped:
            return "stopped";
    }
    return {};
}

bool UnitSpec::wants(UnitEvent event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
}

bool UnitSpec::covers(const std::string& unit) const {
    return std::any_of(units.begin(), units.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), unit.c_str(), FNM_NOESCAPE) == 0;
    });
}

UnitSpec unit_spec(const Json& config) {
    UnitSpec spec;
    spec.units = config.at("units").get<std::vector<std::string>>();
    const auto wanted = config.value("events", Json{"failed", "recovered"});
    for (const auto event : kEvents) {
        const Json name = to_string(event);
        if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
            spec.events.push_back(event);
        }
    }
    if (const auto debounce = config.find("debounce"); debounce != config.end()) {
        spec.debounce =
            debounce->is_number()
                ? std::chrono::seconds(debounce->get<std::int64_t>())
                : parse_duration(debounce->get<std::string>()).value_or(spec.debounce);
    }
    return spec;
}

UnitTold told_of(const UnitState& now) {
    UnitTold told = unit_change({}, now).told;
    const auto condition = condition_of(now);
    told.in_trouble = condition == Condition::kFailed || condition == Condition::kRestarting;
    return told;
}

UnitChange unit_change(const UnitTold& told, const UnitState& now) {
    return Changing(told, now).run();
}

std::string unit_event_key(const std::string& unit, UnitEvent event, const UnitState& now) {
    auto key = fmt::format("{}/{}/{}", unit, to_string(event), now.invocation);
    const auto moment = now.since ? now.since->time_since_epoch().count() : 0;
    switch (event) {
        case UnitEvent::kFailed:
        case UnitEvent::kStopped:
            return fmt::format("{}/{}", key, moment);
        case UnitEvent::kRestarting:
            return fmt::format("{}/{}", key, restarts_begun(now));
        case UnitEvent::kRecovered:
        case UnitEvent::kStarted:
            // Once in a run; a reload changes the moment.
            return now.invocation.empty() ? fmt::format("{}/{}", key, moment) : key;
    }
    return key;
}

std::string unit_payload(const std::string& unit, UnitEvent event, const UnitState& now) {
    const auto kind = exit_kind(now.exit_code);
    return compact({{"unit", unit},
                    {"event", to_string(event)},
                    {"active_state", now.active},
                    {"sub_state", now.sub},
                    {"result", now.result},
                    {"invocation_id", now.invocation},
                    {"restarts", now.restarts},
                    {"exit_kind", kind},
                    {"exit_status", kind.is_null() ? Json() : Json(now.exit_status)},
                    {"description", now.description},
                    {"at", now.since ? Json(format_rfc3339_micros(*now.since)) : Json()}});
}

Json to_json(const UnitProgress& progress) {
    Json units = Json::object();
    for (const auto& [name, told] : progress.units) {
        units[name] = {{"condition", kConditions[static_cast<std::size_t>(told.condition)]},
                       {"invocation", told.invocation},
                       {"restarts", told.restarts},
                       {"in_trouble", told.in_trouble}};
    }
    return {{"patterns", progress.patterns}, {"units", std::move(units)}};
}

UnitProgress unit_progress(const Json& json) {
    UnitProgress progress;
    progress.patterns = json.value("patterns", std::vector<std::string>());
    const auto units = json.value("units", Json::object());
    for (const auto& [name, told] : units.items()) {
        const auto word = told.value("condition", "");
        const auto* const known = std::find(kConditions.begin(), kConditions.end(), word);
        UnitTold unit{.condition = Condition::kDown,
                      .invocation = told.value("invocation", ""),
                      .restarts = told.value("restarts", std::int64_t{0}),
                      .in_trouble = told.value("in_trouble", false)};
        if (known != kConditions.end()) {
            unit.condition = static_cast<Condition>(known - kConditions.begin());
        }
        progress.units.emplace(name, std::move(unit));
    }
    return progress;
}

std::optional<std::string> unit_of_path(std::string_view path) {
    if (!path.starts_with(kUnitPaths)) return std::nullopt;
    return name_of_element(path.substr(kUnitPaths.size()));
}

std::string path_of_unit(std::string_view unit) {
    return std::string(kUnitPaths) + bus_path_element(unit);
}

}  // namespace attune
