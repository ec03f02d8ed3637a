#include "core/compile_catalog.h"

#include <array>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "core/load.h"

namespace attune {
namespace {

// "packs/ops" of "packs/ops/pack.yaml"; the built-in pack has none.
std::string directory_of(const Place& place) {
    const std::size_t slash = place.file.rfind('/');
    return slash != std::string::npos ? place.file.substr(0, slash) : std::string();
}

std::string label_of(const Metadata& metadata, const Ref& ref) {
    return metadata.label == ref.text() ? std::string() : metadata.label;
}

// What a ref is called by, among the rows at hand and the catalog before them.
class Ids {
public:
    Ids(const Catalog* previous, std::span<const StoredObject> rows) : previous_(previous) {
        for (const StoredObject& row : rows) {
            if (!row.retired_at) of(row.kind).emplace(row.ref.text(), row.id);
        }
    }

    // None when there is no such object.
    TriggerId trigger(const Ref& ref) const {
        return find<TriggerId>(Kind::kTrigger, ref, &Catalog::triggers);
    }
    SensorId sensor(const Ref& ref) const {
        return find<SensorId>(Kind::kSensor, ref, &Catalog::sensors);
    }
    ActionId action(const Ref& ref) const {
        return find<ActionId>(Kind::kAction, ref, &Catalog::actions);
    }

private:
    using ByRef = std::unordered_map<std::string_view, std::int64_t>;

    ByRef& of(Kind kind) { return by_ref_[static_cast<std::size_t>(kind)]; }

    template <class Id, class Table>
    Id find(Kind kind, const Ref& ref, Table table) const {
        const ByRef& rows = by_ref_[static_cast<std::size_t>(kind)];
        if (const auto row = rows.find(ref.text()); row != rows.end()) return Id{row->second};
        if (previous_ == nullptr) return {};
        const auto* known = (previous_->*table)().find(ref);
        return known != nullptr ? known->id : Id{};
    }

    const Catalog* previous_;
    std::array<ByRef, 5> by_ref_;
};

class Compiler {
public:
    Compiler(const Catalog* previous, std::span<const StoredObject> rows)
        : builder_(previous != nullptr ? CatalogBuilder(*previous) : CatalogBuilder()),
          ids_(previous, rows) {}

    void take(const StoredObject& row) {
        if (row.retired_at) return remove(row);
        const Json document = Json::parse(row.document, nullptr, /*allow_exceptions=*/false);
        auto manifest = load_document(document, row.place);
        if (!manifest) return report(row, manifest.error().message);
        std::visit([&](auto& spec) { put(row, *manifest, spec); }, manifest->spec);
    }

    CompiledCatalog finish(Generation generation) {
        return {builder_.build(generation), std::move(problems_)};
    }

private:
    void put(const StoredObject& row, const Manifest& manifest, const PackSpec& spec) {
        builder_.put(CatalogPack{.id = PackId{row.id},
                                 .ref = manifest.ref,
                                 .config = compact(spec.config),
                                 .directory = directory_of(row.place)});
    }
    void put(const StoredObject& row, const Manifest& manifest, const TriggerSpec& spec) {
        builder_.put(TriggerId{row.id}, manifest.ref, spec);
    }
    void put(const StoredObject& row, const Manifest& manifest, ActionSpec& spec) {
        builder_.put(ActionId{row.id}, manifest.ref, std::move(spec));
    }
    void put(const StoredObject& row, const Manifest& manifest, const SensorSpec& spec);
    void put(const StoredObject& row, const Manifest& manifest, RuleSpec& spec);

    void remove(const StoredObject& row);

    void report(const StoredObject& row, std::string_view why) {
        problems_.push_back(
            fmt::format("{} {} is left out: {}", to_string(row.kind), row.ref.text(), why));
    }

    CatalogBuilder builder_;
    Ids ids_;
    std::vector<std::string> problems_;
};

void Compiler::put(const StoredObject& row, const Manifest& manifest, const SensorSpec& spec) {
    const auto& labels = manifest.metadata.labels;
    builder_.put(CatalogSensor{.id = SensorId{row.id},
                               .spec_rev = row.spec_rev,
                               .trigger = ids_.trigger(spec.trigger),
                               .runtime = spec.runtime,
                               .enabled = row.enabled_override.value_or(spec.enabled),
                               .ref = manifest.ref,
                               .label = label_of(manifest.metadata, manifest.ref),
                               .labels = labels.empty() ? "" : compact(Json(labels)),
                               .config = compact(spec.config)});
}

void Compiler::put(const StoredObject& row, const Manifest& manifest, RuleSpec& spec) {
    RuleInput rule{.id = RuleId{row.id},
                   .ref = manifest.ref,
                   .enabled = row.enabled_override.value_or(spec.enabled),
                   .label = label_of(manifest.metadata, manifest.ref),
                   .labels = manifest.metadata.labels,
                   .trigger = ids_.trigger(spec.trigger),
                   .sensors = {},
                   .action = ids_.action(spec.action),
                   .conditions = std::move(spec.conditions),
                   .params = std::move(spec.params)};
    // A sensor that is gone keeps its place as "none", so the rule never widens to all.
    for (const Ref& sensor : spec.sensors) rule.sensors.push_back(ids_.sensor(sensor));
    builder_.put(rule);
}

void Compiler::remove(const StoredObject& row) {
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

}  // namespace

CompiledCatalog compile_catalog(const Catalog* previous, Generation generation,
                                std::span<const StoredObject> rows) {
    Compiler compiler(previous, rows);
    for (const StoredObject& row : rows) compiler.take(row);
    return compiler.finish(generation);
}

}  // namespace attune
