#include "cli/next_request.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/json_schema.h"
#include "core/load.h"
#include "core/params.h"

namespace attune {
namespace {

constexpr std::int64_t kMostInstants = 10'000;
constexpr std::int64_t kUsualInstants = 5;

// What a config of each timer trigger must match; compiled once.
const JsonSchema* config_schema(const Ref& trigger) {
    static const std::map<Ref, JsonSchema> kSchemas = [] {
        std::map<Ref, JsonSchema> schemas;
        for (const auto& manifest : core_manifests()) {
            const auto* spec = std::get_if<TriggerSpec>(&manifest.spec);
            if (spec == nullptr) continue;
            auto compiled = JsonSchema::compile_config(spec->param_schema, spec->option_schema);
            if (compiled) schemas.emplace(manifest.ref, *std::move(compiled));
        }
        return schemas;
    }();
    const auto found = kSchemas.find(trigger);
    return found != kSchemas.end() ? &found->second : nullptr;
}

Json error(const Fault& fault) {
    return {{"error",
             {{"code", fault.reason.empty() ? fault.code : fault.reason},
              {"message", fault.message},
              {"pointer", fault.pointer},
              {"field", fault.field},
              {"column", fault.column}}}};
}

Refused bad_request(std::string message) {
    auto refused = refuse("ATT7104", std::move(message));
    refused.value().reason = "bad_request";
    return refused;
}

Result<TimePoint> moment(const Json& request, const char* key, TimePoint otherwise) {
    const auto given = request.find(key);
    if (given == request.end() || given->is_null()) return otherwise;
    if (!given->is_string()) return bad_request(fmt::format("`{}` must be a text", key));
    return parse_rfc3339(given->get_ref<const std::string&>());
}

struct Request {
    ImaginedTimer timer;
    TimePoint after;
    std::int64_t count;
};

Result<Request> read_request(const Json& line, TimePoint now) {
    if (!line.is_object()) return bad_request("a line must be a JSON object");
    const auto trigger = line.find("trigger");
    const auto ref = trigger != line.end() && trigger->is_string()
                         ? Ref::parse(trigger->get_ref<const std::string&>())
                         : std::nullopt;
    if (!ref || !is_timer_trigger(*ref)) {
        return bad_request(
            "`trigger` must be core.intervaltimer, core.crontimer or core.datetimetimer");
    }
    const auto after = moment(line, "after", now);
    if (!after) return Refused(after.error());
    const auto created = moment(line, "created_at", *after);
    if (!created) return Refused(created.error());
    const auto count = line.value("count", Json(kUsualInstants));
    if (!count.is_number_integer() || count < Json(0) || count > Json(kMostInstants)) {
        return bad_request(fmt::format("`count` must be 0 to {}", kMostInstants));
    }
    return Request{{*ref, *Ref::parse("stdin.timer"), line.value("config", Json()), *created},
                   *after,
                   count.get<std::int64_t>()};
}

}  // namespace

Result<Schedule> imagine(const ImaginedTimer& timer, const ZoneSource& zones) {
    auto schedule = compile_schedule(timer.trigger, timer.config,
                                     std::chrono::floor<std::chrono::seconds>(timer.created_at),
                                     timer.sensor, zones);
    const auto* schema = config_schema(timer.trigger);
    if (!schedule || schema == nullptr) return schedule;
    const auto violations = schema->validate(timer.config);
    if (violations.empty()) return schedule;
    const auto& first = violations.front();
    auto refused = refuse("ATT4005", first.message);
    refused.value().reason = first.keyword;
    refused.value().pointer = first.pointer;
    return refused;
}

std::int64_t left_to_fire(const Schedule& schedule, TimePoint created_at, TimePoint after,
                          std::int64_t count) {
    if (!schedule.max_fires) return count;
    const auto fired = after > created_at ? count_between(schedule, created_at, after) : 0;
    return std::min(count, std::max(*schedule.max_fires - fired, std::int64_t{0}));
}

Json answer_line(std::string_view line, TimePoint now, const ZoneSource& zones) {
    const auto read = parse_untrusted(line);
    if (!read) return error(bad_request(read.error().message).value());
    const auto request = read_request(*read, now);
    if (!request) return error(request.error());
    const auto schedule = imagine(request->timer, zones);
    if (!schedule) return error(schedule.error());
    auto next = Json::array();
    const auto count =
        left_to_fire(*schedule, request->timer.created_at, request->after, request->count);
    for (const auto instant : instants_after(*schedule, request->after, count)) {
        next.push_back(format_rfc3339(instant));
    }
    return {{"next", std::move(next)}};
}

}  // namespace attune
