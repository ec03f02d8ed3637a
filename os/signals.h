// Signals as something to poll, not as an interruption.
#pragma once

#include <initializer_list>
#include <optional>

#include "os/unique_fd.h"

namespace attune {

class SignalFd {
public:
    // Holds the signals back in the calling thread and all it starts from then on, so it is
    // made before any other thread. They stay held back when it is destroyed: a signal on its
    // way must not kill a program that is stopping. Throws SystemError.
    explicit SignalFd(std::initializer_list<int> signals);

    int fd() const { return fd_.get(); }  // readable: next() has something

    // The next signal that has come, or nullopt.
    std::optional<int> next();

private:
    UniqueFd fd_;
};

// Ends this process by `signal_number`, as it ends one that does nothing about it: whoever
// waits for the process is told of the signal.
[[noreturn]] void die_by(int signal_number);

// A write to a pipe or socket without a reader fails with EPIPE and never kills the process.
// For the whole process; programs that are started get the default back.
void ignore_broken_pipes();

}  // namespace attune
