#include "daemon/activation.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <system_error>

#include <gmock/gmock.h>

#include "os/pipe.h"
#include "tests/support/temp_directory.h"
#include "wire/unix_socket.h"

namespace attune {
namespace {

// Descriptors are handed over by number, from 3 up, so each case has a process of its own; it
// exits with what `body` returns.
int with_descriptors(const std::vector<int>& fds, const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        int number = 3;
        for (const int fd : fds) {
            const int far = ::fcntl(fd, F_DUPFD, 100);
            ::dup2(far, number++);
        }
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", std::to_string(fds.size()).c_str(), 1);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int refused() {
    try {
        activated_control_socket();
    } catch (const std::system_error&) {
        return 7;
    }
    return 0;
}

class ActivationTest : public testing::Test {
protected:
    TempDirectory directory;
    UnixListener listener = UnixListener::bind(directory / "control.sock", {});
};

TEST_F(ActivationTest, WithoutSystemdThereIsNone) { EXPECT_FALSE(activated_control_socket()); }

TEST_F(ActivationTest, TheSocketOfSystemdIsTakenOnceAndForUsAlone) {
    EXPECT_EQ(with_descriptors({listener.fd()},
                               [] {
                                   const auto socket = activated_control_socket();
                                   const bool ours = socket.get() == 3 &&
                                                     (::fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 &&
                                                     ::getenv("LISTEN_FDS") == nullptr;
                                   return ours && !activated_control_socket() ? 7 : 0;
                               }),
              7);
}

TEST_F(ActivationTest, TheRunnersSocketKeepsPacketsApart) {
    const auto packets =
        UnixListener::bind(directory / "runner.sock", std::nullopt, SOCK_SEQPACKET);
    EXPECT_EQ(with_descriptors({packets.fd()},
                               [] { return activated_runner_socket().get() == 3 ? 7 : 0; }),
              7);
    EXPECT_EQ(with_descriptors({packets.fd()}, refused), 7);
}

TEST_F(ActivationTest, AnythingElseIsRefused) {
    const auto pipe = make_pipe();
    EXPECT_EQ(with_descriptors({pipe.read.get()}, refused), 7);
    EXPECT_EQ(with_descriptors({listener.fd(), listener.fd()}, refused), 7);
}

}  // namespace
}  // namespace attune
