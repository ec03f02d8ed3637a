// The one table of kinds: what drives loading, checking, applying and showing them.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/json.h"
#include "core/json_schema.h"
#include "core/manifest.h"

namespace attune {

inline constexpr std::string_view kApiVersion = "attune/v1";

struct KindInfo {
    Kind kind;
    std::string_view name;       // "Sensor", as in `kind:`
    std::string_view singular;   // "sensor", as in `attune describe sensor`
    std::string_view plural;     // "sensors": the folder of a pack, `attune get sensors`
    std::string_view schema;     // "sensor.schema.json", in embedded_schemas()
    std::string_view refers_to;  // the kinds its spec names, for people: "trigger, action"
};

// All kinds of the catalog in the order they are applied; index = static_cast<int>(kind).
std::span<const KindInfo> kinds();
const KindInfo& info(Kind kind);
// By name, singular or plural, ignoring case: what people type.
std::optional<Kind> find_kind(std::string_view word);

// The published schema of a kind's manifests, and of the root attune.yaml.
const Json& schema_document(Kind kind);
const Json& source_schema_document();
// The same, compiled once for the process.
const JsonSchema& compiled_schema(Kind kind);
const JsonSchema& compiled_source_schema();

}  // namespace attune
