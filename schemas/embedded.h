// Text files compiled into the programs: schemas and the built-in pack here, migrations in
// store/.
#pragma once

#include <span>
#include <string_view>

namespace attune {

struct EmbeddedFile {
    std::string_view name;  // path below the folder it was embedded from, "manifest/rule.json"
    std::string_view text;
};

// The JSON Schemas of this folder, *.schema.json.
std::span<const EmbeddedFile> embedded_schemas();

// The explanations of diagnostic codes, codes/*.yaml.
std::span<const EmbeddedFile> embedded_codes();

// The manifests of the built-in pack `core`.
std::span<const EmbeddedFile> embedded_core_pack();

}  // namespace attune
