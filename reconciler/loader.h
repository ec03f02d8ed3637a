// A tree's texts as manifests, parsing only what is new.
//
// Loading a file is pure and depends on its bytes and its pack alone, so what was loaded is
// kept by digest; what has to be parsed is parsed on as many threads as there are processors.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.h"
#include "core/load.h"
#include "core/source.h"
#include "reconciler/directory_source.h"

namespace attune {

struct LoadedTree {
    std::optional<SourceSpec>
        source;  // nullopt: attune.yaml is refused, nothing else is loaded
    std::vector<std::shared_ptr<const LoadedFile>>
        files;                                  // by path, attune.yaml not among them
    std::vector<TreeFile> texts;                // of the files, in the same order
    std::vector<std::string> pack_directories;  // "packs/ops", sorted
    // Paths (of files and directories) that manifests may have come from earlier and that
    // cannot be read now: what was last known from them stays.
    std::vector<std::string> unreadable;
    Diagnostics diagnostics;  // of attune.yaml and of what was skipped; a file's are its own
};

class Loader {
public:
    // Of more manifests than this nothing is kept: memory then weighs more than time.
    static constexpr std::size_t kKeptManifests = 20'000;

    // What is loaded for checking is not kept: whoever checks does so once.
    explicit Loader(LoadedFor purpose = LoadedFor::kApplying) : purpose_(purpose) {}

    // `tree` is the last scan of `source`.
    LoadedTree load(const SourceTree& tree, DirectorySource& source);

private:
    struct Kept {
        std::string digest;
        std::string pack;
        std::shared_ptr<const LoadedFile> file;
    };
    struct Task {
        const TreeFile* file;
        std::string pack;
        std::string_view text;
        std::shared_ptr<const LoadedFile> loaded;
        bool to_be_kept = true;
    };

    void run(std::vector<Task*>& tasks) const;
    void keep(const std::vector<Task>& tasks);

    const LoadedFor purpose_;
    std::map<std::string, Kept> kept_;
};

}  // namespace attune
