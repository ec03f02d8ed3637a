// pidfd_open(2) and pidfd_send_signal(2) by their numbers: glibc 2.36 declares its wrappers
// without C linkage, so C++ cannot link to them.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "os/unique_fd.h"

namespace attune {

// Empty, with errno, when there is no such process. Becomes readable when the process ends.
inline UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
}

// Whether the signal was sent.
inline bool signal_pidfd(int pidfd, int signal_number) {
    return ::syscall(SYS_pidfd_send_signal, pidfd, signal_number, nullptr, 0U) == 0;
}

}  // namespace attune
