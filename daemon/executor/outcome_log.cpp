#include "daemon/executor/outcome_log.h"

#include <utility>

#include "core/json.h"
#include "core/lifecycle.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"

namespace attune {
namespace {

std::vector<LogField> fields_of(const Attempt& attempt) {
    const auto event = attempt.event.value > 0 ? std::to_string(attempt.event.value) : "";
    return {{"ATTUNE_EXECUTION", std::to_string(attempt.key.id.value)},
            {"ATTUNE_ATTEMPT", std::to_string(attempt.number)},
            {"ATTUNE_ACTION", attempt.action_ref},
            {"ATTUNE_RULE", attempt.rule_ref},
            {"ATTUNE_SENSOR", attempt.sensor_ref},
            {"ATTUNE_EVENT", event}};
}

std::string of_rule(const Attempt& attempt) {
    return attempt.rule_ref.empty() ? "" : " for rule " + attempt.rule_ref;
}

}  // namespace

void OutcomeLog::tell(const Attempt& attempt, const Outcome& outcome, Duration elapsed) {
    if (outcome.state == ExecutionState::kSucceeded) {
        if (!log_.should_log(spdlog::level::debug)) return;
        const LogFields about(message_id::kExecutionSucceeded, fields_of(attempt));
        log_.debug("execution {} of {}{} succeeded", attempt.key.id.value, attempt.action_ref,
                   of_rule(attempt));
        return;
    }
    if (outcome.state == ExecutionState::kCancelled) {
        const LogFields about(message_id::kExecutionCancelled, fields_of(attempt));
        log_.info("execution {} of {}{} is cancelled", attempt.key.id.value, attempt.action_ref,
                  of_rule(attempt));
        return;
    }
    if (!may_tell(elapsed)) return;
    const LogFields about(message_id::kExecutionFailed, fields_of(attempt));
    log_.warn("execution {} of {}{} {}: {}", attempt.key.id.value, attempt.action_ref,
              of_rule(attempt), to_string(outcome.state), why_failed(outcome.result));
}

void OutcomeLog::tell_cancel(const Attempt& attempt, ExecutionState state,
                             const std::string& by, const std::string& reason) {
    const LogFields about(message_id::kExecutionCancelled, fields_of(attempt));
    log_.info("execution {} of {}{} is {} by {}{}", attempt.key.id.value, attempt.action_ref,
              of_rule(attempt),
              state == ExecutionState::kCancelled ? "cancelled" : "being stopped", by,
              reason.empty() ? "" : ": " + reason);
}

bool OutcomeLog::may_tell(Duration elapsed) {
    if (elapsed - second_began_ >= std::chrono::seconds(1)) {
        second_began_ = elapsed;
        told_ = 0;
        if (const int untold = std::exchange(untold_, 0); untold > 0) {
            log_.warn("{} more executions have failed; `attune executions` has all", untold);
        }
    }
    if (told_ == kFailuresPerSecond) {
        ++untold_;
        return false;
    }
    ++told_;
    return true;
}

std::string why_failed(const std::string& result) {
    const auto parsed = Json::parse(result, nullptr, false);
    if (!parsed.is_object()) return "its result says no more";
    if (const auto error = parsed.find("error"); error != parsed.end() && error->is_string()) {
        return error->get<std::string>();
    }
    if (const auto signal = parsed.find("signal"); signal != parsed.end()) {
        return "killed by " + signal->get<std::string>();
    }
    if (const auto code = parsed.find("exit_code"); code != parsed.end()) {
        return "exit code " + code->dump();
    }
    return "its result says no more";
}

}  // namespace attune
