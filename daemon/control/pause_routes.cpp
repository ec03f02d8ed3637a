// POST /v1/sensors/{ref}/pause and /resume, and the same of rules: an operator's word over
// `enabled`. The reconcile thread writes it, this waits for its answer.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/kinds.h"
#include "core/time.h"
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "daemon/control/views.h"
#include "os/account.h"

namespace attune {
namespace {

Result<PauseRequest> read_pause(const std::string& body, TimePoint now) {
    static const std::vector<std::string> kKnown = {"reason", "for"};
    const auto given = read_body(body, kKnown);
    if (!given) return Refused(given.error());
    const auto reason = reason_member(*given);
    if (!reason) return Refused(reason.error());
    PauseRequest asked{.reply_to = {}, .ref = {}, .by = {}, .reason = *reason};
    const auto lasts = text_member(*given, "for");
    if (!lasts) return Refused(lasts.error());
    if (lasts->empty()) return asked;
    const auto duration = parse_duration(*lasts);
    if (!duration) return Refused(duration.error());
    if (*duration <= Duration{0}) {
        return refuse("ATT7104", "`for` is no time at all", "say how long, such as `2h`");
    }
    asked.ends = true;
    asked.until = now + *duration;
    return asked;
}

ControlResponse answer(ControlDesk& desk, const PauseRequest& asked) {
    const auto reply = desk.asker.pause(asked, desk.context.request_patience);
    if (!reply) {
        return error_response(503, "no_answer", "the daemon has not done it yet and may still",
                              "repeat it: nothing happens twice");
    }
    switch (reply->outcome) {
        case PauseOutcome::kChanged:
        case PauseOutcome::kUnchanged:
            return json_response({{"kind", to_string(asked.kind)},
                                  {"ref", asked.ref},
                                  {"paused", asked.paused},
                                  {"until", asked.ends ? moment(asked.until) : Json()},
                                  {"changed", reply->outcome == PauseOutcome::kChanged},
                                  {"generation", reply->generation.value}});
        case PauseOutcome::kUnknown:
            return no_object(*desk.context.catalog(), asked.kind, asked.ref);
        case PauseOutcome::kRefused:
            return error_response(422, "refused", reply->fault,
                                  "edit its schedule; it stays paused until then");
        case PauseOutcome::kUnavailable:
            break;
    }
    return error_response(503, "database_unavailable", reply->fault,
                          "try again when the database is back");
}

ControlResponse pause(ControlDesk& desk, const ControlRequest& request, Kind kind,
                      const std::string& ref) {
    auto asked = read_pause(request.body, desk.context.clock.now());
    if (!asked) return refusal(asked.error());
    asked->kind = kind;
    asked->ref = ref;
    asked->by = user_name(request.peer.uid);
    return answer(desk, *asked);
}

ControlResponse resume(ControlDesk& desk, const ControlRequest& request, Kind kind,
                       const std::string& ref) {
    const auto body = read_body(request.body, {});
    if (!body) return refusal(body.error());
    return answer(desk, {.reply_to = {},
                         .kind = kind,
                         .ref = ref,
                         .paused = false,
                         .by = user_name(request.peer.uid),
                         .reason = {}});
}

}  // namespace

void add_pause_routes(Router& router, ControlDesk& desk) {
    for (const Kind kind : {Kind::kSensor, Kind::kRule}) {
        const auto path = fmt::format("/v1/{}/{{ref}}", info(kind).plural);
        router.add(
            "POST", path + "/pause",
            [&desk, kind](const ControlRequest& request, const Router::Parameters& parameters) {
                return pause(desk, request, kind, parameters.at("ref"));
            });
        router.add(
            "POST", path + "/resume",
            [&desk, kind](const ControlRequest& request, const Router::Parameters& parameters) {
                return resume(desk, request, kind, parameters.at("ref"));
            });
    }
}

}  // namespace attune
