// A tree that was loaded, checked against what its source last applied: what a plan is made of.
#pragma once

#include <memory>
#include <vector>

#include "core/check.h"
#include "core/plan.h"
#include "core/zone_source.h"
#include "reconciler/directory_source.h"
#include "reconciler/loader.h"

namespace attune {

struct Candidate {
    SourceSpec source;
    // Its manifests are those of the LoadedTree (which must outlive it) and of `restored`.
    Checked checked;
    Diagnostics diagnostics;  // of the tree and of the check, sorted
    std::vector<SourceFile> source_files;

    std::vector<const LoadedFile*> files;
    // Stand for files that cannot be read, so that what was known from them freezes.
    std::vector<std::unique_ptr<LoadedFile>> placeholders;
    // Last applied ones that are not as in the tree, made from their documents.
    std::vector<std::unique_ptr<Manifest>> restored;
};

// `tree` is the last scan of `texts`, `loaded` what was loaded of it (with a source), `state`
// what is stored of that source, `now` when what is new would be created.
Candidate check_tree(const LoadedTree& loaded, const SourceTree& tree, const StoredState& state,
                     DirectorySource& texts, TimePoint now, const ZoneSource& zones);

}  // namespace attune
