#include "os/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "core/json.h"
#include "os/progress.h"
#include "os/system_error.h"
#include "os/unique_fd.h"

namespace attune {
namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
constexpr int kDeepest = 64;

std::int64_t nanoseconds(const timespec& moment) {
    return static_cast<std::int64_t>(moment.tv_sec) * 1'000'000'000 + moment.tv_nsec;
}

bool is_utf8(std::string_view name) {
    try {
        Json(name).dump();
    } catch (const Json::type_error&) {
        return false;
    }
    return true;
}

std::string escaped(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        text +=
            byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return text;
}

// Reads one tree, directory by directory through descriptors: a directory that is renamed
// meanwhile is still the one that is read, and no link is followed.
class Lister {
public:
    Lister(const TreeOptions& options, TreeListing& listing)
        : options_(options), listing_(listing) {}

    void list(UniqueFd directory, const std::string& prefix, int depth = 0) {
        const int fd = directory.get();
        const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), ::closedir);
        if (!stream) return skip(prefix, SkipCause::kUnreadable, errno);
        directory.release();  // closedir closes it
        for (;;) {
            errno = 0;
            const dirent* entry = ::readdir(stream.get());
            if (entry == nullptr) break;
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") take(fd, prefix, name, depth);
        }
        if (errno != 0) skip(prefix, SkipCause::kUnreadable, errno);
    }

private:
    void skip(std::string path, SkipCause cause, int error = 0) {
        if (cause == SkipCause::kUnreadable && error == ENOENT) return;  // gone meanwhile
        listing_.skipped.push_back({std::move(path), cause, error});
    }

    void take(int directory, const std::string& prefix, std::string_view name, int depth) {
        std::string path =
            prefix.empty() ? std::string(name) : prefix + "/" + std::string(name);
        if (!is_utf8(name)) return skip(escaped(path), SkipCause::kBadName);
        struct stat about {};
        if (::fstatat(directory, name.data(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
            return skip(std::move(path), SkipCause::kUnreadable, errno);
        }
        const bool is_directory = S_ISDIR(about.st_mode);
        if (options_.ignore.ignores(path, is_directory) ||
            (!is_directory && !has_wanted_ending(name))) {
            // A link is told of whatever its name: it may have been meant as a directory.
            const bool hidden = options_.ignore.ignores(path, is_directory);
            const bool told = S_ISLNK(about.st_mode) && !hidden;
            return skip(std::move(path), told ? SkipCause::kSymlink : SkipCause::kIgnored);
        }
        if (S_ISLNK(about.st_mode)) return skip(std::move(path), SkipCause::kSymlink);
        if (!is_directory && !S_ISREG(about.st_mode)) {
            return skip(std::move(path), SkipCause::kNotRegular);
        }
        const auto size = static_cast<std::uint64_t>(about.st_size);
        if (!is_directory && size > options_.largest_file) {
            return skip(std::move(path), SkipCause::kTooLarge);
        }
        auto& entries = is_directory ? listing_.directories : listing_.files;
        entries.push_back({path, is_directory, about.st_dev, about.st_ino, size,
                           nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)});
        if (is_directory) enter(directory, name, path, depth + 1);
    }

    void enter(int directory, std::string_view name, const std::string& path, int depth) {
        // Each level holds a descriptor.
        if (depth > kDeepest) return skip(path, SkipCause::kTooDeep);
        UniqueFd inner(::openat(directory, name.data(), kDirectoryFlags));
        if (!inner) return skip(path, SkipCause::kUnreadable, errno);
        list(std::move(inner), path, depth);
    }

    bool has_wanted_ending(std::string_view name) const {
        return options_.endings.empty() ||
               std::ranges::any_of(options_.endings,
                                   [&](const auto& ending) { return name.ends_with(ending); });
    }

    const TreeOptions& options_;
    TreeListing& listing_;
};

std::string resolve(const std::string& root) {
    const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(root.c_str(), nullptr),
                                                          std::free);
    if (!resolved) throw_errno("cannot read " + root);
    return resolved.get();
}

// The first path that stands in one list only, or differs.
std::string first_difference(const std::vector<TreeEntry>& before,
                             const std::vector<TreeEntry>& after) {
    const auto [old_at, new_at] =
        std::mismatch(before.begin(), before.end(), after.begin(), after.end());
    if (old_at == before.end() && new_at == after.end()) return {};
    if (old_at == before.end()) return new_at->path;
    if (new_at == after.end()) return old_at->path;
    return std::min(old_at->path, new_at->path);
}

std::string what_moved(const TreeListing& before, const TreeListing& after) {
    if (auto path = first_difference(before.files, after.files); !path.empty()) return path;
    return first_difference(before.directories, after.directories);
}

}  // namespace

std::string_view to_string(SkipCause cause) {
    switch (cause) {
        case SkipCause::kIgnored:
            return "is ignored";
        case SkipCause::kSymlink:
            return "is a symbolic link, which is not followed inside a source";
        case SkipCause::kNotRegular:
            return "is no regular file";
        case SkipCause::kTooLarge:
            return "is larger than a manifest may be";
        case SkipCause::kTooDeep:
            return "is nested too deeply";
        case SkipCause::kUnreadable:
            return "cannot be read";
        case SkipCause::kBadName:
            return "has a name that is not UTF-8";
    }
    return "";
}

TreeListing list_tree(const std::string& root, const TreeOptions& options) {
    const WaitsOutside disk;
    TreeListing listing;
    listing.root = resolve(root);
    UniqueFd directory(::open(listing.root.c_str(), kDirectoryFlags));
    struct stat about {};
    if (!directory || ::fstat(directory.get(), &about) != 0) throw_errno("cannot read " + root);
    listing.root_device = about.st_dev;
    listing.root_inode = about.st_ino;
    Lister(options, listing).list(std::move(directory), "");
    std::ranges::sort(listing.directories, {}, &TreeEntry::path);
    std::ranges::sort(listing.files, {}, &TreeEntry::path);
    std::ranges::sort(listing.skipped, {}, &SkippedEntry::path);
    return listing;
}

std::variant<TreeListing, Unsettled> scan_tree(
    const std::string& root, const TreeOptions& options,
    const std::function<void(const TreeListing&, const TreeEntry&)>& visit) {
    TreeListing before = list_tree(root, options);
    for (const auto& file : before.files) {
        try {
            visit(before, file);
        } catch (const SystemError& error) {
            if (error.error() != ENOENT && error.error() != ESTALE && error.error() != ELOOP) {
                throw;
            }
            return Unsettled{file.path};
        }
    }
    const TreeListing after = list_tree(root, options);
    if (before == after) return before;
    return Unsettled{what_moved(before, after)};
}

}  // namespace attune
