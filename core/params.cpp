#include "core/params.h"

#include <vector>

#include <fmt/format.h>

#include "core/json_schema.h"
#include "core/limits.h"

namespace attune {
namespace {

Refused refuse_json(std::string message, std::string help) {
    return refuse("ATT7010", std::move(message), std::move(help));
}

// Of brackets outside strings; a text that is not JSON has one too.
std::size_t depth_of(std::string_view text) {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool quoted = false;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const char c = text[n];
        if (quoted) {
            if (c == '\\') ++n;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

bool holds_nul(const Json& value) {  // NOLINT(misc-no-recursion): bounded by depth_of
    if (value.is_string()) {
        return value.get_ref<const std::string&>().find('\0') != std::string::npos;
    }
    if (!value.is_structured()) return false;
    for (const auto& [key, member] : value.items()) {
        if (key.find('\0') != std::string::npos || holds_nul(member)) return true;
    }
    return false;
}

// The first violation, and how many more there are.
std::string told(const std::vector<Violation>& violations) {
    const Violation& first = violations.front();
    const std::string place = first.pointer.empty() ? "" : first.pointer + ": ";
    if (violations.size() == 1) return place + first.message;
    return fmt::format("{}{} (and {} more)", place, first.message, violations.size() - 1);
}

Refused refuse_params(std::string message, std::string pointer) {
    Refused refused = refuse("ATT7011", std::move(message));
    refused.value().pointer = std::move(pointer);
    return refused;
}

}  // namespace

Result<Json> parse_untrusted(std::string_view text) {
    if (depth_of(text) > limits::kDepth) {
        return refuse_json(fmt::format("JSON nested deeper than {}", limits::kDepth),
                           "flatten it");
    }
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) {
        return refuse_json("not JSON, or not UTF-8", "write one JSON value");
    }
    if (holds_nul(value)) {
        return refuse_json("JSON with the character U+0000, which cannot be stored",
                           "leave it out");
    }
    return value;
}

Result<std::string> complete_params(const CatalogAction& action, Json params) {
    if (!params.is_object()) {
        return refuse_params(
            fmt::format("parameters must be an object, not a {}", params.type_name()), "");
    }
    fill_in(params, action.defaults);
    if (action.param_schema != nullptr && !action.param_schema->accepts(params)) {
        const auto violations = action.param_schema->validate(params);
        return refuse_params(
            fmt::format("parameters of {}: {}", action.ref.text(), told(violations)),
            violations.front().pointer);
    }
    std::string text = compact(params);
    if (text.size() > limits::kRenderedParamsBytes) {
        return refuse_params(fmt::format("parameters of {} bytes, the limit is {}", text.size(),
                                         limits::kRenderedParamsBytes),
                             "");
    }
    return text;
}

Result<std::string> accept_payload(const CatalogTrigger& trigger, std::string_view text) {
    const auto refuse_payload = [](std::string message) {
        return refuse("ATT7012", std::move(message));
    };
    const auto too_long = [&](std::size_t size) {
        return refuse_payload(fmt::format("payload of {} bytes, the limit is {}", size,
                                          limits::kEventPayloadBytes));
    };
    if (text.size() > limits::kEventPayloadBytes) return too_long(text.size());
    auto payload = parse_untrusted(text);
    if (!payload) return tl::unexpected(std::move(payload.error()));
    if (!payload->is_object()) {
        return refuse_payload(
            fmt::format("payload must be an object, not a {}", payload->type_name()));
    }
    if (trigger.out_schema != nullptr) {
        const auto violations = trigger.out_schema->validate(*payload);
        if (!violations.empty()) {
            Refused refused = refuse_payload(
                fmt::format("payload of {}: {}", trigger.ref.text(), told(violations)));
            refused.value().pointer = violations.front().pointer;
            return refused;
        }
    }
    std::string canonical = compact(*payload);
    // An escape may be longer than the character it was written as.
    if (canonical.size() > limits::kEventPayloadBytes) return too_long(canonical.size());
    return canonical;
}

Outcome hold_to_schema(const JsonSchema& out_schema, Outcome outcome) {
    if (outcome.state != ExecutionState::kSucceeded) return outcome;
    auto result = Json::parse(outcome.result);
    const auto violations = out_schema.validate(result.value("data", Json()));
    if (violations.empty()) return outcome;
    outcome.state = ExecutionState::kFailed;
    result["error"] = "data is not what `out_schema` promises: " + told(violations);
    outcome.result = compact(result);
    if (outcome.result.size() > limits::kResultBytes) {
        result.erase("data");
        outcome.result = compact(result);
    }
    return outcome;
}

}  // namespace attune
