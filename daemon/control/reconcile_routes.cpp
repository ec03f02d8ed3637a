// POST /v1/reconcile and /v1/plan: the reconcile thread does it, this waits for its report.
#include <vector>

#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"

namespace attune {
namespace {

ControlResponse await_report(ControlDesk& desk, ReconcileRequest request) {
    const auto reply =
        desk.asker.reconcile(std::move(request), desk.context.reconcile_patience);
    if (!reply) {
        return error_response(503, "no_answer", "the reconcile pass is not done yet",
                              "it goes on; `attune status` shows its outcome");
    }
    auto report = Json::parse(reply->report, nullptr, /*allow_exceptions=*/false);
    if (report.is_discarded()) {
        return error_response(500, "no_report", "the reconcile pass has left no report",
                              "see the daemon's log");
    }
    if (report.is_object() && report.contains("error")) {
        return {.status = 503, .body = compact(report)};
    }
    return json_response(report);
}

ControlResponse reconcile(ControlDesk& desk, const ControlRequest& request) {
    static const std::vector<std::string> kKnown = {"wait", "allow_retire"};
    const auto body = read_body(request.body, kKnown);
    if (!body) return refusal(body.error());
    const auto allowed = count_member(*body, "allow_retire");
    if (!allowed) return refusal(allowed.error());
    const auto wait = flag_member(*body, "wait");
    if (!wait) return refusal(wait.error());
    ReconcileRequest asked{.reply_to = {}, .allow_retire = *allowed};
    if (*wait) return await_report(desk, std::move(asked));
    desk.asker.begin_reconcile(std::move(asked));
    return json_response({{"outcome", "begun"}}, 202);
}

ControlResponse plan(ControlDesk& desk, const ControlRequest& request) {
    const auto body = read_body(request.body, {});
    if (!body) return refusal(body.error());
    return await_report(desk, {.reply_to = {}, .plan_only = true});
}

}  // namespace

void add_reconcile_routes(Router& router, ControlDesk& desk) {
    router.add("POST", "/v1/reconcile",
               [&desk](const ControlRequest& request, const Router::Parameters&) {
                   return reconcile(desk, request);
               });
    router.add("POST", "/v1/plan",
               [&desk](const ControlRequest& request, const Router::Parameters&) {
                   return plan(desk, request);
               });
}

}  // namespace attune
