#include "reconciler/report_json.h"

#include <algorithm>
#include <string>

#include "core/diagnostic_json.h"
#include "core/limits.h"
#include "reconciler/plan_text.h"

namespace attune {
namespace {

// `name`, a list of as many of `items` as its share of the report has room for, and
// `name`_left_out, how many it had none for. The list ends where it is full; an item that is
// large beyond reason is passed over, so that it cannot hide the others.
template <class Items, class ToJson>
void put(Json& report, const std::string& name, const Items& items, const ToJson& item_json) {
    Json list = Json::array();
    std::size_t bytes = 0;
    for (const auto& item : items) {
        Json shown = item_json(item);
        const auto size = compact(shown).size();
        if (size > limits::kReportItemBytes) continue;
        bytes += size;
        if (bytes > limits::kReportListBytes) break;
        list.push_back(std::move(shown));
    }
    report[name + "_left_out"] = items.size() - list.size();
    report[name] = std::move(list);
}

void put_diagnostics(Json& report, const Diagnostics& diagnostics) {
    put(report, "diagnostics", diagnostics,
        [](const Diagnostic& diagnostic) { return to_json(diagnostic); });
}

void put_frozen(Json& report, const std::vector<FrozenObject>& frozen) {
    put(report, "frozen", frozen, [](const FrozenObject& object) {
        return Json{{"kind", to_string(object.kind)},
                    {"ref", object.ref.text()},
                    {"generation", object.generation.value},
                    {"why", object.why}};
    });
}

void put_held(Json& report, const std::vector<HeldObject>& held) {
    put(report, "held", held, [](const HeldObject& object) {
        return Json{{"kind", to_string(object.kind)},
                    {"ref", object.ref.text()},
                    {"reason", to_string(object.reason)}};
    });
    Json reasons = Json::object();
    for (const HeldObject& object : held) {
        auto& count = reasons[std::string(to_string(object.reason))];
        count = count.is_null() ? 1 : count.get<int>() + 1;
    }
    report["held_reasons"] = std::move(reasons);
}

Json counts_json(const std::map<ChangeKind, int>& changes) {
    Json counts = Json::object();
    for (const auto& [change, count] : changes) {
        counts[std::string(to_string(change))] = count;
    }
    return counts;
}

// Values are whole or not there: half a document would be read as another one.
void put_differences(Json& json, const std::vector<Difference>& found) {
    Json list = Json::array();
    std::size_t bytes = 0;
    for (const Difference& difference : found) {
        Json shown = {{"path", difference.path},
                      {"before", difference.before},
                      {"after", difference.after}};
        const auto size = compact(shown).size();
        if (bytes + size > limits::kReportDifferenceBytes) continue;
        bytes += size;
        list.push_back(std::move(shown));
    }
    json["differences_left_out"] = found.size() - list.size();
    json["differences"] = std::move(list);
}

Json change_json(const ObjectChange& change, const PlanView& view) {
    Json json = {{"change", to_string(change.change)},
                 {"kind", to_string(change.kind)},
                 {"ref", change.ref.text()}};
    if (change.manifest) {
        json["file"] = change.manifest->place.file;
        json["line"] = change.manifest->place.line;
    }
    put_differences(json, view.differences_of(change));
    return json;
}

Json timer_json(const TimerChange& timer, const PlanView& view) {
    Json json = {{"sensor", timer.sensor.text()},
                 {"state", to_string(timer.state)},
                 {"remark", view.remark_of(timer)},
                 {"anchor_at", format_rfc3339(timer.anchor_at)}};
    if (timer.span && timer.span->next_at) {
        json["next_at"] = format_rfc3339(*timer.span->next_at);
    }
    return json;
}

std::string text_of(const Preview& preview, const PlanView& view) {
    if (!preview.refused) return plan_text(view);
    const bool planned = !preview.result.plan.source.name.empty();
    return (planned ? plan_text(view) : "") + "refused: nothing of it would be applied\n";
}

}  // namespace

Json report_json(const Report& report) {
    Json json = {{"outcome", to_string(report.outcome.value_or(RevisionOutcome::kRefused))},
                 {"generation", report.generation.value},
                 {"revision", report.revision},
                 {"source", report.source},
                 {"tree", report.tree},
                 {"summary", report.summary},
                 {"counts", counts_json(report.changes)},
                 {"objects", report.objects},
                 {"brake", report.braked}};
    put_frozen(json, report.frozen);
    put_held(json, report.held);
    put_diagnostics(json, report.diagnostics);
    return json;
}

Json preview_json(const Preview& preview) {
    const PlanResult& result = preview.result;
    const PlanView view(result, preview.state, preview.files);
    Json json = {{"format_version", 1},
                 {"outcome", preview.refused              ? "refused"
                             : nothing_to_do(result.plan) ? "unchanged"
                                                          : "planned"},
                 {"source", result.plan.source.name},
                 {"base", result.plan.base.value},
                 {"tree", result.plan.revision.tree},
                 {"summary", summarise(result)},
                 {"counts", counts_json(count_changes(result.plan))},
                 {"text", text_of(preview, view)}};
    json["brake"] =
        std::any_of(result.held.begin(), result.held.end(),
                    [](const HeldObject& held) { return held.reason == HoldReason::kBrake; });
    put(json, "changes", result.plan.objects,
        [&](const ObjectChange& change) { return change_json(change, view); });
    put(json, "timers", result.plan.timers,
        [&](const TimerChange& timer) { return timer_json(timer, view); });
    put_frozen(json, result.frozen);
    put_held(json, result.held);
    put_diagnostics(json, preview.diagnostics);
    return json;
}

}  // namespace attune
