#include "tests/support/plans.h"

#include <algorithm>

#include "core/load.h"

namespace attune {
namespace {

// Enough to tell one spec from another; the real digests leave defaults out.
std::string digest_of(const Json& value) { return compact(value); }

StoredObject* find_object(StoredState& state, const ObjectChange& change) {
    const auto found = std::find_if(
        state.objects.begin(), state.objects.end(), [&](const StoredObject& object) {
            return object.kind == change.kind && object.ref == change.ref;
        });
    return found != state.objects.end() ? &*found : nullptr;
}

StoredTimer* find_timer(StoredState& state, SensorId sensor) {
    const auto found =
        std::find_if(state.timers.begin(), state.timers.end(),
                     [&](const StoredTimer& timer) { return timer.sensor == sensor; });
    return found != state.timers.end() ? &*found : nullptr;
}

void write(StoredObject& object, const Plan& plan, const ObjectChange& change) {
    object.origin = plan.origin;
    object.source = plan.origin == Origin::kManifest ? plan.source.name : std::string();
    object.place = change.manifest->place;
    object.document = compact(change.manifest->document);
    object.spec_digest = change.manifest->spec_digest;
    object.meta_digest = change.manifest->meta_digest;
    object.retired_at.reset();
}

}  // namespace

Tree& Tree::add(Kind kind, const Ref& ref, Spec spec, Json written) {
    Manifest manifest{
        .kind = kind,
        .ref = ref,
        .metadata = {.label = ref.text(), .description = {}, .labels = {}, .annotations = {}},
        .spec = std::move(spec),
        .place = {.file = "packs/ops/" + ref.text() + ".yaml", .line = 1},
        .document = {{"kind", to_string(kind)},
                     {"metadata", {{"ref", ref.text()}}},
                     {"spec", written}},
        .spec_digest = digest_of(written),
        .meta_digest = ref.text()};
    entries_.push_back({std::move(manifest), Verdict::kApply, {}});
    return *this;
}

Tree& Tree::pack(const std::string& ref) {
    return add(Kind::kPack, *Ref::parse_pack(ref), PackSpec{}, Json::object());
}

Tree& Tree::trigger(const std::string& ref) {
    return add(Kind::kTrigger, *Ref::parse(ref), TriggerSpec{}, Json::object());
}

Tree& Tree::action(const std::string& ref) {
    return add(Kind::kAction, *Ref::parse(ref), ActionSpec{}, Json::object());
}

Tree& Tree::sensor(const std::string& ref, std::string_view config, bool enabled,
                   const std::string& trigger) {
    const bool external = !trigger.starts_with("core.");
    SensorSpec spec{.trigger = *Ref::parse(trigger),
                    .runtime = external ? SensorRuntime::kExternal : SensorRuntime::kBuiltin,
                    .enabled = enabled,
                    .config = Json::parse(config)};
    Json written = {{"trigger", trigger}, {"enabled", enabled}, {"config", spec.config}};
    return add(Kind::kSensor, *Ref::parse(ref), std::move(spec), std::move(written));
}

Tree& Tree::rule(const std::string& ref, const std::string& trigger,
                 const std::string& action) {
    RuleSpec spec{.trigger = *Ref::parse(trigger),
                  .sensors = {},
                  .conditions = {},
                  .action = *Ref::parse(action),
                  .params = Json::object(),
                  .enabled = true};
    Json written = {{"trigger", trigger}, {"action", {{"ref", action}}}};
    return add(Kind::kRule, *Ref::parse(ref), std::move(spec), std::move(written));
}

Tree& Tree::labelled(const std::string& label) {
    Manifest& manifest = entries_.back().manifest;
    manifest.metadata.label = label;
    manifest.document["metadata"]["label"] = label;
    manifest.meta_digest = label;
    return *this;
}

Tree& Tree::annotated(const std::string& key, const std::string& value) {
    Manifest& manifest = entries_.back().manifest;
    manifest.metadata.annotations[key] = value;
    manifest.document["metadata"]["annotations"][key] = value;
    return *this;
}

Tree& Tree::in_file(const std::string& path, int line) {
    entries_.back().manifest.place = {.file = path, .line = line};
    return *this;
}

Tree& Tree::with(Verdict verdict, const std::string& why) {
    entries_.back().verdict = verdict;
    entries_.back().why = why;
    return *this;
}

std::vector<CheckedObject> Tree::checked() const {
    std::vector<CheckedObject> objects;
    for (const Entry& entry : entries_) {
        objects.push_back({.verdict = entry.verdict,
                           .kind = entry.manifest.kind,
                           .ref = entry.manifest.ref,
                           .manifest = &entry.manifest,
                           .why = entry.why});
    }
    return objects;
}

StoredState applied(StoredState state, const Plan& plan) {
    ++state.generation.value;
    std::int64_t next_id = 100 * state.generation.value;
    for (const ObjectChange& change : plan.objects) {
        StoredObject* object = find_object(state, change);
        if (object == nullptr) {
            state.objects.push_back({.kind = change.kind,
                                     .id = next_id++,
                                     .ref = change.ref,
                                     .origin = plan.origin,
                                     .source = {},
                                     .place = {},
                                     .document = {},
                                     .spec_digest = {},
                                     .meta_digest = {},
                                     .generation = {},
                                     .created_at = plan.at,
                                     .retired_at = {},
                                     .enabled_override = {},
                                     .spec_rev = {}});
            object = &state.objects.back();
        }
        object->generation = state.generation;
        if (change.manifest) {
            write(*object, plan, change);
        } else {
            object->retired_at = plan.at;
        }
    }
    for (const TimerChange& change : plan.timers) {
        const auto sensor = std::find_if(
            state.objects.begin(), state.objects.end(), [&](const StoredObject& object) {
                return object.kind == Kind::kSensor && object.ref == change.sensor;
            });
        const SensorId id{sensor->id};
        if (find_timer(state, id) == nullptr) {
            state.timers.push_back({.sensor = id,
                                    .state = {},
                                    .spec_rev = {},
                                    .anchor_at = {},
                                    .cursor_at = plan.at,
                                    .fires = 0,
                                    .spec = {}});
        }
        StoredTimer& timer = *find_timer(state, id);
        timer.state = change.state;
        timer.spec_rev = state.generation;
        timer.anchor_at = change.anchor_at;
        timer.cursor_at = std::max(timer.cursor_at, change.cursor_at.value_or(plan.at));
        if (change.span) timer.spec = compact(change.span->spec);
    }
    return state;
}

}  // namespace attune
