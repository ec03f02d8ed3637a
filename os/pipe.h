// Pipes of ours: never inherited by a program that is started (O_CLOEXEC).
#pragma once

#include <cstddef>
#include <string_view>

#include "os/unique_fd.h"

namespace attune {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

// Both ends block. Throws SystemError (EMFILE, ENFILE).
Pipe make_pipe();

// Throws SystemError.
void set_nonblocking(int fd);

// Writes what fits now and returns how many bytes that were, 0 when nothing fits. A reader
// that has gone is told by -EPIPE, never by a signal, whatever the process does with SIGPIPE.
// Other errors come negated too.
std::ptrdiff_t write_some(int fd, std::string_view bytes);

}  // namespace attune
