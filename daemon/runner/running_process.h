// One attempt's process, from its gate to its outcome. It has no thread and never waits: its
// ProcessRunner polls the descriptors it names and steps it.
#pragma once

#include <poll.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/event.h"
#include "daemon/runner/output_capture.h"
#include "daemon/runner/process_result.h"
#include "os/spawn.h"
#include "wire/messages.h"

namespace attune {

struct RunnerTimes {
    // From SIGTERM to SIGKILL of the group.
    Duration term_grace = std::chrono::seconds(5);
    // How long output may stay open once the process itself has ended: others hold it.
    Duration linger = std::chrono::seconds(1);
    // How long an outcome is kept for an executor that does not acknowledge it; nullopt: until
    // it does.
    std::optional<Duration> outcome_kept = std::chrono::minutes(10);
};

// What stands between the runner and a unit of systemd: a program that starts the unit, is its
// stdin, stdout and stderr, and ends as it does (daemon/runner/unit_run.h).
struct UnitWrapper {
    // Where packages put it; packaging/systemd/attune-action@.service names it, too.
    std::string program = "/usr/libexec/attune/attune-unit";
    std::string directory;         // for its pipes
    std::string bus_address = {};  // empty: the system's message bus
};

// The attempt cannot become a process; what() tells the user why.
struct CannotStart : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class RunningProcess {
public:
    // Starts it, held back at its gate; as a unit when there is a wrapper. Throws CannotStart.
    RunningProcess(const ProcessClaim& claim, RunnerTimes times, const std::string& home,
                   const UnitWrapper* unit = nullptr);

    pid_t group() const { return child_->pid(); }
    std::uint64_t start_ticks() const { return start_ticks_; }

    // Lets it run. Its timeout begins now. `elapsed` here and below: Clock::elapsed().
    void open_gate(Duration elapsed);
    bool is_open() const { return opened_at_.has_value(); }

    // SIGTERM to the group, after the grace SIGKILL. The first reason stays.
    void stop(ProcessStop why, Duration elapsed);
    // SIGKILL to the group at once.
    void kill();

    // Appends what to poll before the next step.
    void watch(std::vector<pollfd>& descriptors) const;

    // Feeds, reads, watches the time. True: it has ended, finish() is due.
    bool step(Duration elapsed);

    // The moment (elapsed) to step without any descriptor being ready; nullopt: none.
    std::optional<Duration> due() const;

    // Kills what is left of its group, reaps it, and tells how it went. Once, after step() has
    // said that it ended.
    Outcome finish(TimePoint now);

private:
    void feed();
    void drain(UniqueFd& stream, OutputCapture& capture);
    void notice_end(Duration elapsed);

    const RunnerTimes times_;
    const std::string command_;
    const OutputFormat format_;
    const Duration timeout_;

    std::optional<Child> child_;
    std::uint64_t start_ticks_ = 0;
    UniqueFd input_;
    UniqueFd output_;
    UniqueFd errors_;
    std::string unwritten_;
    std::size_t written_ = 0;
    OutputCapture output_capture_;
    OutputCapture errors_capture_;

    std::optional<Duration> opened_at_;
    std::optional<Duration> ended_at_;  // the process itself; others may hold its output
    std::optional<Duration> kill_at_;
    bool killed_ = false;
    ProcessStop stop_ = ProcessStop::kNone;
    bool left_behind_ = false;
};

}  // namespace attune
