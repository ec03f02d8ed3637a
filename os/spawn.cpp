#include "os/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "os/exec.h"
#include "os/pidfd.h"
#include "os/pipe.h"
#include "os/process_info.h"
#include "os/system_clock.h"
#include "os/system_error.h"

namespace attune {
namespace {

// Pids of all living Child objects, so that reap_orphans() takes nobody's exit status. It is
// held across fork: a child is never seen without its owner.
std::mutex owned_mutex;
std::set<pid_t>& owned_pids() {
    static std::set<pid_t> pids;
    return pids;
}

void disown(pid_t pid) {
    const std::lock_guard lock(owned_mutex);
    owned_pids().erase(pid);
}

// No handler of ours may run in the child before it has reset them.
class AllSignalsBlocked {
public:
    AllSignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    AllSignalsBlocked(const AllSignalsBlocked&) = delete;
    AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
    ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

ExitStatus to_status(const siginfo_t& info) {
    ExitStatus status;
    if (info.si_code == CLD_EXITED) {
        status.code = info.si_status;
    } else {
        status.signal = info.si_status;
    }
    return status;
}

std::string words(const ExecFailure& failure) { return std::string(to_string(failure.step)); }

}  // namespace

std::string describe(const ExitStatus& status) {
    if (status.error != 0) {
        return status.failed_step + ": " + std::generic_category().message(status.error);
    }
    if (status.signal != 0) {
        const char* name = ::sigabbrev_np(status.signal);
        return "killed by " +
               (name != nullptr ? "SIG" + std::string(name) : std::to_string(status.signal));
    }
    return "exit code " + std::to_string(status.code);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      own_group_(other.own_group_),
      pidfd_(std::move(other.pidfd_)),
      gate_(std::move(other.gate_)),
      report_(std::move(other.report_)),
      status_(std::move(other.status_)) {}

Child& Child::operator=(Child&& other) noexcept {
    if (this == &other) return *this;
    end();
    pid_ = std::exchange(other.pid_, -1);
    own_group_ = other.own_group_;
    pidfd_ = std::move(other.pidfd_);
    gate_ = std::move(other.gate_);
    report_ = std::move(other.report_);
    status_ = std::move(other.status_);
    return *this;
}

Child::~Child() { end(); }

void Child::end() {
    if (pid_ < 0 || status_) return;
    signal_group(SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
    }
    disown(pid_);
    pid_ = -1;
}

void Child::open_gate() {
    if (!gate_) return;
    write_some(gate_.get(), "g");
    gate_.reset();
}

bool Child::has_ended() const {
    if (status_) return true;
    siginfo_t info{};
    const int failed =
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (failed != 0) return errno == ECHILD;
    return info.si_pid == pid_;
}

std::optional<ExitStatus> Child::poll() {
    if (status_) return status_;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) != 0) {
        // Somebody else in this process reaped it (or SIGCHLD is ignored): it has ended, and
        // nobody will ever learn how.
        status_ = ExitStatus{.error = errno, .failed_step = "cannot learn the exit status of"};
        disown(pid_);
        return status_;
    }
    if (info.si_pid != pid_) return std::nullopt;
    disown(pid_);
    status_ = to_status(info);
    if (const auto failure = read_exec_failure(report_.get())) {
        status_->error = failure->error;
        status_->failed_step = words(*failure);
    }
    return status_;
}

std::optional<ExitStatus> Child::wait_for(Duration timeout) {
    const SystemClock clock;
    const Duration deadline = clock.elapsed() + timeout;
    for (;;) {
        if (auto status = poll()) return status;
        const Duration left = deadline - clock.elapsed();
        if (left <= Duration::zero()) return std::nullopt;
        pollfd ended{pidfd_.get(), POLLIN, 0};
        const auto capped = std::min<Duration>(left, std::chrono::minutes(1));
        ::poll(&ended, 1,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(capped).count()));
    }
}

ExitStatus Child::wait() {
    for (;;) {
        if (auto status = wait_for(std::chrono::minutes(1))) return *status;
    }
}

void Child::signal(int signal_number) {
    if (pid_ > 0 && !status_) ::kill(pid_, signal_number);
}

void Child::signal_group(int signal_number) {
    if (pid_ > 0 && !status_) ::kill(own_group_ ? -pid_ : pid_, signal_number);
}

Child spawn(const SpawnOptions& options) {
    assert(!options.argv.empty());
    Pipe report = make_pipe();
    Pipe gate;
    if (options.gated) gate = make_pipe();
    const ExecPlan plan(options, report.write.get(), gate.read.get());

    Child child;
    child.own_group_ = options.own_group;
    {
        const std::lock_guard lock(owned_mutex);
        const AllSignalsBlocked blocked;
        const pid_t pid = ::fork();
        if (pid == 0) plan.execute();
        if (pid < 0) throw_errno("cannot start " + options.argv.front());
        child.pid_ = pid;
        owned_pids().insert(pid);
    }
    // Both sides do it, so that the group exists for whoever acts first. It fails when the
    // child was quicker, which is as good.
    if (options.own_group) ::setpgid(child.pid_, child.pid_);
    child.pidfd_ = open_pidfd(child.pid_);
    if (!child.pidfd_) throw_errno("cannot watch " + options.argv.front());
    child.gate_ = std::move(gate.write);
    child.report_ = std::move(report.read);
    report.write.reset();
    if (!options.gated) {
        if (const auto failure = read_exec_failure(child.report_.get())) {
            child.wait();
            throw SystemError(failure->error, words(*failure) + " " + options.argv.front());
        }
        child.report_.reset();
    }
    return child;
}

ExitStatus run_to_end(SpawnOptions options, std::string* output, Duration timeout) {
    options.own_group = true;
    Pipe pipe = make_pipe();
    set_nonblocking(pipe.read.get());
    if (options.stdout_fd < 0) options.stdout_fd = pipe.write.get();
    if (options.stderr_fd < 0) options.stderr_fd = pipe.write.get();
    Child child = spawn(options);
    pipe.write.reset();

    const auto drain = [&] {
        std::array<char, 16384> chunk;
        ssize_t got = 0;
        while ((got = ::read(pipe.read.get(), chunk.data(), chunk.size())) > 0) {
            if (output == nullptr) continue;
            const auto room = kRunOutputBytes - std::min(output->size(), kRunOutputBytes);
            output->append(chunk.data(), std::min(room, static_cast<std::size_t>(got)));
        }
        if (got == 0) pipe.read.reset();
    };

    const SystemClock clock;
    const Duration deadline = clock.elapsed() + timeout;
    while (!child.has_ended()) {
        const Duration left = deadline - clock.elapsed();
        if (left <= Duration::zero()) {
            const auto limit = std::chrono::duration<double>(timeout).count();
            throw SystemError(ETIMEDOUT, fmt::format("{} ran for more than {} s",
                                                     options.argv.front(), limit));
        }
        pollfd fds[] = {{child.pidfd(), POLLIN, 0}, {pipe.read.get(), POLLIN, 0}};
        const auto capped = std::min<Duration>(left, std::chrono::minutes(1));
        ::poll(fds, 2,
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(capped).count()));
        if (fds[1].revents != 0) drain();
    }
    child.signal_group(SIGKILL);
    if (pipe.read) drain();
    return child.wait();
}

void adopt_orphans() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        throw_errno("cannot become the parent of orphaned processes");
    }
}

int reap_orphans() {
    const std::lock_guard lock(owned_mutex);
    int reaped = 0;
    // Nearly always nobody has ended, and /proc need not be read.
    siginfo_t any{};
    if (::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) != 0 || any.si_pid == 0) return 0;
    for (const pid_t pid : ended_children()) {
        if (owned_pids().contains(pid)) continue;
        if (::waitpid(pid, nullptr, WNOHANG) == pid) ++reaped;
    }
    return reaped;
}

}  // namespace attune
