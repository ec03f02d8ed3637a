// Whole files, read within a limit and written so that a reader sees the old or the new one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace attune {

// The content of a regular file. Throws SystemError: EFBIG when it is longer than `limit`
// bytes, EINVAL when it is no regular file (a FIFO is never waited for), else what open and
// read say.
std::string read_file(const std::string& path, std::size_t limit);

// The same for `path` below the directory `root`: no segment of `path` may be a symbolic link
// (ELOOP), and none may be empty or `..` (EXDEV).
std::string read_file_below(const std::string& root, const std::string& path,
                            std::size_t limit);

// Replaces `path` in one step, surviving a power cut: written beside it, synced, renamed.
// Throws SystemError and leaves the old file (and nothing else) when it cannot.
void write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode = 0644);

// Makes a directory and its missing parents; `mode` (umask applies) is for those it makes.
// Throws SystemError, also when something else has the name.
void make_directories(const std::string& path, mode_t mode = 0755);

}  // namespace attune
