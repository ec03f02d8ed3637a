#include "core/next.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/json_values.h"
#include "core/limits.h"

namespace attune {
namespace {

struct Question {
    Schedule schedule;
    TimePoint after;
    std::int64_t count = 1;
};

Refused wrong(std::string pointer, std::string message, std::string help) {
    auto refused = refuse("ATT4005", std::move(message), std::move(help));
    refused.value().reason = "shape";
    refused.value().pointer = std::move(pointer);
    return refused;
}

Refused below(std::string_view pointer, Fault fault) {
    fault.pointer = std::string(pointer) + fault.pointer;
    return Refused(std::move(fault));
}

Result<void> check_members(const Json& question) {
    constexpr std::array<std::string_view, 5> kMembers{"trigger", "config", "after", "count",
                                                       "created_at"};
    if (!question.is_object()) {
        return wrong("", "a question is one JSON object on a line",
                     R"(write {"trigger": ..., "config": ..., "after": ..., "count": ...})");
    }
    for (const auto& [key, value] : question.items()) {
        if (std::find(kMembers.begin(), kMembers.end(), key) != kMembers.end()) continue;
        return wrong("/" + key, compact(key) + " is no part of a question",
                     "its parts are trigger, config, after, count, created_at");
    }
    for (const auto* needed : {"trigger", "config", "after"}) {
        if (question.contains(needed)) continue;
        return wrong("", fmt::format("{} is missing", needed), fmt::format("add {}", needed));
    }
    return {};
}

Result<std::int64_t> read_count(const Json& question) {
    if (!question.contains("count")) return 1;
    const auto& count = question["count"];
    constexpr auto kMost = static_cast<std::uint64_t>(limits::kNextCount);
    if (!count.is_number_unsigned() || count.get<std::uint64_t>() > kMost) {
        return wrong("/count", compact(count) + " is no count",
                     fmt::format("write an integer from 0 to {}", kMost));
    }
    return count.get<std::int64_t>();
}

Result<Question> read(std::string_view text, const ZoneSource& zones) {
    const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return wrong("", "the line is not JSON", "write one JSON object");
    if (auto checked = check_members(json); !checked) return Refused(checked.error());

    Question question;
    const auto after = to_moment(json["after"]);
    if (!after) return below("/after", after.error());
    question.after = *after;
    const auto created_at = json.contains("created_at") ? to_moment(json["created_at"]) : after;
    if (!created_at) return below("/created_at", created_at.error());
    const auto count = read_count(json);
    if (!count) return Refused(count.error());
    question.count = *count;

    const auto trigger = json["trigger"].is_string()
                             ? Ref::parse(json["trigger"].get_ref<const std::string&>())
                             : std::nullopt;
    if (!trigger || !is_timer_trigger(*trigger)) {
        return wrong("/trigger", compact(json["trigger"]) + " is no timer trigger",
                     "timers are core.intervaltimer, core.crontimer, core.datetimetimer");
    }
    auto schedule = compile_schedule(*trigger, json["config"], *created_at, *trigger, zones);
    if (!schedule) return below("/config", schedule.error());
    question.schedule = std::move(*schedule);
    if (const auto& most = question.schedule.max_fires) {
        const auto fired = count_between(question.schedule, *created_at, question.after);
        question.count = std::clamp<std::int64_t>(*most - fired, 0, question.count);
    }
    return question;
}

Json to_json(const Fault& fault) {
    return {{"code", fault.reason},
            {"message", fault.help.empty() ? fault.message : fault.message + "; " + fault.help},
            {"pointer", fault.pointer},
            {"field", fault.field.empty() ? Json() : Json(fault.field)},
            {"column", fault.column == 0 ? Json() : Json(fault.column)}};
}

}  // namespace

std::vector<TimePoint> coming(const Schedule& schedule, TimePoint after, std::int64_t count) {
    std::vector<TimePoint> result;
    for (; count > 0; --count) {
        const auto next = next_after(schedule, after);
        if (!next) break;
        result.push_back(*next);
        after = *next;
    }
    return result;
}

std::string answer_next(std::string_view text, const ZoneSource& zones) {
    const auto question = read(text, zones);
    if (!question) return compact({{"error", to_json(question.error())}});
    auto next = Json::array();
    for (const auto at : coming(question->schedule, question->after, question->count)) {
        next.push_back(format_rfc3339(at));
    }
    return compact({{"next", std::move(next)}});
}

}  // namespace attune
