// Between a manifest's document and its typed form.
#pragma once

#include <string>

#include "core/json.h"
#include "core/manifest.h"
#include "core/source.h"

namespace attune {

// The manifest that `document` says, without its digests. Requires that the kind's published
// schema accepts it.
Manifest read_manifest(Kind kind, Ref ref, Json document, Place place);

void add_digests(Manifest& manifest);

SourceSpec read_source_spec(const Json& document);

// The sensor runtime as it is spelt, or nullopt for one that attune does not have.
std::optional<SensorRuntime> parse_runtime(std::string_view text);

// What runs a sensor of `trigger` whose manifest does not say: attune itself, if it can raise
// such events.
SensorRuntime usual_runtime(std::string_view trigger);

}  // namespace attune
