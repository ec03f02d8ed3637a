// Pipes of ours: never inherited by a program that is started (O_CLOEXEC).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace attune {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

// Both ends block. Throws SystemError (EMFILE, ENFILE).
Pipe make_pipe();

// Makes a named pipe that only this user may open, and opens both of its ends, not blocking:
// so it has a reader and a writer as long as this descriptor is open, and whoever opens it
// never waits. Throws SystemError.
UniqueFd make_named_pipe(const std::string& path);

// Throws SystemError.
void set_nonblocking(int fd);

// Writes what fits now and returns how many bytes that were, 0 when nothing fits. A reader
// that has gone is told by -EPIPE, never by a signal, whatever the process does with SIGPIPE.
// Other errors come negated too.
std::ptrdiff_t write_some(int fd, std::string_view bytes);

}  // namespace attune
