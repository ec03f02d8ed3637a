#include "daemon/executor/attempt.h"

#include "core/json.h"

namespace attune {
namespace {

// What the database keeps comes back with blanks; actions get the same text either way.
std::string one_line(const std::string& params) {
    const auto parsed = Json::parse(params, nullptr, false);
    return parsed.is_discarded() ? params : compact(parsed);
}

}  // namespace

Attempt attempt_of(const NewExecution& execution, const Answer& answer, const Entry& entry) {
    return {.key = {execution.id, entry.event->scheduled_at},
            .token = execution.token,
            .action = execution.action,
            .action_ref = execution.action_ref,
            .rule_ref = answer.rule_ref,
            .sensor_ref = entry.sensor_ref,
            .event = entry.event->id,
            .params = execution.params,
            .idempotency_key = execution.idempotency_key};
}

Attempt attempt_of(const Run& run) {
    return {.key = {run.execution.id, run.accepted_at},
            .token = run.execution.token,
            .action = run.execution.action,
            .action_ref = run.execution.action_ref,
            .rule_ref = {},
            .sensor_ref = {},
            .event = {},
            .params = run.execution.params,
            .idempotency_key = run.execution.idempotency_key};
}

Attempt attempt_of(const ClaimedExecution& claimed) {
    return {.key = claimed.key,
            .token = claimed.token,
            .action = claimed.action,
            .action_ref = claimed.action_ref,
            .rule_ref = claimed.rule_ref,
            .sensor_ref = claimed.sensor_ref,
            .event = claimed.event,
            .params = one_line(claimed.params),
            .idempotency_key = claimed.idempotency_key,
            .number = claimed.attempt};
}

}  // namespace attune
