// Which files of a tree are manifests, and of which pack.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/source.h"
#include "os/tree.h"

namespace attune {

class PackLayout {
public:
    // `source.packs` are globs of directories; `*` stays within a segment.
    PackLayout(const SourceSpec& source, const TreeListing& listing);

    // The pack directory that `path` is in, "packs/ops"; "" for a file beside the packs, which
    // is a finding; nullopt for what is none of ours: outside the globs' folders, or among a
    // pack's files/ and tests/.
    std::optional<std::string> pack_of(std::string_view path) const;

    // Of the packs, sorted, relative to the root.
    const std::vector<std::string>& directories() const { return directories_; }

    // Which of the source's globs match no directory, by their index.
    const std::vector<std::size_t>& unmatched() const { return unmatched_; }

    // Whether manifests could have come from `path`, a file or directory that was skipped.
    bool concerns(std::string_view path) const;

private:
    bool in_folder(std::string_view path) const;

    std::vector<std::string> directories_;  // the packs', sorted
    std::vector<std::string> folders_;      // what the globs look into: "packs", or "" for all
    std::vector<std::size_t> unmatched_;
};

}  // namespace attune
