#include "daemon/control/request_fields.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/kinds.h"
#include "core/lifecycle.h"
#include "core/params.h"
#include "core/pause.h"
#include "core/suggest.h"

namespace attune {
namespace {

constexpr int kMostRows = 1000;
constexpr int kUsualRows = 50;

Refused wrong(std::string message, std::string help = {}) {
    return refuse("ATT7104", std::move(message), std::move(help));
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
    if (const auto near = suggest(word, known)) return fmt::format("did you mean `{}`?", *near);
    return fmt::format("known are: {}", fmt::join(known, ", "));
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string> known_keys(Listing listing) {
    std::vector<std::string> keys = {"sensor", "trigger", "from", "through", "limit", "after"};
    if (listing == Listing::kEvents) return keys;
    keys.insert(keys.end(), {"rule", "state"});
    if (listing == Listing::kExecutions) keys.push_back("action");
    return keys;
}

std::vector<std::string> known_states(Listing listing) {
    if (listing == Listing::kEnforcements) {
        return {"created", "processed", "errored", "suppressed"};
    }
    std::vector<std::string> states;
    for (const auto state : kExecutionStates) states.emplace_back(to_string(state));
    return states;
}

Result<bool> read_moment(const Query& query, const std::string& key,
                         std::optional<TimePoint>& into) {
    const auto given = query.find(key);
    if (given == query.end()) return true;
    auto moment = parse_rfc3339(given->second);
    if (!moment) {
        auto fault = moment.error();
        fault.message = fmt::format("`{}`: {}", key, fault.message);
        return Refused(std::move(fault));
    }
    into = *moment;
    return true;
}

// "2026-11-23T12:00:00Z/17", as page_after() wrote it.
Result<bool> read_after(const Query& query, Filter& filter) {
    const auto given = query.find("after");
    if (given == query.end()) return true;
    const auto& text = given->second;
    const auto slash = text.find('/');
    const auto at = parse_rfc3339(std::string_view(text).substr(0, slash));
    if (slash == std::string::npos || !at ||
        !read_number(std::string_view(text).substr(slash + 1), filter.after_id)) {
        return wrong(fmt::format("`after` is `{}`, which no page ended with", text),
                     "give the `next` of the page before");
    }
    filter.after_at = *at;
    return true;
}

std::vector<std::string> refs_of(const Catalog& catalog, Kind kind) {
    std::vector<std::string> refs;
    const auto add = [&](const auto& row) { refs.push_back(row->ref.text()); };
    switch (kind) {
        case Kind::kPack:
            catalog.packs().for_each(add);
            break;
        case Kind::kTrigger:
            catalog.triggers().for_each(add);
            break;
        case Kind::kAction:
            catalog.actions().for_each(add);
            break;
        case Kind::kSensor:
            catalog.sensors().for_each(add);
            break;
        case Kind::kRule:
            catalog.rules().for_each(add);
            break;
    }
    return refs;
}

std::string value_of(const Query& query, const std::string& key) {
    const auto given = query.find(key);
    return given != query.end() ? given->second : "";
}

}  // namespace

Result<bool> only_known(const Query& query, std::span<const std::string> known) {
    for (const auto& [key, value] : query) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        return wrong(fmt::format("unknown filter `{}`", key), did_you_mean(key, known));
    }
    return true;
}

Result<int> read_limit(const Query& query) {
    const auto given = query.find("limit");
    if (given == query.end()) return kUsualRows;
    int limit = 0;
    if (!read_number(given->second, limit) || limit < 1 || limit > kMostRows) {
        return wrong(
            fmt::format("`limit` is `{}`, which is not 1 to {}", given->second, kMostRows));
    }
    return limit;
}

Result<Filter> read_filter(const Query& query, Listing listing) {
    const auto keys = known_keys(listing);
    if (const auto known = only_known(query, keys); !known) return Refused(known.error());
    Filter filter{.sensor_ref = value_of(query, "sensor"),
                  .trigger_ref = value_of(query, "trigger"),
                  .rule_ref = value_of(query, "rule"),
                  .action_ref = value_of(query, "action"),
                  .state = value_of(query, "state"),
                  .from = std::nullopt,
                  .through = std::nullopt,
                  .after_at = std::nullopt};
    if (!filter.state.empty()) {
        const auto states = known_states(listing);
        if (std::find(states.begin(), states.end(), filter.state) == states.end()) {
            return wrong(fmt::format("`{}` is no state", filter.state),
                         did_you_mean(filter.state, states));
        }
    }
    const auto limit = read_limit(query);
    if (!limit) return Refused(limit.error());
    filter.limit = *limit;
    for (const auto& read :
         {read_moment(query, "from", filter.from),
          read_moment(query, "through", filter.through), read_after(query, filter)}) {
        if (!read) return Refused(read.error());
    }
    return filter;
}

std::string page_after(TimePoint scheduled_at, std::int64_t id) {
    return fmt::format("{}/{}", format_rfc3339(scheduled_at), id);
}

Result<Json> read_body(const std::string& body, std::span<const std::string> known) {
    if (body.empty()) return Json::object();
    auto value = parse_untrusted(body);
    if (!value) return value;
    if (!value->is_object()) {
        return wrong("the body is no JSON object",
                     fmt::format("give an object with some of: {}", fmt::join(known, ", ")));
    }
    for (const auto& [key, member] : value->items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        return wrong(fmt::format("unknown member `{}` in the body", key),
                     did_you_mean(key, known));
    }
    return value;
}

Result<std::string> text_member(const Json& body, const std::string& name) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return std::string();
    if (!found->is_string()) return wrong(fmt::format("`{}` must be a text", name));
    return found->get<std::string>();
}

Result<bool> flag_member(const Json& body, const std::string& name) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return false;
    if (!found->is_boolean()) return wrong(fmt::format("`{}` must be true or false", name));
    return found->get<bool>();
}

Result<std::int32_t> count_member(const Json& body, const std::string& name) {
    constexpr std::int32_t kMost = 1'000'000;
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return 0;
    const bool fits = found->is_number_integer() && *found >= Json(0) && *found <= Json(kMost);
    if (!fits) return wrong(fmt::format("`{}` must be a number from 0 to {}", name, kMost));
    return found->get<std::int32_t>();
}

Result<std::string> reason_member(const Json& body) {
    auto reason = text_member(body, "reason");
    if (!reason) return reason;
    if (reason->size() > kPauseReasonBytes || reason->find('\0') != std::string::npos) {
        return wrong(
            fmt::format("`reason` is longer than {} bytes or holds U+0000", kPauseReasonBytes),
            "say it in a sentence");
    }
    return reason;
}

std::optional<ExecutionId> read_execution_id(const std::string& text) {
    std::int64_t id = 0;
    if (!read_number(text, id) || id < 1) return std::nullopt;
    return ExecutionId{id};
}

ControlResponse refusal(const Fault& fault, int status) {
    auto message = fault.message;
    if (!fault.pointer.empty()) message += fmt::format(" (at {})", fault.pointer);
    return error_response(status, fault.code, message, fault.help);
}

ControlResponse no_object(const Catalog& catalog, Kind kind, const std::string& ref) {
    const auto& words = info(kind);
    const auto near = suggest(ref, refs_of(catalog, kind));
    return not_found(words.singular, ref,
                     near ? fmt::format("did you mean `{}`?", *near)
                          : fmt::format("`attune get {}` lists them", words.plural));
}

ControlResponse not_found(std::string_view kind, std::string_view ref, std::string_view help) {
    return error_response(404, "not_found", fmt::format("there is no {} `{}`", kind, ref),
                          help);
}

ControlResponse no_execution(std::string_view text) {
    return not_found("execution", text, "`attune executions` lists the newest");
}

}  // namespace attune
