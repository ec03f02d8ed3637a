#include "daemon/builtin_actions.h"

#include <string>

#include "core/json.h"

namespace attune {
namespace {

constexpr double kLongestSleepSeconds = 3600;

Outcome ended(ExecutionState state, const Json& result, TimePoint now) {
    return {state, compact(result), now};
}

Outcome failed(const std::string& error, TimePoint now) {
    return ended(ExecutionState::kFailed, {{"error", error}}, now);
}

Outcome echo(const Json& params, TimePoint now) {
    const auto message = params.find("message");
    if (message == params.end()) {
        return ended(ExecutionState::kSucceeded, {{"message", "Hello World"}}, now);
    }
    if (!message->is_string()) return failed("message must be a string", now);
    return ended(ExecutionState::kSucceeded, {{"message", *message}}, now);
}

Outcome noop(const Json& params, TimePoint now) {
    Json result = Json::object();
    if (const auto message = params.find("message"); message != params.end()) {
        if (!message->is_string()) return failed("message must be a string", now);
        result["message"] = *message;
    }
    const Json code = params.value("exit_code", Json(0));
    const bool in_range = code.is_number_integer() && code >= 0 && code <= 255;
    if (!in_range) return failed("exit_code must be an integer from 0 to 255", now);
    result["exit_code"] = code;
    return ended(code == 0 ? ExecutionState::kSucceeded : ExecutionState::kFailed, result, now);
}

std::variant<Outcome, Duration> sleep(const Json& params, TimePoint now) {
    const auto seconds = params.find("seconds");
    const bool in_range = seconds != params.end() && seconds->is_number() && *seconds >= 0 &&
                          *seconds <= kLongestSleepSeconds;
    if (!in_range) return failed("seconds must be a number from 0 to 3600", now);
    return std::chrono::round<Duration>(std::chrono::duration<double>(seconds->get<double>()));
}

}  // namespace

std::variant<Outcome, Duration> run_builtin(std::string_view action_ref,
                                            std::string_view params, TimePoint now) {
    const Json parsed = Json::parse(params, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) return failed("the parameters are no JSON object", now);
    if (action_ref == "core.echo") return echo(parsed, now);
    if (action_ref == "core.noop") return noop(parsed, now);
    if (action_ref == "core.sleep") return sleep(parsed, now);
    return failed(std::string(action_ref) + " is no builtin action of this version", now);
}

Outcome finish_sleep(std::string_view params, TimePoint now) {
    const Json parsed = Json::parse(params, nullptr, /*allow_exceptions=*/false);
    return ended(ExecutionState::kSucceeded, {{"seconds", parsed.value("seconds", Json(0))}},
                 now);
}

}  // namespace attune
