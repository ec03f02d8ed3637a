#include "reconciler/planner.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/retirement.h"
#include "reconciler/timer_plan.h"

namespace attune {
namespace {

std::string key_of(Kind kind, const Ref& ref) {
    return fmt::format("{} {}", to_string(kind), ref.text());
}

const Json* annotations_of(const Json& document) {
    const auto metadata = document.find("metadata");
    if (metadata == document.end() || !metadata->is_object()) return nullptr;
    const auto annotations = metadata->find("annotations");
    return annotations != metadata->end() ? &*annotations : nullptr;
}

// Annotations are in no digest.
bool same_annotations(const Manifest& manifest, const std::string& stored) {
    const Json document = Json::parse(stored, nullptr, /*allow_exceptions=*/false);
    if (!document.is_object()) return false;
    const Json* a = annotations_of(manifest.document);
    const Json* b = annotations_of(document);
    return a == nullptr || b == nullptr ? a == b : *a == *b;
}

// The operator's word, else the file's.
bool is_enabled(const SensorSpec& spec, const StoredObject* row) {
    if (row != nullptr && row->enabled_override) return *row->enabled_override;
    return spec.enabled;
}

class Planner {
public:
    explicit Planner(const PlanInput& input) : input_(input) {
        for (const StoredObject& object : input.state->objects) {
            stored_.emplace(key_of(object.kind, object.ref), &object);
        }
        for (const StoredTimer& timer : input.state->timers)
            timers_.emplace(timer.sensor, &timer);
    }

    PlanResult make() {
        result_.plan.base = input_.state->generation;
        result_.plan.at = input_.now;
        result_.plan.origin = input_.origin;
        result_.plan.source = input_.source;
        std::vector<const CheckedObject*> objects;
        for (const CheckedObject& object : input_.objects) objects.push_back(&object);
        std::stable_sort(objects.begin(), objects.end(), [](const auto* a, const auto* b) {
            return a->kind != b->kind ? a->kind < b->kind : a->ref < b->ref;
        });
        for (const CheckedObject* object : objects) take(*object);
        retire();
        compare_files();
        sort_diagnostics(result_.diagnostics);
        return std::move(result_);
    }

private:
    const StoredObject* stored(Kind kind, const Ref& ref) const {
        const auto found = stored_.find(key_of(kind, ref));
        return found != stored_.end() ? found->second : nullptr;
    }
    const StoredTimer* timer_of(std::int64_t sensor) const {
        const auto found = timers_.find(SensorId{sensor});
        return found != timers_.end() ? found->second : nullptr;
    }
    bool is_ours(const StoredObject& object) const {
        return object.origin == input_.origin &&
               (input_.origin != Origin::kManifest || object.source == input_.source.name);
    }

    void take(const CheckedObject& object);
    void freeze(const CheckedObject& object, const StoredObject* row);
    void refuse_other_owner(const CheckedObject& object, const StoredObject& row);
    std::optional<ChangeKind> change_of(const Manifest& manifest,
                                        const StoredObject* row) const;
    void plan_sensor(const Manifest& manifest, const StoredObject* row,
                     std::optional<ChangeKind> change);
    void retire();
    void compare_files();

    const PlanInput& input_;
    PlanResult result_;
    std::unordered_map<std::string, const StoredObject*> stored_;
    std::unordered_map<SensorId, const StoredTimer*> timers_;
    std::unordered_set<const StoredObject*> named_;  // rows the tree names or freezes
};

void Planner::take(const CheckedObject& object) {
    const StoredObject* row = stored(object.kind, object.ref);
    if (row != nullptr) named_.insert(row);
    const bool live = row != nullptr && !row->retired_at;
    if (object.verdict != Verdict::kApply || object.manifest == nullptr) {
        return freeze(object, row);
    }
    const bool theirs = live && !is_ours(*row) && row->origin != Origin::kMigration &&
                        input_.origin == Origin::kManifest;
    if (theirs) return refuse_other_owner(object, *row);

    const auto change = change_of(*object.manifest, row);
    if (change) {
        result_.plan.objects.push_back({.change = *change,
                                        .kind = object.kind,
                                        .ref = object.ref,
                                        .id = row != nullptr ? row->id : 0,
                                        .manifest = *object.manifest});
    }
    if (object.kind == Kind::kSensor) plan_sensor(*object.manifest, row, change);
}

void Planner::freeze(const CheckedObject& object, const StoredObject* row) {
    const bool live = row != nullptr && !row->retired_at;
    const Generation generation = live ? row->generation : Generation{};
    result_.frozen.push_back({object.kind, object.ref, generation, object.why});
    // What an operator said meanwhile counts for a frozen sensor, too.
    if (live && object.kind == Kind::kSensor && object.manifest != nullptr) {
        plan_sensor(*object.manifest, row, std::nullopt);
    }
}

void Planner::refuse_other_owner(const CheckedObject& object, const StoredObject& row) {
    Diagnostic diagnostic;
    diagnostic.code = "ATT6003";
    diagnostic.file = object.manifest->place.file;
    diagnostic.range = {.line = object.manifest->place.line, .column = 1};
    diagnostic.object_kind = to_string(object.kind);
    diagnostic.object_ref = object.ref.text();
    diagnostic.pointer = "/metadata/ref";
    diagnostic.message =
        row.origin == Origin::kCore
            ? fmt::format("`{}` belongs to the built-in pack", object.ref.text())
            : fmt::format("`{}` belongs to source `{}`", object.ref.text(), row.source);
    diagnostic.help = "choose another ref, or remove it there first";
    result_.diagnostics.push_back(std::move(diagnostic));
    result_.frozen.push_back({object.kind, object.ref, row.generation, "ATT6003"});
}

// A line that moved within its file is no change: the row says where its version stood in the
// tree that brought it.
std::optional<ChangeKind> Planner::change_of(const Manifest& manifest,
                                             const StoredObject* row) const {
    if (row == nullptr) return ChangeKind::kCreate;
    if (row->retired_at) return ChangeKind::kRestore;
    if (!is_ours(*row)) return ChangeKind::kAdopt;
    if (row->spec_digest != manifest.spec_digest) return ChangeKind::kUpdate;
    if (row->meta_digest != manifest.meta_digest ||
        !same_annotations(manifest, row->document)) {
        return ChangeKind::kRelabel;
    }
    if (row->place.file != manifest.place.file) return ChangeKind::kMove;
    return std::nullopt;
}

void Planner::plan_sensor(const Manifest& manifest, const StoredObject* row,
                          std::optional<ChangeKind> change) {
    const auto& spec = std::get<SensorSpec>(manifest.spec);
    const bool relabelled =
        !change || *change == ChangeKind::kRelabel || *change == ChangeKind::kMove;
    const PlannedSensor sensor{.ref = manifest.ref,
                               .id = SensorId{row != nullptr ? row->id : 0},
                               .spec = &spec,
                               .enabled = is_enabled(spec, row),
                               .edited = !relabelled,
                               .created_at = row != nullptr ? row->created_at : input_.now,
                               .timer = row != nullptr ? timer_of(row->id) : nullptr};
    auto planned = plan_timer(sensor, input_.now, *input_.zones);
    if (planned) {
        if (*planned) result_.plan.timers.push_back(std::move(**planned));
        return;
    }
    const Fault& fault = planned.error();
    Diagnostic diagnostic;
    diagnostic.code = fault.code;
    diagnostic.reason = fault.reason;
    diagnostic.message = fault.message;
    diagnostic.help = fault.help;
    diagnostic.file = manifest.place.file;
    diagnostic.range = {.line = manifest.place.line, .column = 1};
    diagnostic.object_kind = to_string(Kind::kSensor);
    diagnostic.object_ref = manifest.ref.text();
    diagnostic.pointer = "/spec/config" + fault.pointer;
    result_.diagnostics.push_back(std::move(diagnostic));
}

void Planner::retire() {
    std::vector<const StoredObject*> gone;
    std::vector<const StoredObject*> others;
    std::size_t ours = 0;
    for (const StoredObject& object : input_.state->objects) {
        if (object.retired_at) continue;
        if (!is_ours(object)) {
            if (!named_.contains(&object)) others.push_back(&object);
            continue;
        }
        ++ours;
        if (!named_.contains(&object)) gone.push_back(&object);
    }
    Retirement decided = decide_retirement(
        {.gone = std::move(gone), .others = std::move(others), .ours = ours, .input = input_});
    for (const StoredObject* object : decided.retired) {
        result_.plan.objects.push_back({.change = ChangeKind::kRetire,
                                        .kind = object->kind,
                                        .ref = object->ref,
                                        .id = object->id,
                                        .manifest = std::nullopt});
        if (object->kind != Kind::kSensor) continue;
        auto change = retire_timer(object->ref, timer_of(object->id));
        if (change) result_.plan.timers.push_back(std::move(*change));
    }
    result_.held = std::move(decided.held);
    for (Diagnostic& diagnostic : decided.diagnostics) {
        result_.diagnostics.push_back(std::move(diagnostic));
    }
}

// Warnings of a file are told when it is new; later passes do not look again at what is known
// to be good. What is wrong with a file may lie in others, so that is always compared.
bool says_the_same(const SourceFile& before, const SourceFile& file) {
    return before.path == file.path && before.digest == file.digest &&
           before.valid == file.valid && (file.valid || before.diagnostics == file.diagnostics);
}

void Planner::compare_files() {
    if (input_.origin != Origin::kManifest) return;
    std::map<std::string_view, const SourceFile*> known;
    for (const SourceFile& file : input_.state->files) known.emplace(file.path, &file);
    for (const SourceFile& file : input_.files) {
        const auto before = known.find(file.path);
        if (before == known.end() || !says_the_same(*before->second, file)) {
            result_.plan.files.push_back(file);
        }
        if (before != known.end()) known.erase(before);
    }
    for (const auto& [path, file] : known) result_.plan.files_gone.emplace_back(path);
}

}  // namespace

std::string_view to_string(HoldReason reason) {
    switch (reason) {
        case HoldReason::kNotCertain:
            return "not_certain";
        case HoldReason::kPruneOff:
            return "prune_off";
        case HoldReason::kBrake:
            return "brake";
        case HoldReason::kReferredTo:
            return "referred_to";
    }
    return {};
}

PlanResult plan_changes(const PlanInput& input) { return Planner(input).make(); }

std::string summarise(const PlanResult& result) {
    const auto left_out =
        std::count_if(result.frozen.begin(), result.frozen.end(),
                      [](const FrozenObject& object) { return !object.generation; });
    const auto frozen = std::ssize(result.frozen) - left_out;
    std::string text = summarise(result.plan);
    if (frozen > 0) text += fmt::format(", {} frozen", frozen);
    if (left_out > 0) text += fmt::format(", {} left out", left_out);
    if (!result.held.empty()) text += fmt::format(", {} held", result.held.size());
    return text;
}

}  // namespace attune
