// GET /v1/events, /v1/enforcements, /v1/executions, and one execution with all that led to it.
#include "daemon/control/desk.h"
#include "daemon/control/request_fields.h"
#include "daemon/control/views.h"

namespace attune {
namespace {

template <class Row>
ControlResponse page(const std::vector<Row>& rows, int limit) {
    auto items = Json::array();
    for (const auto& row : rows) items.push_back(view(row));
    Json next;
    if (static_cast<int>(rows.size()) == limit) {
        next = page_after(rows.back().scheduled_at, rows.back().id.value);
    }
    return json_response({{"items", std::move(items)}, {"next", std::move(next)}});
}

template <class Row>
Router::Handler listing(ControlDesk& desk, Listing which,
                        std::vector<Row> (Queries::*list)(const Filter&)) {
    return [&desk, which, list](const ControlRequest& request, const Router::Parameters&) {
        const auto filter = read_filter(request.query, which);
        if (!filter) return refusal(filter.error());
        return page((desk.queries.*list)(*filter), filter->limit);
    };
}

std::optional<Trace> find_trace(ControlDesk& desk, const Router::Parameters& parameters) {
    const auto id = read_execution_id(parameters.at("id"));
    return id ? desk.queries.trace(*id) : std::nullopt;
}

// The version of an object that was in force when the event was evaluated; null for "" and for
// an object whose history is gone.
Json version(ControlDesk& desk, Kind kind, const std::string& text, Generation generation) {
    const auto ref = Ref::parse(text);
    if (!ref) return {};
    const auto change = desk.catalog_rows.version_at(kind, *ref, generation);
    return change ? view(kind, text, *change) : Json();
}

Json trace_json(ControlDesk& desk, const Trace& trace) {
    const auto& execution = trace.execution;
    const auto generation =
        trace.event ? trace.event->generation : desk.catalog_rows.generation();
    auto attempts = Json::array();
    for (const auto& attempt : trace.attempts) attempts.push_back(view(attempt));
    return {{"execution", view(execution)},
            {"enforcement", trace.enforcement ? view(*trace.enforcement) : Json()},
            {"event", trace.event ? view(*trace.event) : Json()},
            {"attempts", std::move(attempts)},
            {"generation", generation.value},
            {"versions",
             {{"sensor", version(desk, Kind::kSensor, execution.sensor_ref, generation)},
              {"trigger", version(desk, Kind::kTrigger, execution.trigger_ref, generation)},
              {"rule", version(desk, Kind::kRule, execution.rule_ref, generation)},
              {"action", version(desk, Kind::kAction, execution.action_ref, generation)}}}};
}

}  // namespace

void add_ledger_routes(Router& router, ControlDesk& desk) {
    router.add("GET", "/v1/events", listing(desk, Listing::kEvents, &Queries::events));
    router.add("GET", "/v1/enforcements",
               listing(desk, Listing::kEnforcements, &Queries::enforcements));
    router.add("GET", "/v1/executions",
               listing(desk, Listing::kExecutions, &Queries::executions));
    router.add("GET", "/v1/executions/{id}",
               [&desk](const ControlRequest&, const Router::Parameters& parameters) {
                   const auto trace = find_trace(desk, parameters);
                   return trace ? json_response(view(trace->execution))
                                : no_execution(parameters.at("id"));
               });
    router.add("GET", "/v1/executions/{id}/trace",
               [&desk](const ControlRequest&, const Router::Parameters& parameters) {
                   const auto trace = find_trace(desk, parameters);
                   return trace ? json_response(trace_json(desk, *trace))
                                : no_execution(parameters.at("id"));
               });
}

}  // namespace attune
