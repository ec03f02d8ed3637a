// Whole files, read within a limit and written so that a reader sees the old or the new one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace attune {

// The content of a regular file. Throws SystemError: EFBIG when it is longer than `limit`
// bytes, EINVAL when it is no regular file (a FIFO is never waited for), else what open and
// read say.
std::string read_file(const std::string& path, std::size_t limit);

// Reads files below one directory, never through a link. The folder of the last one stays open,
// so that a tree is best read folder by folder.
class FilesBelow {
public:
    // Throws SystemError when `root` cannot be opened.
    explicit FilesBelow(const std::string& root);

    // As read_file(), with these beside its errors: no segment of `path` may be a symbolic link
    // (ELOOP), and none may be empty or `..` (EXDEV).
    std::string read(const std::string& path, std::size_t limit);

private:
    const UniqueFd& folder_of(const std::string& path);

    UniqueFd root_;
    std::string folder_path_;  // below root_; what folder_ is
    UniqueFd folder_;          // of the last file that did not stand in root_ itself
};

// The same for one file.
std::string read_file_below(const std::string& root, const std::string& path,
                            std::size_t limit);

// Replaces `path` in one step, surviving a power cut: written beside it, synced, renamed.
// Throws SystemError and leaves the old file (and nothing else) when it cannot.
void write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode = 0644);

// A file in memory without a name, to be read from its beginning. Throws SystemError.
UniqueFd memory_file(std::string_view bytes);

// Makes a directory and its missing parents; `mode` (umask applies) is for those it makes.
// Throws SystemError, also when something else has the name.
void make_directories(const std::string& path, mode_t mode = 0755);

}  // namespace attune
