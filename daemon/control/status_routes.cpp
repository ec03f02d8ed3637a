// GET /v1/status and /v1/revisions, POST /v1/drain.
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "daemon/control/views.h"
#include "store/errors.h"

namespace attune {
namespace {

Json counts(const std::vector<std::pair<std::string, std::int64_t>>& by_state) {
    auto all = Json::object();
    for (const auto& [state, count] : by_state) all[state] = count;
    return all;
}

Json last_revision(ControlDesk& desk) {
    const auto revisions = desk.catalog_rows.revisions(1);
    return revisions.empty() ? Json() : view(revisions.front());
}

// What only the database knows; without it the rest of the status is still an answer.
void add_figures(ControlDesk& desk, Json& status) {
    const auto figures = desk.queries.figures(desk.context.started_at);
    status["since_start"] = {{"events", figures.events},
                             {"enforcements", figures.enforcements},
                             {"executions", counts(figures.executions)}};
    status["ready"] = figures.ready;
    status["claimed"] = figures.claimed;
    status["timers"] = counts(figures.timers);
    status["source"]["last_revision"] = last_revision(desk);
}

ControlResponse answer_status(ControlDesk& desk) {
    const auto& context = desk.context;
    const auto catalog = context.catalog();
    const auto now = context.clock.now();
    Json status = {
        {"version", context.version},
        {"node", context.node},
        {"incarnation", context.incarnation.value},
        {"started_at", format_rfc3339(context.started_at)},
        {"now", format_rfc3339(now)},
        {"uptime_seconds",
         std::chrono::duration_cast<std::chrono::seconds>(now - context.started_at).count()},
        {"generation", catalog->generation().value},
        {"source",
         {{"name", context.source_name()},
          {"path", context.source_path},
          {"last_revision", nullptr}}},
        {"objects",
         {{"packs", catalog->packs().size()},
          {"triggers", catalog->triggers().size()},
          {"actions", catalog->actions().size()},
          {"sensors", catalog->sensors().size()},
          {"rules", catalog->rules().size()}}},
        {"database", {{"state", "ok"}, {"embedded", context.embedded_database}}},
        {"clock", {{"state", context.waits_for_clock() ? "waiting_for_clock" : "ok"}}},
        {"runner",
         {{"state", context.has_runner() ? "ok" : "away"},
          {"socket", context.runner_socket.empty() ? Json() : Json(context.runner_socket)}}},
        {"since_start", nullptr},
        {"ready", nullptr},
        {"claimed", nullptr},
        {"timers", nullptr}};
    try {
        add_figures(desk, status);
    } catch (const StoreError& error) {
        status["database"]["state"] = "unavailable";
        status["database"]["error"] = error.what();
    }
    return json_response(status);
}

ControlResponse answer_revisions(ControlDesk& desk, const ControlRequest& request) {
    static const std::vector<std::string> kKnown = {"limit"};
    if (const auto known = only_known(request.query, kKnown); !known) {
        return refusal(known.error());
    }
    const auto limit = read_limit(request.query);
    if (!limit) return refusal(limit.error());
    auto items = Json::array();
    for (const auto& one : desk.catalog_rows.revisions(*limit)) {
        items.push_back(view(one));
    }
    return json_response({{"items", std::move(items)}, {"next", nullptr}});
}

ControlResponse answer_drain(ControlDesk& desk, const ControlRequest& request) {
    if (const auto body = read_body(request.body, {}); !body) return refusal(body.error());
    desk.context.drain();
    return json_response({{"draining", true}}, 202);
}

}  // namespace

void add_status_routes(Router& router, ControlDesk& desk) {
    router.add("GET", "/v1/status", [&desk](const ControlRequest&, const Router::Parameters&) {
        return answer_status(desk);
    });
    router.add("POST", "/v1/drain",
               [&desk](const ControlRequest& request, const Router::Parameters&) {
                   return answer_drain(desk, request);
               });
    router.add("GET", "/v1/revisions",
               [&desk](const ControlRequest& request, const Router::Parameters&) {
                   return answer_revisions(desk, request);
               });
}

}  // namespace attune
