// POST /v1/executions/{id}/cancel: somebody wants an execution to end. An executor writes it,
// and this waits for its answer; whoever holds the execution stops it afterwards.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/lifecycle.h"
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "os/account.h"

namespace attune {
namespace {

Result<std::string> read_reason(const std::string& body) {
    static const std::vector<std::string> kKnown = {"reason"};
    const auto given = read_body(body, kKnown);
    if (!given) return Refused(given.error());
    return reason_member(*given);
}

ControlResponse answer(const CancelReply& reply, const std::string& id) {
    switch (reply.outcome) {
        case CancelOutcome::kCancelled:
            break;
        case CancelOutcome::kEnded:
            return error_response(409, "ended",
                                  fmt::format("execution {} has ended already: it is {}", id,
                                              to_string(reply.state)),
                                  fmt::format("`attune trace {}` shows how", id));
        case CancelOutcome::kUnknown:
            return no_execution(id);
        case CancelOutcome::kRefused:
            return error_response(422, "refused", reply.fault);
    }
    return json_response(
        {{"execution", read_execution_id(id)->value}, {"state", to_string(reply.state)}});
}

ControlResponse cancel(ControlDesk& desk, const ControlRequest& request,
                       const std::string& id) {
    const auto reason = read_reason(request.body);
    if (!reason) return refusal(reason.error());
    const auto execution = read_execution_id(id);
    const auto trace = execution ? desk.queries.trace(*execution) : std::nullopt;
    if (!trace) return no_execution(id);

    const auto reply =
        desk.asker.cancel({.reply_to = {},
                           .execution = {trace->execution.id, trace->execution.scheduled_at},
                           .by = user_name(request.peer.uid),
                           .reason = *reason,
                           .at = desk.context.clock.now()},
                          desk.context.request_patience);
    if (!reply) {
        return error_response(503, "no_answer", "the daemon has not done it yet and may still",
                              "repeat it: nothing happens twice");
    }
    return answer(*reply, id);
}

}  // namespace

void add_cancel_routes(Router& router, ControlDesk& desk) {
    router.add("POST", "/v1/executions/{id}/cancel",
               [&desk](const ControlRequest& request, const Router::Parameters& parameters) {
                   return cancel(desk, request, parameters.at("id"));
               });
}

}  // namespace attune
