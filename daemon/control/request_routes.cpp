// POST /v1/sensors/{ref}/fire and /v1/actions/{ref}/run: what people and programs ask for by
// hand. Both are answered after the commit, and repeating one with its key does nothing twice.
#include <vector>

#include <fmt/format.h>

#include "core/limits.h"
#include "core/params.h"
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "os/random.h"

namespace attune {
namespace {

struct Asked {
    Json content;  // payload or params
    std::string key;
};

Result<Asked> read_asked(const ControlRequest& request, const std::string& member) {
    const std::vector<std::string> known = {member, "key"};
    auto body = read_body(request.body, known);
    if (!body) return Refused(body.error());
    auto key = text_member(*body, "key");
    if (!key) return Refused(key.error());
    if (key->size() > limits::kDedupeKeyBytes || key->find('\0') != std::string::npos) {
        return refuse("ATT7104",
                      fmt::format("`key` is longer than {} bytes or holds U+0000",
                                  limits::kDedupeKeyBytes),
                      "give a short name, such as the id of the message that is passed on");
    }
    if (key->empty()) *key = random_uuid();
    return Asked{body->value(member, Json::object()), *std::move(key)};
}

// Whoever repeats the request with this key gets the outcome of the first.
ControlResponse no_answer(const std::string& key) {
    return error_response(
        503, "no_answer", "the daemon has not recorded it yet and may still do so",
        fmt::format("repeat with the same key, `{}`: nothing happens twice", key));
}

ControlResponse refused_by_executor(const std::string& fault) {
    return error_response(422, "refused", fault.empty() ? "the request was refused" : fault);
}

const CatalogSensor* fireable(const Catalog& catalog, const std::string& ref,
                              ControlResponse& why_not) {
    const auto* sensor = catalog.sensors().find(ref);
    if (sensor == nullptr) {
        why_not = no_object(catalog, Kind::kSensor, ref);
    } else if (sensor->runtime != SensorRuntime::kExternal) {
        why_not = error_response(
            409, "not_external", fmt::format("attune fires sensor `{}` itself", ref),
            "only sensors with `runtime: core.sensor.external` are fired from outside; to run "
            "an action by hand use `attune run`");
    } else if (!sensor->enabled) {
        why_not = error_response(409, "disabled", fmt::format("sensor `{}` is disabled", ref),
                                 "set `enabled: true` in its manifest, or, where an operator "
                                 "has paused it, see `attune resume`");
    } else {
        return sensor;
    }
    return nullptr;
}

ControlResponse fire(ControlDesk& desk, const ControlRequest& request, const std::string& ref) {
    const auto asked = read_asked(request, "payload");
    if (!asked) return refusal(asked.error());
    const auto catalog = desk.context.catalog();
    ControlResponse why_not;
    const auto* sensor = fireable(*catalog, ref, why_not);
    if (sensor == nullptr) return why_not;
    const auto* trigger = catalog->triggers().find(sensor->trigger);
    if (trigger == nullptr) {
        return error_response(409, "no_trigger",
                              fmt::format("the trigger of `{}` is gone", ref),
                              "`attune status` shows what the last revision had to say");
    }
    const auto payload = accept_payload(*trigger, compact(asked->content));
    if (!payload) return refusal(payload.error(), 422);

    const auto reply = desk.asker.fire({.reply_to = {},
                                        .sensor = sensor->id,
                                        .scheduled_at = desk.context.clock.now(),
                                        .dedupe_key = asked->key,
                                        .payload = *payload},
                                       desk.context.request_patience);
    if (!reply) return no_answer(asked->key);
    if (reply->outcome == RequestOutcome::kRefused) return refused_by_executor(reply->fault);
    return json_response({{"event", reply->event.value},
                          {"sensor", ref},
                          {"scheduled_at", format_rfc3339(reply->scheduled_at)},
                          {"key", asked->key},
                          {"duplicate", reply->outcome == RequestOutcome::kDuplicate}});
}

// The action that the key was used for before; `ref` when that is not known any more.
std::string action_of(ControlDesk& desk, ExecutionId execution, const std::string& ref) {
    const auto trace = desk.queries.trace(execution);
    return trace ? trace->execution.action_ref : ref;
}

ControlResponse key_of_another(const RunReply& reply, const std::string& key,
                               const std::string& action) {
    return error_response(409, "key_used",
                          fmt::format("the key `{}` belongs to execution {} of action `{}`",
                                      key, reply.execution.id.value, action),
                          "nothing was run; give another key");
}

ControlResponse run(ControlDesk& desk, const ControlRequest& request, const std::string& ref) {
    auto asked = read_asked(request, "params");
    if (!asked) return refusal(asked.error());
    const auto catalog = desk.context.catalog();
    const auto* action = catalog->actions().find(ref);
    if (action == nullptr) return no_object(*catalog, Kind::kAction, ref);
    const auto params = complete_params(*action, std::move(asked->content));
    if (!params) return refusal(params.error(), 422);

    const auto reply = desk.asker.run({.reply_to = {},
                                       .action = action->id,
                                       .scheduled_at = desk.context.clock.now(),
                                       .params = *params,
                                       .key = asked->key},
                                      desk.context.request_patience);
    if (!reply) return no_answer(asked->key);
    if (reply->outcome == RequestOutcome::kRefused) return refused_by_executor(reply->fault);
    const bool duplicate = reply->outcome == RequestOutcome::kDuplicate;
    const auto ran = duplicate ? action_of(desk, reply->execution.id, ref) : ref;
    if (ran != ref) return key_of_another(*reply, asked->key, ran);
    return json_response({{"execution", reply->execution.id.value},
                          {"action", ref},
                          {"scheduled_at", format_rfc3339(reply->execution.scheduled_at)},
                          {"key", asked->key},
                          {"duplicate", duplicate}});
}

}  // namespace

void add_request_routes(Router& router, ControlDesk& desk) {
    router.add("POST", "/v1/sensors/{ref}/fire",
               [&desk](const ControlRequest& request, const Router::Parameters& parameters) {
                   return fire(desk, request, parameters.at("ref"));
               });
    router.add("POST", "/v1/actions/{ref}/run",
               [&desk](const ControlRequest& request, const Router::Parameters& parameters) {
                   return run(desk, request, parameters.at("ref"));
               });
}

}  // namespace attune
