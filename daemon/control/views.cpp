#include "daemon/control/views.h"

#include "core/diagnostic_json.h"
#include "core/kinds.h"
#include "core/manifest_spec.h"

namespace attune {
namespace {

Json moment(TimePoint at) { return format_rfc3339(at); }

// An id, or null for "none".
template <class Tag>
Json number(Id<Tag> id) {
    return id ? Json(id.value) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

// What the object's kind adds to a list's line, out of its manifest as written.
void add_spec(Json& view, const StoredObject& object, const Json& document) {
    const auto spec = document.value("spec", Json::object());
    switch (object.kind) {
        case Kind::kPack:
        case Kind::kTrigger:
            return;
        case Kind::kAction:
            view["runner"] = spec.value("runner", "");
            return;
        case Kind::kSensor:
            view["trigger"] = spec.value("trigger", "");
            view["runtime"] = spec.value(
                "runtime", std::string(to_string(usual_runtime(spec.value("trigger", "")))));
            break;
        case Kind::kRule:
            view["trigger"] = spec.value("trigger", "");
            view["sensors"] = spec.value("sensors", Json::array());
            view["action"] = spec.value("action", Json::object()).value("ref", "");
            break;
    }
    view["enabled"] = is_enabled(object);
    view["enabled_in_file"] = spec.value("enabled", true);
    view["enabled_override"] =
        object.enabled_override ? Json(*object.enabled_override) : Json();
}

}  // namespace

Json parsed(const std::string& text) {
    auto value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_discarded() ? Json(text) : value;
}

Json moment(const std::optional<TimePoint>& at) { return at ? moment(*at) : Json(); }

bool is_enabled(const StoredObject& object) {
    if (object.enabled_override) return *object.enabled_override;
    const auto document = parsed(object.document);
    if (!document.is_object()) return true;
    const auto spec = document.value("spec", Json::object());
    return !spec.is_object() || spec.value("enabled", true);
}

Json view(const std::optional<Pause>& pause) {
    if (!pause) return nullptr;
    return {{"by", pause->by},
            {"reason", text_or_null(pause->reason)},
            {"until", moment(pause->until)}};
}

Json view(const EventRow& event) {
    return {{"id", event.id.value},
            {"sensor", event.sensor_ref},
            {"trigger", event.trigger_ref},
            {"origin", event.origin},
            {"generation", event.generation.value},
            {"scheduled_at", moment(event.scheduled_at)},
            {"fired_at", moment(event.fired_at)},
            {"recorded_at", moment(event.recorded_at)},
            {"key", text_or_null(event.dedupe_key)},
            {"payload", parsed(event.payload)}};
}

Json view(const EnforcementRow& enforcement) {
    return {{"id", enforcement.id.value},
            {"event", enforcement.event.value},
            {"rule", enforcement.rule_ref},
            {"state", enforcement.state},
            {"reason", text_or_null(enforcement.reason)},
            {"scheduled_at", moment(enforcement.scheduled_at)},
            {"recorded_at", moment(enforcement.recorded_at)}};
}

Json view(const ExecutionRow& execution) {
    return {{"id", execution.id.value},
            {"enforcement", number(execution.enforcement)},
            {"rule", text_or_null(execution.rule_ref)},
            {"sensor", text_or_null(execution.sensor_ref)},
            {"trigger", text_or_null(execution.trigger_ref)},
            {"action", execution.action_ref},
            {"state", execution.state},
            {"attempt", execution.attempt},
            {"losses", execution.losses},
            {"params", parsed(execution.params)},
            {"result", execution.result.empty() ? Json() : parsed(execution.result)},
            {"idempotency_key", execution.idempotency_key},
            {"scheduled_at", moment(execution.scheduled_at)},
            {"recorded_at", moment(execution.recorded_at)},
            {"finished_at", moment(execution.finished_at)}};
}

Json view(const AttemptRow& attempt) {
    return {{"attempt", attempt.attempt},
            {"outcome", attempt.outcome},
            {"incarnation", number(attempt.incarnation)},
            {"claimed_at", moment(attempt.claimed_at)},
            {"ended_at", moment(attempt.ended_at)}};
}

Json view(const TimerFigures& timer) {
    return {{"state", timer.state},
            {"fault", text_or_null(timer.fault)},
            {"cursor_at", moment(timer.cursor_at)},
            {"next_at", moment(timer.next_at)},
            {"fires", timer.fires},
            {"spec_rev", timer.spec_rev.value},
            {"anchor_at", moment(timer.anchor_at)}};
}

Json view(const HostSensorFigures& sensor) {
    Json skips = Json::array();
    for (const auto& skip : sensor.skips) {
        skips.push_back({{"reason", skip.reason},
                         {"count", skip.count ? Json(*skip.count) : Json()},
                         {"since", moment(skip.since)},
                         {"through", moment(skip.through)},
                         {"detail", text_or_null(skip.detail)},
                         {"recorded_at", moment(skip.recorded_at)}});
    }
    return {{"position", parsed(sensor.position)},
            {"updated_at", moment(sensor.updated_at)},
            {"skips", std::move(skips)}};
}

Json view(const RuleFigures& rule) {
    return {{"matched", rule.matched},
            {"unmatched", rule.unmatched},
            {"errored", rule.errored},
            {"last_reason", text_or_null(rule.last_reason)},
            {"last_at", moment(rule.last_at)}};
}

Json view(const Revision& revision) {
    auto diagnostics = Json::array();
    for (const auto& diagnostic : revision.diagnostics)
        diagnostics.push_back(to_json(diagnostic));
    return {{"source", revision.source},
            {"tree", revision.tree},
            {"commit", text_or_null(revision.commit)},
            {"started_at", moment(revision.started_at)},
            {"finished_at", moment(revision.finished_at)},
            {"outcome", to_string(revision.outcome)},
            {"objects", revision.objects},
            {"frozen", revision.frozen},
            {"diagnostics", std::move(diagnostics)}};
}

Json view(const StoredObject& object) {
    auto document = parsed(object.document);
    if (!document.is_object()) document = Json::object();
    const auto metadata = document.value("metadata", Json::object());
    Json view = {{"kind", to_string(object.kind)},
                 {"ref", object.ref.text()},
                 {"label", metadata.value("label", object.ref.text())},
                 {"id", object.id},
                 {"origin", to_string(object.origin)},
                 {"source", text_or_null(object.source)},
                 {"file", text_or_null(object.place.file)},
                 {"line", object.place.line == 0 ? Json() : Json(object.place.line)},
                 {"generation", object.generation.value},
                 {"created_at", moment(object.created_at)}};
    add_spec(view, object, document);
    return view;
}

Json view(Kind kind, const std::string& ref, const CatalogStore::Change& change) {
    return {{"kind", to_string(kind)},
            {"ref", ref},
            {"generation", change.generation.value},
            {"revision", change.revision == 0 ? Json() : Json(change.revision)},
            {"change", to_string(change.change)},
            {"commit", text_or_null(change.commit)},
            {"tree", text_or_null(change.tree)},
            {"file", text_or_null(change.place.file)},
            {"line", change.place.line == 0 ? Json() : Json(change.place.line)},
            {"at", moment(change.at)}};
}

}  // namespace attune
