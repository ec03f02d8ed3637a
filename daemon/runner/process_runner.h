// Runs the processes of all claims, for all executors, on one thread.
//
// Driven by messages (wire/messages.h) and step(); it waits for nothing by itself. An attempt:
//
//   executor            runner
//   StartProcess   ->   makes the process, held back at its gate
//                  <-   ProcessStarted
//   (commits `running` with the process group)
//   GoProcess      ->   opens the gate
//                  <-   ProcessFinished
//   AbortProcess   ->   forgets it: the receipt
//
// Whatever is lost is said again: the runner repeats ProcessStarted until it is told to go or
// to abort, and ProcessFinished until it is told to abort, after 1 s, then after twice as long
// each time, at most 30 s (and forgets an outcome nobody takes when RunnerTimes says so). A
// StartProcess that is repeated starts nothing twice: it is answered with where the attempt is.
// Messages that name an unknown key or another token than the claim's are late news and change
// nothing.
//
// No process outlives its runner: when the runner is destroyed they are killed, and when its
// program dies without that, those at their gate exit without executing anything, those that
// run get SIGKILL from the kernel, and what they have started is found by the next start
// through the group recorded with the claim, or in the spool (os/process_info.h).
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "daemon/runner/running_process.h"
#include "wire/messages.h"

namespace attune {

class ProcessRunner {
public:
    // `units`: how actions of `runner: systemd` are run; nullopt: they are refused.
    explicit ProcessRunner(RunnerTimes times = {}, std::optional<UnitWrapper> units = {});

    // Each may be called at any time, in any order, any number of times; what follows is told
    // by the next step(). `elapsed`: Clock::elapsed().
    void start(const ProcessClaim& claim, TimePoint now, Duration elapsed);
    void start_unit(const ProcessClaim& claim, TimePoint now, Duration elapsed);
    void go(const GoProcess& message, Duration elapsed);
    void abort(const AbortProcess& message);
    void cancel(const CancelProcess& message, Duration elapsed);

    // An outcome that an earlier life of this runner has left, to be told as if it were new.
    void restore(const ProcessFinished& finished, Duration elapsed);

    // Every attempt there is, and whether one is among them.
    std::vector<RosterRun> roster() const;
    bool knows(const ClaimToken& token) const { return attempts_.contains(token.bytes); }
    std::size_t attempts() const { return attempts_.size(); }
    // Somebody new listens: whatever waits for an answer is told again, at once.
    void tell_again(Duration elapsed);
    // What was told of one that waits at its gate; nullopt: there is no such.
    std::optional<ProcessStarted> at_gate(const ClaimToken& token) const;

    // What to poll before the next step(), which reads their revents. Valid until then.
    std::span<pollfd> descriptors() { return descriptors_; }

    struct Report {
        std::int32_t executor = 0;  // whom to tell
        std::variant<ProcessStarted, ProcessFinished> message;
    };
    struct Step {
        std::vector<Report> reports;
        std::vector<ClaimToken> forgotten;  // attempts that are over and done with
        std::optional<Duration> wake_at;    // elapsed; nullopt: only descriptors and messages
    };
    Step step(TimePoint now, Duration elapsed);

    // Processes that exist, at their gates or running.
    std::size_t living() const;

private:
    struct Attempt {
        ExecutionKey key;
        ClaimToken token;
        std::int32_t executor = 0;
        std::optional<RunningProcess> process;  // none once there is an outcome
        std::optional<Outcome> outcome;
        Duration outcome_since{0};
        bool aborted = false;             // it dies, and nobody wants to hear of it
        bool ready = false;               // one of its descriptors is
        std::optional<Duration> tell_at;  // elapsed; nullopt: there is nothing to tell
        Duration pause{0};                // until it is told again
    };

    void start(const ProcessClaim& claim, bool as_unit, TimePoint now, Duration elapsed);
    Attempt* find(const ExecutionKey& key, const ClaimToken& token);
    void note_ready();
    void step_process(Attempt& attempt, TimePoint now, Duration elapsed);
    void tell(Attempt& attempt, Duration elapsed, std::vector<Report>& reports);
    void watch_all();
    static ProcessStarted started(const Attempt& attempt);

    const RunnerTimes times_;
    const std::optional<UnitWrapper> units_;
    const std::string home_;
    std::map<std::array<std::uint8_t, 16>, Attempt> attempts_;  // by token
    std::vector<ClaimToken> forgotten_;                         // since the last step
    std::vector<pollfd> descriptors_;
    std::vector<std::array<std::uint8_t, 16>> watched_;  // whose each descriptor is
};

}  // namespace attune
