#include "core/compile_catalog.h"

#include <cassert>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "core/load.h"
#include "core/manifest_spec.h"

namespace attune {
namespace {

// "packs/ops" of "packs/ops/pack.yaml"; the built-in pack has none.
std::string directory_of(const Place& place) {
    const std::size_t slash = place.file.rfind('/');
    return slash != std::string::npos ? place.file.substr(0, slash) : std::string();
}

std::string label_of(const std::string& label, const Ref& ref) {
    return label == ref.text() ? std::string() : label;
}

// Empty for an object without members, and for no object at all.
std::string compact_object(const std::string& text) {
    const Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return value.is_object() && !value.empty() ? compact(value) : std::string();
}

std::shared_ptr<const Catalog> copy_of(const Catalog* previous) {
    return previous != nullptr ? std::make_shared<const Catalog>(*previous)
                               : CatalogBuilder().build(Generation{});
}

}  // namespace

CatalogCompiler::CatalogCompiler(const Catalog* previous)
    : so_far_(copy_of(previous)), builder_(*so_far_) {}

void CatalogCompiler::take(const StoredObject& row) {
    assert(row.kind != Kind::kSensor);
    begin(row.kind);
    if (row.retired_at) return remove(row);
    const Json document = Json::parse(row.document, nullptr, /*allow_exceptions=*/false);
    auto manifest = load_document(document, row.place);
    if (!manifest) return leave_out(row.kind, row.id, row.ref, manifest.error().message);
    if (manifest->kind != row.kind) {
        return leave_out(row.kind, row.id, row.ref, "its document is of another kind");
    }
    std::visit(
        [&](auto& spec) {
            // Sensors never come this way.
            if constexpr (!std::is_same_v<std::decay_t<decltype(spec)>, SensorSpec>) {
                put(row, *manifest, spec);
            }
        },
        manifest->spec);
}

void CatalogCompiler::take(const SensorColumns& row) {
    begin(Kind::kSensor);
    if (row.retired) return builder_.remove(row.id);
    const Json config = Json::parse(row.config, nullptr, /*allow_exceptions=*/false);
    if (!row.has_document || !Ref::parse(row.trigger) || !config.is_object()) {
        return leave_out(Kind::kSensor, row.id.value, row.ref,
                         "its row says nothing that can run here");
    }
    builder_.put(CatalogSensor{
        .id = row.id,
        .trigger = row.trigger_id,
        .runtime = parse_runtime(row.runtime).value_or(usual_runtime(row.trigger)),
        .enabled = row.enabled_override.value_or(row.enabled),
        .ref = row.ref,
        .label = label_of(row.label, row.ref),
        .labels = compact_object(row.labels),
        .config = compact(config)});
}

CompiledCatalog CatalogCompiler::finish(Generation generation) {
    return {builder_.build(generation), std::move(problems_)};
}

// What the kinds before this one are, so that its refs can be looked up.
void CatalogCompiler::begin(Kind kind) {
    assert(kind >= kind_);
    if (std::exchange(kind_, kind) != kind && put_any_) {
        so_far_ = builder_.build(so_far_->generation());
        builder_ = CatalogBuilder(*so_far_);
    }
    put_any_ = true;
}

void CatalogCompiler::put(const StoredObject& row, const Manifest& manifest,
                          const PackSpec& spec) {
    builder_.put(CatalogPack{.id = PackId{row.id},
                             .ref = manifest.ref,
                             .config = compact(spec.config),
                             .directory = directory_of(row.place)});
}

void CatalogCompiler::put(const StoredObject& row, const Manifest& manifest,
                          const TriggerSpec& spec) {
    builder_.put(TriggerId{row.id}, manifest.ref, spec);
}

void CatalogCompiler::put(const StoredObject& row, const Manifest& manifest, ActionSpec& spec) {
    builder_.put(ActionId{row.id}, manifest.ref, std::move(spec));
}

void CatalogCompiler::put(const StoredObject& row, const Manifest& manifest, RuleSpec& spec) {
    RuleInput rule{
        .id = RuleId{row.id},
        .ref = manifest.ref,
        .enabled = row.enabled_override.value_or(spec.enabled),
        .label = label_of(manifest.metadata.label, manifest.ref),
        .labels = manifest.metadata.labels,
        .trigger = find<TriggerId>(Kind::kTrigger, so_far_->triggers(), spec.trigger),
        .sensors = {},
        .action = find<ActionId>(Kind::kAction, so_far_->actions(), spec.action),
        .conditions = std::move(spec.conditions),
        .params = std::move(spec.params)};
    // A sensor that is gone keeps its place as "none", so the rule never widens to all.
    for (const Ref& sensor : spec.sensors) {
        rule.sensors.push_back(find<SensorId>(Kind::kSensor, so_far_->sensors(), sensor));
    }
    builder_.put(rule);
}

void CatalogCompiler::remove(const StoredObject& row) {
    switch (row.kind) {
        case Kind::kPack:
            return builder_.remove(PackId{row.id});
        case Kind::kTrigger:
            return builder_.remove(TriggerId{row.id});
        case Kind::kAction:
            return builder_.remove(ActionId{row.id});
        case Kind::kSensor:
            return builder_.remove(SensorId{row.id});
        case Kind::kRule:
            return builder_.remove(RuleId{row.id});
    }
}

// None when there is no such object.
template <class Id, class Table>
Id CatalogCompiler::find(Kind kind, const Table& table, const Ref& ref) const {
    if (const auto* found = table.find(ref)) return found->id;
    const auto left_out = left_out_.find({kind, ref});
    return left_out != left_out_.end() ? Id{left_out->second} : Id{};
}

void CatalogCompiler::leave_out(Kind kind, std::int64_t id, const Ref& ref,
                                std::string_view why) {
    left_out_.emplace(std::pair{kind, ref}, id);
    problems_.push_back(fmt::format("{} {} is left out: {}", to_string(kind), ref.text(), why));
}

}  // namespace attune
