#include "cli/watch_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/output.h"
#include "cli/table.h"
#include "core/json.h"
#include "core/printable.h"

namespace attune {
namespace {

constexpr std::size_t kTopicWidth = 19;  // "execution.requested" and "execution.completed"
constexpr std::size_t kWordWidth = 10;   // "suppressed", "cancelling"
constexpr std::size_t kWidestSubject = 40;
constexpr std::size_t kDetailWidth = 100;

// What an item says after its subject.
struct Told {
    std::string word;  // a state, an origin
    std::string detail;
};

std::string joined(const std::string& a, const std::string& b, const char* between) {
    return a.empty() || b.empty() ? a + b : a + between + b;
}

// The last line that says something: of what a program complains, that is most often the point.
std::string last_line(const std::string& text) {
    const auto end = text.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return "";
    const auto before = text.find_last_of('\n', end);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    return text.substr(begin, end + 1 - begin);
}

// A result (docs/actions.md) in a few words: why it failed, else what came out.
std::string result_text(const Json& result, bool succeeded) {
    if (!result.is_object()) return cell(Json{{"result", result}}, "result");
    if (auto error = cell(result, "error"); !error.empty()) return error;
    if (auto signal = cell(result, "signal"); !signal.empty()) return signal;
    const auto code = cell(result, "exit_code");
    const auto exit = code.empty() ? "" : "exit code " + code;
    if (const auto message = cell(result, "message"); !message.empty()) {
        return succeeded ? message : joined(exit, message, ": ");
    }
    if (!succeeded && !code.empty()) {
        return joined(exit, last_line(cell(result, "stderr")), ": ");
    }
    if (result.contains("data")) return cell(result, "data");
    if (auto output = last_line(cell(result, "stdout")); !output.empty()) return output;
    return code.empty() && !result.empty() ? compact(result) : exit;
}

Told tell_event(const Json& data) {
    const auto at = cell(data, "scheduled_at");
    std::string detail = at.empty() ? "" : "scheduled " + table_time(at);
    // A timer's payload says nothing more; others carry what happened.
    if (cell(data, "origin") != "timer") detail = joined(detail, cell(data, "payload"), "  ");
    return {cell(data, "origin"), std::move(detail)};
}

Told tell_enforcement(const Json& data) {
    const auto sensor = cell(data, "sensor");
    return {cell(data, "state"),
            joined(sensor.empty() ? "" : "of " + sensor, cell(data, "reason"), ": ")};
}

std::string cause_text(const Json& data) {
    const auto rule = cell(data, "rule");
    std::string text = rule.empty() ? "by hand" : "by " + rule;
    if (const auto attempt = cell(data, "attempt"); !attempt.empty() && attempt != "1") {
        text += ", attempt " + attempt;
    }
    return text;
}

Told tell_execution(const std::string& topic, const Json& data) {
    const auto state = cell(data, "state");
    if (state.empty()) return {topic.substr(topic.rfind('.') + 1), cause_text(data)};
    const auto result = data.find("result");
    if (result == data.end()) return {state, cause_text(data)};
    return {state, result_text(*result, state == "succeeded")};
}

Told tell(const std::string& topic, const Json& data) {
    if (topic == "event.created") return tell_event(data);
    if (topic == "enforcement.created") return tell_enforcement(data);
    if (topic.starts_with("execution.")) return tell_execution(topic, data);
    if (topic == "catalog.changed") {
        return {"applied", "generation " + cell(data, "generation")};
    }
    return {"", compact(data)};
}

}  // namespace

std::string WatchLines::line(const TopicMessage& item) {
    const auto envelope = Json::parse(item.data, nullptr, /*allow_exceptions=*/false);
    const auto topic = shortened(item.topic, kDetailWidth);
    if (!envelope.is_object()) return topic + "  (unreadable)";
    const auto subject = shortened(cell(envelope, "subject"), kDetailWidth);
    subject_width_ = std::min(kWidestSubject, std::max(subject_width_, code_points(subject)));
    const auto told = tell(item.topic, envelope.value("data", Json::object()));
    auto line = fmt::format("{}  {}  {}  {}  {}", printable(table_time(cell(envelope, "time"))),
                            padded(topic, kTopicWidth), padded(subject, subject_width_),
                            padded(shortened(told.word, kDetailWidth), kWordWidth),
                            shortened(told.detail, kDetailWidth));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace attune
