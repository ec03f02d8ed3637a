// GET /v1/objects/{kind} and /v1/objects/{kind}/{ref}.
#include <vector>

#include <fmt/format.h>

#include "core/kinds.h"
#include "core/suggest.h"
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "daemon/control/views.h"

namespace attune {
namespace {

ControlResponse no_kind(const std::string& word) {
    std::vector<std::string> words;
    for (const auto& kind : kinds()) words.emplace_back(kind.plural);
    const auto near = suggest(word, words);
    return error_response(404, "not_found", fmt::format("`{}` is no kind of object", word),
                          near ? fmt::format("did you mean `{}`?", *near)
                               : "kinds are: packs, triggers, actions, sensors, rules");
}

ControlResponse list(ControlDesk& desk, const ControlRequest& request,
                     const Router::Parameters& parameters) {
    static const std::vector<std::string> kKnown = {"pack", "limit", "after"};
    const auto kind = find_kind(parameters.at("kind"));
    if (!kind) return no_kind(parameters.at("kind"));
    if (const auto known = only_known(request.query, kKnown); !known) {
        return refusal(known.error());
    }
    const auto limit = read_limit(request.query);
    if (!limit) return refusal(limit.error());
    const auto value = [&](const std::string& key) {
        const auto given = request.query.find(key);
        return given != request.query.end() ? given->second : std::string();
    };
    const auto objects = desk.objects.list(*kind, value("pack"), value("after"), *limit);
    auto items = Json::array();
    for (const auto& object : objects) items.push_back(view(object));
    Json next;
    if (static_cast<int>(objects.size()) == *limit) next = objects.back().ref.text();
    return json_response({{"items", std::move(items)}, {"next", std::move(next)}});
}

// The rules that answer the sensor's events, as the daemon runs them.
Json rules_of(ControlDesk& desk, std::int64_t sensor) {
    const auto catalog = desk.context.catalog();
    auto refs = Json::array();
    const auto* found = catalog->sensors().find(SensorId{sensor});
    if (found == nullptr) return refs;
    Catalog::Rules rules;
    catalog->rules_of(*found, rules);
    for (const auto* rule : rules) refs.push_back(rule->ref.text());
    return refs;
}

std::string broken_reason(ControlDesk& desk, std::int64_t rule) {
    const auto catalog = desk.context.catalog();
    const auto* found = catalog->rules().find(RuleId{rule});
    return found != nullptr ? found->broken : "";
}

Json describe(ControlDesk& desk, const StoredObject& object) {
    auto described = view(object);
    described["document"] = parsed(object.document);
    switch (object.kind) {
        case Kind::kPack:
        case Kind::kTrigger:
        case Kind::kAction:
            break;
        case Kind::kSensor: {
            const auto timer = desk.queries.timer(SensorId{object.id});
            described["timer"] = timer ? view(*timer) : Json();
            const auto progress = desk.queries.host_sensor(SensorId{object.id});
            described["progress"] = progress ? view(*progress) : Json();
            described["rules"] = rules_of(desk, object.id);
            described["pause"] = view(desk.objects.pause(object.kind, object.id));
            break;
        }
        case Kind::kRule: {
            described["figures"] = view(desk.queries.rule(RuleId{object.id}));
            const auto broken = broken_reason(desk, object.id);
            described["broken"] = broken.empty() ? Json() : Json(broken);
            described["pause"] = view(desk.objects.pause(object.kind, object.id));
            break;
        }
    }
    return described;
}

ControlResponse find(ControlDesk& desk, const Router::Parameters& parameters) {
    const auto kind = find_kind(parameters.at("kind"));
    if (!kind) return no_kind(parameters.at("kind"));
    const auto& ref = parameters.at("ref");
    const auto object = desk.objects.find(*kind, ref);
    if (!object) return no_object(*desk.context.catalog(), *kind, ref);
    return json_response(describe(desk, *object));
}

}  // namespace

void add_object_routes(Router& router, ControlDesk& desk) {
    router.add("GET", "/v1/objects/{kind}",
               [&desk](const ControlRequest& request, const Router::Parameters& parameters) {
                   return list(desk, request, parameters);
               });
    router.add("GET", "/v1/objects/{kind}/{ref}",
               [&desk](const ControlRequest&, const Router::Parameters& parameters) {
                   return find(desk, parameters);
               });
}

}  // namespace attune
