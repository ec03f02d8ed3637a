// What becomes of a unit of systemd, as events: decided from what was told of it last and what
// it is now, whatever happened in between and in whatever order it was heard of. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/time.h"

namespace attune {

inline constexpr std::string_view kUnitTrigger = "core.systemd_unit";

enum class UnitEvent { kFailed, kRestarting, kRecovered, kStarted, kStopped };
// "failed", "restarting", "recovered", "started", "stopped".
std::string_view to_string(UnitEvent event);

struct UnitSpec {
    std::vector<std::string> units;  // names and globs
    std::vector<UnitEvent> events;
    Duration debounce = std::chrono::seconds(1);

    bool wants(UnitEvent event) const;
    bool covers(const std::string& unit) const;
};

// Requires that the trigger's param_schema accepts `config`.
UnitSpec unit_spec(const Json& config);

// A unit as systemd shows it. One that it has not loaded is inactive, with the rest empty.
struct UnitState {
    std::string active = "inactive";  // ActiveState
    std::string sub = "dead";         // SubState
    std::string result;
    std::string invocation;     // 32 hex digits; empty: never started
    std::int64_t restarts = 0;  // NRestarts
    std::string description;
    std::optional<TimePoint> since;  // StateChangeTimestamp
    // Of the main process, when one has ended: CLD_EXITED ... and its code or signal.
    int exit_code = 0;
    int exit_status = 0;
};

// What was told of a unit last.
struct UnitTold {
    enum class Condition { kDown, kUp, kFailed, kRestarting };

    Condition condition = Condition::kDown;
    std::string invocation;
    std::int64_t restarts = 0;  // begun, one that is pending included
    bool in_trouble = false;    // failed or restarting since it was last up

    friend bool operator==(const UnitTold&, const UnitTold&) = default;
};

// As if all of `now` had been told: where a sensor begins.
UnitTold told_of(const UnitState& now);

struct UnitChange {
    std::vector<UnitEvent> events;  // in the order they are to be told
    UnitTold told;                  // once they are
};
UnitChange unit_change(const UnitTold& told, const UnitState& now);

// Names the event over crashes: the same, seen again, has the same key.
std::string unit_event_key(const std::string& unit, UnitEvent event, const UnitState& now);

// The event's payload as out_schema describes it, compact.
std::string unit_payload(const std::string& unit, UnitEvent event, const UnitState& now);

// How far a sensor has come.
struct UnitProgress {
    std::vector<std::string> patterns;  // what of a unit that is not in `units` was known
    std::map<std::string, UnitTold> units;

    friend bool operator==(const UnitProgress&, const UnitProgress&) = default;
};
Json to_json(const UnitProgress& progress);
UnitProgress unit_progress(const Json& json);

// "nginx.service" of the object path ".../unit/nginx_2eservice"; nullopt: no unit's path.
std::optional<std::string> unit_of_path(std::string_view path);
std::string path_of_unit(std::string_view unit);

}  // namespace attune
