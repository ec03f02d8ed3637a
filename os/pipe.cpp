#include "os/pipe.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/system_error.h"

namespace attune {

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("cannot make a pipe");
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd make_named_pipe(const std::string& path) {
    if (::mkfifo(path.c_str(), 0600) != 0) throw_errno("cannot make the pipe " + path);
    UniqueFd both(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!both) throw_errno("cannot open the pipe " + path);
    return both;
}

void set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        throw_errno("cannot make a descriptor non-blocking");
    }
}

std::ptrdiff_t write_some(int fd, std::string_view bytes) {
    // SIGPIPE is sent to the writing thread. It is held back here and, if this write is what
    // raised it, taken before anyone else sees it.
    sigset_t pipe_signal;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);

    ssize_t written = 0;
    do {
        written = ::write(fd, bytes.data(), bytes.size());
    } while (written < 0 && errno == EINTR);
    const int error = written < 0 ? errno : 0;

    if (error == EPIPE && !was_pending) {
        const timespec at_once{};
        while (::sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error == EAGAIN) return 0;
    return error != 0 ? -error : written;
}

}  // namespace attune
