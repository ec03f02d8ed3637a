// Bytes of a file to Manifests: pure, per file, so it can be cached by the bytes' digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/json.h"
#include "core/manifest.h"
#include "core/node.h"
#include "core/source.h"

namespace attune {

// A document that says which object it is but not validly what: that object is frozen.
struct BrokenObject {
    Kind kind = Kind::kPack;
    Ref ref;
    Place place;
    // The document without its faulty parts, when the rest is a manifest: never applied, but
    // what else is wrong with it can be found.
    std::optional<Manifest> sound_part;
    std::vector<std::string> faulty;  // pointers of those parts
};

struct LoadedFile {
    std::string path;                  // relative to the source's root
    std::string pack;                  // the enclosing pack directory's name
    std::vector<Manifest> manifests;   // valid by their schemas
    std::vector<BrokenObject> broken;  // identified, not valid
    // False: some document cannot be told, so everything last known from this path is frozen.
    bool identified = true;
    Diagnostics diagnostics;  // ATT1xxx, ATT2xxx, ATT3004 and what else one file shows, sorted
};

// What manifests are loaded for. Those that are only checked have neither document nor digests:
// that is a third of their memory, and a tenth of the time.
enum class LoadedFor { kApplying, kChecking };

// `pack`: the pack directory that the file is in, "packs/ops", or the name alone of a file that
// stands by itself; empty: none, which is a finding.
LoadedFile load_file(std::string_view path, std::string_view pack, std::string_view bytes,
                     LoadedFor purpose = LoadedFor::kApplying);

struct LoadedSource {
    std::optional<SourceSpec> source;  // nullopt: refused, see diagnostics
    Diagnostics diagnostics;
};

// The root attune.yaml.
LoadedSource load_source(std::string_view path, std::string_view bytes);

// A manifest from its stored document. Fault: the first thing its schema has against it,
// as when an older attune wrote it.
Result<Manifest> load_document(const Json& document, const Place& place);

// The built-in pack `core`, loaded once for the process; files are named "core:triggers/...".
const std::vector<Manifest>& core_manifests();

}  // namespace attune
