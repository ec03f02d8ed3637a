// GET /v1/sensors/{ref}/next: when the timer of a sensor fires next, counted from its own
// anchor and with the fires it has had.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/schedule.h"
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "daemon/control/views.h"

namespace attune {
namespace {

ControlResponse no_timer(const std::string& ref) {
    return error_response(409, "no_timer", fmt::format("`{}` is not fired by a timer", ref),
                          fmt::format("`attune describe sensor {}` shows what it is", ref));
}

Result<TimePoint> read_after(const Query& query, TimePoint otherwise) {
    const auto given = query.find("after");
    if (given == query.end()) return otherwise;
    return parse_rfc3339(given->second);
}

std::vector<TimePoint> coming(const Schedule& schedule, const TimerFigures& timer,
                              TimePoint after, std::int64_t limit) {
    if (timer.state != to_string(TimerState::kArmed)) return {};
    if (schedule.max_fires) limit = std::min(limit, *schedule.max_fires - timer.fires);
    return instants_after(schedule, std::max(after, timer.cursor_at), limit);
}

ControlResponse next(ControlDesk& desk, const ControlRequest& request, const std::string& ref) {
    static const std::vector<std::string> kKnown = {"after", "limit"};
    if (const auto known = only_known(request.query, kKnown); !known) {
        return refusal(known.error());
    }
    const auto limit = read_limit(request.query);
    if (!limit) return refusal(limit.error());
    const auto after = read_after(request.query, desk.context.clock.now());
    if (!after) return refusal(after.error());

    const auto catalog = desk.context.catalog();
    const auto* sensor = catalog->sensors().find(ref);
    if (sensor == nullptr) return no_object(*catalog, Kind::kSensor, ref);
    const auto* trigger = catalog->triggers().find(sensor->trigger);
    const auto timer = desk.queries.timer(sensor->id);
    if (trigger == nullptr || !is_timer_trigger(trigger->ref) || !timer) return no_timer(ref);
    const auto schedule = compile_schedule(trigger->ref, Json::parse(sensor->config),
                                           timer->anchor_at, sensor->ref, desk.context.zones);
    if (!schedule) return refusal(schedule.error(), 422);
    auto instants = Json::array();
    for (const auto at : coming(*schedule, *timer, *after, *limit)) {
        instants.push_back(format_rfc3339(at));
    }
    return json_response({{"sensor", ref},
                          {"schedule", describe(*schedule)},
                          {"state", timer->state},
                          {"next", std::move(instants)}});
}

}  // namespace

void add_next_routes(Router& router, ControlDesk& desk) {
    router.add("GET", "/v1/sensors/{ref}/next",
               [&desk](const ControlRequest& request, const Router::Parameters& parameters) {
                   return next(desk, request, parameters.at("ref"));
               });
}

}  // namespace attune
