// Checking manifests without a daemon, a database or a network: what `attune validate` does.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/manifest.h"

namespace attune {

struct Validation {
    Diagnostics diagnostics = {};                   // sorted
    std::size_t files = 0;                          // that were looked at
    std::map<std::string, std::string> texts = {};  // of files with findings, for excerpts
};

// The whole source at `root`, a directory with an attune.yaml: every file, identities,
// references, schedules, and that commands can be run. Files are named relative to `root`.
// Throws CommandFailed when the tree does not stay still.
Validation validate_source(const std::string& root);

// One file of a source: the whole source is checked, and what concerns `path` (below `root`)
// is told, under the name `shown`. So are errors of the attune.yaml, for nothing is read with
// them, and a file that is not there or not read as a manifest is one (ATT5006).
Validation validate_file_of_source(const std::string& root, const std::string& path,
                                   const std::string& shown);

// A text by itself: references to what it does not declare are not held against it, unless
// they are to the built-in pack. `pack`: of its objects; empty: the one its first ref names.
Validation validate_text(const std::string& name, const std::string& bytes,
                         const std::string& pack);

// The valid sensors among the manifests of a source's directory, or of one file by itself.
// Throws CommandFailed when the source cannot be read at all.
std::vector<Manifest> sensors_of_source(const std::string& root);
std::vector<Manifest> sensors_of_text(const std::string& name, const std::string& bytes);

// The nearest directory at or above `path` that holds an attune.yaml; "" when there is none.
std::string find_source_root(const std::string& path);

}  // namespace attune
