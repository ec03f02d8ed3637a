#include "reconciler/report_json.h"

#include "core/diagnostic_json.h"
#include "reconciler/plan_text.h"

namespace attune {
namespace {

// A report travels as one message: what is too much is counted.
constexpr std::size_t kShown = 200;

Json shown(const Diagnostics& diagnostics) {
    Json list = Json::array();
    for (const auto& diagnostic : diagnostics) {
        if (list.size() == kShown) break;
        list.push_back(to_json(diagnostic));
    }
    return list;
}

std::size_t left_out(const Diagnostics& diagnostics) {
    return diagnostics.size() > kShown ? diagnostics.size() - kShown : 0;
}

}  // namespace

Json report_json(const Report& report) {
    Json counts = Json::object();
    for (const auto& [change, count] : report.changes) {
        counts[std::string(to_string(change))] = count;
    }
    Json frozen = Json::array();
    for (const auto& object : report.frozen) {
        frozen.push_back({{"kind", to_string(object.kind)},
                          {"ref", object.ref.text()},
                          {"generation", object.generation.value},
                          {"why", object.why}});
    }
    Json held = Json::array();
    for (const auto& object : report.held) {
        held.push_back({{"kind", to_string(object.kind)},
                        {"ref", object.ref.text()},
                        {"reason", to_string(object.reason)}});
    }
    return {{"outcome", to_string(report.outcome.value_or(RevisionOutcome::kRefused))},
            {"generation", report.generation.value},
            {"revision", report.revision},
            {"source", report.source},
            {"tree", report.tree},
            {"summary", report.summary},
            {"counts", std::move(counts)},
            {"objects", report.objects},
            {"brake", report.braked},
            {"frozen", std::move(frozen)},
            {"held", std::move(held)},
            {"diagnostics", shown(report.diagnostics)},
            {"diagnostics_left_out", left_out(report.diagnostics)}};
}

Json preview_json(const Preview& preview) {
    const PlanView view{preview.result, preview.state, preview.files};
    auto plan = plan_json(view);
    plan["text"] = plan_text(view);
    plan["counts"] = plan["summary"];
    plan["summary"] = summarise(preview.result.plan);
    plan["outcome"] = preview.refused                      ? "refused"
                      : nothing_to_do(preview.result.plan) ? "unchanged"
                                                           : "planned";
    plan["diagnostics"] = shown(preview.diagnostics);
    plan["diagnostics_left_out"] = left_out(preview.diagnostics);
    return plan;
}

}  // namespace attune
