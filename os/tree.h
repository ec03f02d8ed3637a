// What lies below a directory, and a way to read it that cannot see half of a change.
//
// A tree may be rewritten while it is read. scan_tree() lists it, lets the caller read, lists
// it again and accepts only when nothing in between has moved.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ignore.h"

namespace attune {

struct TreeEntry {
    std::string path;  // relative to the root, '/' between segments
    bool directory = false;
    dev_t device = 0;
    ino_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    // Nobody can set it back, so a file with equal numbers has equal content: a caller may
    // keep what it read of an earlier scan.
    std::int64_t changed_ns = 0;

    friend bool operator==(const TreeEntry&, const TreeEntry&) = default;
};

enum class SkipCause {
    kIgnored,     // by IgnoreRules; nothing to report
    kSymlink,     // links are followed for the root only
    kNotRegular,  // a FIFO, socket or device
    kTooLarge,
    kTooDeep,     // more than 64 directories inside one another
    kUnreadable,  // a file or directory that permissions keep from us, an I/O error
    kBadName,     // not UTF-8; `path` shows the bytes as \xNN
};

struct SkippedEntry {
    std::string path;
    SkipCause cause = SkipCause::kIgnored;
    int error = 0;  // kUnreadable: the errno

    friend bool operator==(const SkippedEntry&, const SkippedEntry&) = default;
};

// "is a symbolic link, which is not followed inside a source", ...: for a warning.
std::string_view to_string(SkipCause cause);

struct TreeListing {
    std::string root;  // absolute, links resolved
    dev_t root_device = 0;
    ino_t root_inode = 0;
    std::vector<TreeEntry> directories;  // by path; the root itself is not among them
    std::vector<TreeEntry> files;        // by path; regular files that are not ignored
    std::vector<SkippedEntry> skipped;   // by path

    friend bool operator==(const TreeListing&, const TreeListing&) = default;
};

struct TreeOptions {
    IgnoreRules ignore;
    std::vector<std::string> endings = {".yaml", ".yml"};  // other names are ignored; none: all
    std::size_t largest_file = 1024 * 1024;
};

// Throws SystemError when the root itself cannot be read (missing, no directory, EACCES).
// What goes wrong further down is among `skipped`; what disappears while it is listed is left
// out.
TreeListing list_tree(const std::string& root, const TreeOptions& options);

// Something moved under the reader's hands; look again a little later.
struct Unsettled {
    std::string path;  // the first that moved; empty: the root itself
};

// Lists, calls `visit` once for each file (to read it with read_file_below, or not), lists
// again. A SystemError ENOENT, ESTALE or ELOOP out of `visit` counts as a move; other
// exceptions pass through. Throws as list_tree().
std::variant<TreeListing, Unsettled> scan_tree(
    const std::string& root, const TreeOptions& options,
    const std::function<void(const TreeListing&, const TreeEntry&)>& visit);

}  // namespace attune
