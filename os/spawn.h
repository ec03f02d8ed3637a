// Starts programs without a shell, and owns them until they are reaped.
//
// Nothing of ours reaches the program but what SpawnOptions name: descriptors 0, 1, 2, the
// given environment, default signal dispositions and an empty signal mask. spawn() may be
// called from any thread: between fork and exec only async-signal-safe calls are made.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "os/account.h"
#include "os/unique_fd.h"

namespace attune {

struct SpawnOptions {
    std::vector<std::string> argv;  // argv[0] is the path that is executed, never searched
    std::vector<std::string> env;   // "NAME=value"; the whole environment
    std::string directory;          // working directory; empty: ours
    int stdin_fd = -1;              // borrowed until spawn() returns; -1: /dev/null
    int stdout_fd = -1;
    int stderr_fd = -1;
    bool own_group = false;  // leader of a process group of its own
    // Sent to the program when the thread that called spawn() ends (prctl(2),
    // PR_SET_PDEATHSIG: the thread, not the process); 0: none.
    int death_signal = 0;
    std::optional<Account> account;  // become this user, all its groups; needs root
    // The child waits before exec until open_gate(). When this process dies first, by
    // whatever means, the child exits without executing anything.
    bool gated = false;
};

struct ExitStatus {
    int code = 0;             // exit code; meaningless when signal or error is set
    int signal = 0;           // what killed it, else 0
    int error = 0;            // errno of what kept the program from being executed, else 0
    std::string failed_step;  // with error: "cannot execute", "cannot enter the directory" ...

    bool succeeded() const { return code == 0 && signal == 0 && error == 0; }
};

// "exit code 3", "killed by SIGKILL", "cannot execute: No such file or directory".
std::string describe(const ExitStatus& status);

// One child process. Whoever holds it reaps it; the destructor of one that still runs sends
// SIGKILL (to its whole group when it has one) and waits.
class Child {
public:
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    ~Child();

    pid_t pid() const { return pid_; }  // of an own group also the group's id
    // Readable once the process has ended; stays open, and valid to poll, until reaped.
    int pidfd() const { return pidfd_.get(); }

    // Lets a gated child go on to exec. Harmless when the child has died meanwhile.
    void open_gate();

    // Whether it has ended. Does not reap: its pid and its group's id stay taken, so
    // signal_group() still reaches what it left behind and nobody else.
    bool has_ended() const;

    // Reaps it if it has ended; nullopt: it runs. Once reaped, gives the status again.
    std::optional<ExitStatus> poll();
    // Waits for its end, at most `timeout`.
    std::optional<ExitStatus> wait_for(Duration timeout);
    ExitStatus wait();

    // To the process; nothing happens once it is reaped.
    void signal(int signal_number);
    // To every process of its group (to the process alone without own_group).
    void signal_group(int signal_number);

private:
    friend Child spawn(const SpawnOptions& options);
    Child() = default;
    void end();

    pid_t pid_ = -1;
    bool own_group_ = false;
    UniqueFd pidfd_;
    UniqueFd gate_;
    UniqueFd report_;  // errno of a failed exec comes out here
    std::optional<ExitStatus> status_;
};

// Throws SystemError when the process cannot be made or, ungated, the program cannot be
// executed (the message names the step and the path). Of a gated child such a failure is told
// by its ExitStatus.
Child spawn(const SpawnOptions& options);

inline constexpr std::size_t kRunOutputBytes = 256 * 1024;

// Runs a program to its end. stdout and stderr go to *output when it is given (the first
// kRunOutputBytes; the rest is read and dropped), unless `options` names descriptors for
// them. The program gets a group of its own, and what it leaves in there is killed.
// Throws SystemError: ETIMEDOUT when it had to be killed after `timeout`, else as spawn().
ExitStatus run_to_end(SpawnOptions options, std::string* output, Duration timeout);

// Makes orphaned descendants children of this process (PR_SET_CHILD_SUBREAPER) instead of
// init's. Then reap_orphans() must be called now and then.
void adopt_orphans();

// Reaps ended children that no Child owns: adopted orphans. Returns how many.
int reap_orphans();

}  // namespace attune
