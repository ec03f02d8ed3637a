#include "cli/running_timer.h"

#include "cli/next_request.h"

namespace attune {
namespace {

TimePoint moment(const Json& timer, const char* key) {
    const auto at = parse_rfc3339(timer.value(key, std::string()));
    if (at) return *at;
    throw CommandFailed{kExitFailed, std::string("the daemon told no ") + key + " of its timer",
                        "attune and attuned are of different versions"};
}

}  // namespace

RunningTimer running_timer(const DaemonClient& daemon, const std::string& ref,
                           const ZoneSource& zones) {
    const auto sensor = daemon.get("/v1/objects/sensors/" + ref);
    const auto timer = sensor.value("timer", Json());
    const auto trigger = Ref::parse(sensor.value("trigger", std::string()));
    const auto named = Ref::parse(ref);
    if (!timer.is_object() || !trigger || !named || !is_timer_trigger(*trigger)) {
        throw CommandFailed{kExitFailed, ref + " is not fired by a timer",
                            "`attune describe sensor " + ref + "` shows what it is"};
    }
    const auto spec = sensor.value("document", Json::object()).value("spec", Json::object());
    auto schedule = imagine(
        {*trigger, *named, spec.value("config", Json()), moment(timer, "anchor_at")}, zones);
    if (!schedule) {
        throw CommandFailed{kExitFailed, ref + ": " + schedule.error().message,
                            schedule.error().help};
    }
    return {.schedule = *std::move(schedule),
            .armed = timer.value("state", std::string()) == "armed",
            .cursor = moment(timer, "cursor_at"),
            .fires = timer.value("fires", std::int64_t{0})};
}

}  // namespace attune
