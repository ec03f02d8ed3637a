#include "reconciler/directory_source.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>

#include "core/digest.h"
#include "core/ignore.h"
#include "core/limits.h"
#include "core/load.h"
#include "os/files.h"
#include "os/system_error.h"

namespace attune {
namespace {

// Files of git that stand while it rewrites a work tree, or waits half-way for somebody.
constexpr std::array<const char*, 6> kGitAtWork = {"index.lock",       "rebase-merge",
                                                   "rebase-apply",     "MERGE_HEAD",
                                                   "CHERRY_PICK_HEAD", "REVERT_HEAD"};

IgnoreRules ignore_rules(const std::string& root) {
    try {
        return IgnoreRules(read_file_below(root, ".attuneignore", limits::kFileBytes));
    } catch (const SystemError& error) {
        if (error.error() != ENOENT) throw;
        return {};  // most trees have none
    }
}

Diagnostic failure(std::string code, std::string message, std::string help) {
    Diagnostic diagnostic;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.help = std::move(help);
    return diagnostic;
}

}  // namespace

std::variant<SourceTree, Unsettled, SourceFailure> DirectorySource::scan() {
    texts_.clear();
    if (auto file = git_at_work()) return Unsettled{std::move(*file)};
    try {
        TreeOptions options{.ignore = ignore_rules(root_),
                            .endings = {".yaml", ".yml"},
                            .largest_file = limits::kFileBytes};
        std::optional<FilesBelow> files;
        auto scanned =
            scan_tree(root_, options, [&](const TreeListing& listing, const TreeEntry& entry) {
                if (!files) files.emplace(listing.root);
                read(*files, entry);
            });
        if (auto* unsettled = std::get_if<Unsettled>(&scanned)) return std::move(*unsettled);
        if (auto file = git_at_work()) return Unsettled{std::move(*file)};
        SourceTree tree = tree_of(std::move(std::get<TreeListing>(scanned)));
        const bool has_root_file =
            std::any_of(tree.files.begin(), tree.files.end(),
                        [](const TreeFile& file) { return file.path == kSourceFile; });
        if (has_root_file) return tree;
        return SourceFailure{failure(
            "ATT5002", fmt::format("{} has no {}", root_, kSourceFile),
            "a source has attune.yaml at its root; without it nothing is taken for removed")};
    } catch (const SystemError& error) {
        return SourceFailure{
            failure("ATT5001", fmt::format("source {} cannot be read: {}", root_, error.what()),
                    "what was applied last keeps running; check the path, its mount and its "
                    "permissions")};
    }
}

std::optional<std::string> DirectorySource::git_at_work() const {
    if (while_git_works_ == WhileGitWorks::kRead) return std::nullopt;
    for (const char* name : kGitAtWork) {
        std::error_code unknown;  // as in a tree without .git
        if (std::filesystem::exists(fmt::format("{}/.git/{}", root_, name), unknown)) {
            return fmt::format(".git/{}", name);
        }
    }
    return std::nullopt;
}

void DirectorySource::read(FilesBelow& files, const TreeEntry& entry) {
    const auto known = known_.find(entry.path);
    const bool same = known != known_.end() && known->second.entry == entry;
    if (same && known->second.certain) return;
    std::string bytes;
    try {
        bytes = files.read(entry.path, limits::kFileBytes);
    } catch (const SystemError& error) {
        if (error.error() != EACCES && error.error() != EIO && error.error() != EFBIG) throw;
        // tree_of() leaves it out of `files`: its objects freeze, the rest goes on.
        known_.insert_or_assign(entry.path, Known{entry, {}, false});
        return;
    }
    std::string digest = sha256_hex(bytes);
    const bool certain = same && known->second.digest == digest;
    known_.insert_or_assign(entry.path, Known{entry, std::move(digest), certain});
    texts_.insert_or_assign(entry.path, std::move(bytes));
}

SourceTree DirectorySource::tree_of(TreeListing listing) {
    SourceTree tree;
    std::string all;
    std::map<std::string, Known> kept;
    for (const TreeEntry& entry : listing.files) {
        auto known = known_.extract(entry.path);
        if (known.mapped().digest.empty()) {
            tree.skipped.push_back({entry.path, SkipCause::kUnreadable, EACCES});
        } else {
            tree.files.push_back({entry.path, known.mapped().digest});
            all.append(entry.path)
                .append(1, '\0')
                .append(known.mapped().digest)
                .append(1, '\n');
        }
        kept.insert(kept.end(), std::move(known));
    }
    known_ = std::move(kept);
    tree.digest = sha256_hex(all);
    for (const SkippedEntry& entry : listing.skipped) {
        if (entry.cause != SkipCause::kIgnored) tree.skipped.push_back(entry);
    }
    tree.listing = std::move(listing);
    return tree;
}

std::optional<std::string_view> DirectorySource::text(const TreeFile& file) {
    const auto known = texts_.find(file.path);
    if (known != texts_.end()) return known->second;
    try {
        std::string bytes = read_file_below(root_, file.path, limits::kFileBytes);
        if (sha256_hex(bytes) != file.digest) return std::nullopt;
        return texts_.emplace(file.path, std::move(bytes)).first->second;
    } catch (const SystemError&) {
        return std::nullopt;
    }
}

}  // namespace attune
