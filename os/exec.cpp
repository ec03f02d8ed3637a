#include "os/exec.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace attune {
namespace {

// Where the child keeps its own two pipes while it arranges the rest.
constexpr int kReport = 3;
constexpr int kGate = 4;
// Above every descriptor that is arranged, so that no dup2 overwrites a source.
constexpr int kAside = 10;

[[noreturn]] void fail(int report_fd, ExecStep step, int error) {
    const ExecFailure failure{step, error};
    ssize_t written = 0;
    do {
        written = ::write(report_fd, &failure, sizeof failure);
    } while (written < 0 && errno == EINTR);
    ::_exit(127);
}

int set_aside(int fd, int report_fd) {
    const int copy = fd < 0 ? ::open("/dev/null", O_RDWR) : fd;
    const int aside = copy < 0 ? -1 : ::fcntl(copy, F_DUPFD, kAside);
    if (aside < 0) fail(report_fd, ExecStep::kDescriptors, errno);
    return aside;
}

void place(int aside, int target, int report_fd) {
    if (::dup2(aside, target) < 0) fail(report_fd, ExecStep::kDescriptors, errno);
}

void reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    // Signals that cannot be set (KILL, STOP, the C library's own) refuse; that is fine.
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

std::string_view to_string(ExecStep step) {
    switch (step) {
        case ExecStep::kDescriptors:
            return "cannot arrange the descriptors of";
        case ExecStep::kGroup:
            return "cannot make a process group for";
        case ExecStep::kDirectory:
            return "cannot enter the working directory of";
        case ExecStep::kAccount:
            return "cannot change the user of";
        case ExecStep::kExecute:
            return "cannot execute";
    }
    return "";
}

std::optional<ExecFailure> read_exec_failure(int report_fd) {
    if (report_fd < 0) return std::nullopt;
    ExecFailure failure;
    ssize_t got = 0;
    do {
        got = ::read(report_fd, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
    return failure;
}

ExecPlan::ExecPlan(const SpawnOptions& options, int report_fd, int gate_fd)
    : options_(options), report_fd_(report_fd), gate_fd_(gate_fd), parent_(::getpid()) {
    // execve takes char* const* for historical reasons; it changes nothing.
    for (const auto& argument : options.argv)
        argv_.push_back(const_cast<char*>(argument.c_str()));
    argv_.push_back(nullptr);
    for (const auto& entry : options.env) env_.push_back(const_cast<char*>(entry.c_str()));
    env_.push_back(nullptr);
}

void ExecPlan::arrange_descriptors() const {
    const int input = set_aside(options_.stdin_fd, report_fd_);
    const int output = set_aside(options_.stdout_fd, report_fd_);
    const int errors = set_aside(options_.stderr_fd, report_fd_);
    const int report = set_aside(report_fd_, report_fd_);
    const int gate = gate_fd_ < 0 ? -1 : set_aside(gate_fd_, report_fd_);
    place(input, 0, report);
    place(output, 1, report);
    place(errors, 2, report);
    place(report, kReport, report);
    if (gate >= 0) place(gate, kGate, kReport);
    // Not left to O_CLOEXEC alone: a child at its gate must hold nothing either, least of all
    // the gate of another child.
    const auto first = static_cast<unsigned>(gate >= 0 ? kGate + 1 : kReport + 1);
    if (::syscall(SYS_close_range, first, ~0U, 0U) != 0 ||
        ::fcntl(kReport, F_SETFD, FD_CLOEXEC) != 0) {
        fail(kReport, ExecStep::kDescriptors, errno);
    }
}

void ExecPlan::change_account() const {
    if (!options_.account) return;
    const Account& account = *options_.account;
    if (::setgroups(account.groups.size(), account.groups.data()) != 0 ||
        ::setresgid(account.gid, account.gid, account.gid) != 0 ||
        ::setresuid(account.uid, account.uid, account.uid) != 0) {
        fail(kReport, ExecStep::kAccount, errno);
    }
}

void ExecPlan::wait_at_gate() const {
    if (gate_fd_ < 0) return;
    char byte = 0;
    ssize_t got = 0;
    do {
        got = ::read(kGate, &byte, 1);
    } while (got < 0 && errno == EINTR);
    if (got != 1) ::_exit(126);
    ::close(kGate);
}

void ExecPlan::execute() const {
    arrange_descriptors();
    if (options_.own_group && ::setpgid(0, 0) != 0) fail(kReport, ExecStep::kGroup, errno);
    change_account();
    if (!options_.directory.empty() && ::chdir(options_.directory.c_str()) != 0) {
        fail(kReport, ExecStep::kDirectory, errno);
    }
    if (options_.death_signal != 0) {
        // After the change of user, which would clear it.
        ::prctl(PR_SET_PDEATHSIG, options_.death_signal, 0, 0, 0);
        if (::getppid() != parent_) ::_exit(126);  // the parent died before it was set
    }
    reset_signals();
    wait_at_gate();
    ::execve(argv_[0], argv_.data(), env_.data());
    fail(kReport, ExecStep::kExecute, errno);
}

}  // namespace attune
