// A directory as a source of manifests, seen whole or not at all.
//
// Somebody may write to the tree while it is read (an editor, rsync, `git checkout`), so a scan
// counts only when nothing moved meanwhile, and a tree without its attune.yaml is a broken
// mount, never an empty configuration. What was read of an unchanged file is not read again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/diagnostic.h"
#include "os/tree.h"

namespace attune {

class FilesBelow;  // os/files.h

inline constexpr std::string_view kSourceFile = "attune.yaml";

struct TreeFile {
    std::string path;    // relative to the root, '/' between segments
    std::string digest;  // hex SHA-256 of its bytes

    friend bool operator==(const TreeFile&, const TreeFile&) = default;
};

struct SourceTree {
    std::string digest;                 // over every path and content
    std::vector<TreeFile> files;        // *.yaml and *.yml, by path
    std::vector<SkippedEntry> skipped;  // what would be among them, but cannot be read
    TreeListing listing;                // for TreeWatcher::cover()
};

// The tree cannot be read at all (ATT5001, ATT5002).
struct SourceFailure {
    Diagnostic diagnostic;
};

// What a scan makes of a work tree that git is at work in (index.lock, a rebase, a merge): its
// files may be of two commits. Who only looks, from a hook of git's perhaps, may look anyway.
enum class WhileGitWorks { kUnsettled, kRead };

class DirectorySource {
public:
    // Links in `root` are followed, anew for each scan; none inside the tree is.
    explicit DirectorySource(std::string root,
                             WhileGitWorks while_git_works = WhileGitWorks::kUnsettled)
        : root_(std::move(root)), while_git_works_(while_git_works) {}

    const std::string& root() const { return root_; }

    // Reads what is new. Unsettled: look again a little later.
    std::variant<SourceTree, Unsettled, SourceFailure> scan();

    // The bytes of a file of the last scan; nullopt when it is another file by now. Valid
    // until the next call of scan() or forget_texts().
    std::optional<std::string_view> text(const TreeFile& file);

    // Gives back the memory of the texts that were read.
    void forget_texts() { texts_.clear(); }

private:
    struct Known {
        TreeEntry entry;
        std::string digest;
        // Read twice with the same result: a change within the clock tick of the first
        // reading could not be told by the entry alone.
        bool certain = false;
    };

    void read(FilesBelow& files, const TreeEntry& entry);
    SourceTree tree_of(TreeListing listing);

    std::optional<std::string> git_at_work() const;

    std::string root_;
    WhileGitWorks while_git_works_;
    std::map<std::string, Known> known_;
    std::map<std::string, std::string> texts_;
};

}  // namespace attune
