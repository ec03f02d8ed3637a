#include "daemon/runner/process_result.h"

#include <string.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <tl/expected.hpp>

#include "core/json.h"

namespace attune {
namespace {

constexpr std::size_t kAllKept = limits::kOutputHeadBytes + limits::kOutputTailBytes;
constexpr std::size_t kCloseEnough = 64;  // bytes of a stream not worth another try

std::string place_of(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(byte == 0 ? 0 : byte - 1, text.size()));
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto newline = before.rfind('\n');
    const auto column =
        before.size() - (newline == std::string_view::npos ? 0 : newline + 1) + 1;
    return fmt::format("line {}, byte {}", line, column);
}

// PostgreSQL's jsonb has no NUL.
void replace_nul(Json& value) {
    if (auto* text = value.get_ptr<std::string*>()) {
        for (auto at = text->find('\0'); at != std::string::npos; at = text->find('\0', at)) {
            text->replace(at, 1, "\uFFFD");
        }
    } else if (value.is_array()) {
        for (auto& item : value) replace_nul(item);
    } else if (value.is_object()) {
        Json clean = Json::object();
        for (auto& [key, item] : value.items()) {
            Json name = key;
            replace_nul(name);
            replace_nul(item);
            clean[name.get<std::string>()] = std::move(item);
        }
        value = std::move(clean);
    }
}

// The JSON value that is all of stdout, or why there is none.
tl::expected<Json, std::string> parse_output(const OutputCapture& output) {
    if (!output.is_whole()) {
        return tl::unexpected(fmt::format("it has {} bytes, more than the {} that are kept",
                                          output.size(), kAllKept));
    }
    const std::string text = output.text(kAllKept).text;
    bool too_deep = false;
    // Values below are dropped as they are read: writing them would need a stack as deep.
    const auto within_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > static_cast<int>(limits::kResultDepth);
        return !too_deep;
    };
    try {
        Json value = Json::parse(text, within_depth);
        if (too_deep) {
            return tl::unexpected(
                fmt::format("it is nested deeper than {} levels", limits::kResultDepth));
        }
        replace_nul(value);
        return value;
    } catch (const Json::parse_error& error) {
        if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
            return tl::unexpected(std::string("it is empty"));
        }
        return tl::unexpected("it breaks off or goes wrong at " + place_of(text, error.byte));
    } catch (const Json::exception&) {
        return tl::unexpected(std::string("it has a number that no double can hold"));
    }
}

std::string with_streams(Json result, const OutputCapture* output, const OutputCapture& errors,
                         std::size_t most) {
    Json truncated = Json::object();
    const auto put = [&](const char* name, const OutputCapture& capture) {
        auto cut = capture.text(most);
        result[name] = std::move(cut.text);
        if (cut.dropped > 0) truncated[name] = cut.dropped;
    };
    if (output != nullptr) put("stdout", *output);
    put("stderr", errors);
    if (!truncated.empty()) result["truncated"] = std::move(truncated);
    return compact(result);
}

// As much of both streams as the limit allows; nullopt when it has no room for any of them.
std::optional<std::string> fit(const Json& result, const OutputCapture* output,
                               const OutputCapture& errors) {
    std::string text = with_streams(result, output, errors, kAllKept);
    if (text.size() <= limits::kResultBytes) return text;
    std::string best = with_streams(result, output, errors, 0);
    if (best.size() > limits::kResultBytes) return std::nullopt;
    // How much room a byte takes depends on how JSON writes it, so it is tried.
    std::size_t fits = 0;
    std::size_t too_much = kAllKept;
    while (too_much - fits > kCloseEnough) {
        const std::size_t most = fits + (too_much - fits) / 2;
        text = with_streams(result, output, errors, most);
        if (text.size() <= limits::kResultBytes) {
            fits = most;
            best = std::move(text);
        } else {
            too_much = most;
        }
    }
    return best;
}

std::string why_not_executed(const ProcessEnd& end) {
    std::string text = fmt::format("{} {}: {}", end.status.failed_step, end.command,
                                   std::generic_category().message(end.status.error));
    if (end.status.error == ENOENT) text += "; is the interpreter in its first line installed?";
    if (end.status.error == ENOEXEC) text += "; does it begin with a line like #!/bin/sh?";
    return text;
}

ExecutionState state_of(const ProcessEnd& end) {
    switch (end.stop) {
        case ProcessStop::kTimeout:
            return ExecutionState::kTimedOut;
        case ProcessStop::kCancelled:
            // It may have ended by itself before the signal reached it.
            if (!end.status.succeeded()) return ExecutionState::kCancelled;
            break;
        case ProcessStop::kNone:
            break;
    }
    return end.status.succeeded() ? ExecutionState::kSucceeded : ExecutionState::kFailed;
}

Json describe_end(const ProcessEnd& end, ExecutionState state) {
    Json result = Json::object();
    result["duration_ms"] = std::chrono::floor<std::chrono::milliseconds>(end.ran_for).count();
    if (end.status.error != 0) {
        result["error"] = why_not_executed(end);
        return result;
    }
    if (end.status.signal != 0) {
        const char* name = ::sigabbrev_np(end.status.signal);
        result["signal"] =
            name != nullptr ? "SIG" + std::string(name) : std::to_string(end.status.signal);
    } else {
        result["exit_code"] = end.status.code;
    }
    if (end.left_behind) result["left_behind"] = true;
    if (state == ExecutionState::kTimedOut) {
        result["error"] = "it ran longer than its timeout of " + format_duration(end.timeout);
    } else if (state == ExecutionState::kCancelled) {
        result["error"] = "it was cancelled";
    }
    return result;
}

}  // namespace

Outcome make_outcome(const ProcessEnd& end, const OutputCapture& output,
                     const OutputCapture& errors, TimePoint finished_at) {
    ExecutionState state = state_of(end);
    Json result = describe_end(end, state);
    if (end.format == OutputFormat::kJson && end.status.error == 0) {
        auto data = parse_output(output);
        if (data) {
            Json with_data = result;
            with_data["data"] = *std::move(data);
            if (auto text = fit(with_data, nullptr, errors)) return {state, *text, finished_at};
            data = tl::unexpected(fmt::format("it has {} bytes, and a result {} at most",
                                              output.size(), limits::kResultBytes));
        }
        // Whoever said `output: json` is owed JSON by success only.
        if (state == ExecutionState::kSucceeded) {
            state = ExecutionState::kFailed;
            result["error"] =
                "stdout is not the JSON that `output: json` promises: " + data.error();
        }
    }
    return {state, fit(result, &output, errors).value_or(compact(result)), finished_at};
}

Outcome not_started(const std::string& why, TimePoint finished_at) {
    return {ExecutionState::kFailed, compact(Json{{"error", why}}), finished_at};
}

}  // namespace attune
