// The child's side of spawn(): from fork to exec with async-signal-safe calls only. Everything
// it needs is prepared in the parent by the constructor, because another thread may have held
// the allocator's lock at the moment of the fork.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "os/spawn.h"

namespace attune {

enum class ExecStep : int { kDescriptors, kGroup, kDirectory, kAccount, kExecute };

// "cannot enter the working directory of", "cannot execute" ...
std::string_view to_string(ExecStep step);

struct ExecFailure {
    ExecStep step = ExecStep::kExecute;
    int error = 0;
};

// What the child has written to its report pipe. Blocks until it has executed its program or
// died; nullopt: it got as far as exec, or never came to try.
std::optional<ExecFailure> read_exec_failure(int report_fd);

class ExecPlan {
public:
    // Borrows everything: `options` must outlive it. `gate_fd` -1: not gated.
    ExecPlan(const SpawnOptions& options, int report_fd, int gate_fd);

    // To be called in the child, once. Becomes the program, or reports and exits with 127;
    // exits with 126 when the gate closes unopened.
    [[noreturn]] void execute() const;

private:
    void arrange_descriptors() const;
    void change_account() const;
    void wait_at_gate() const;

    const SpawnOptions& options_;
    int report_fd_;
    int gate_fd_;
    pid_t parent_;
    std::vector<char*> argv_;
    std::vector<char*> env_;
};

}  // namespace attune
