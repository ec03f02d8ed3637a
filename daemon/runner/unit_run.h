// Runs a command as a unit of systemd and stands for it: what the unit reads and writes goes
// through here, and it ends as the unit does. What attune-unit does for attune-runner, to which
// the unit is a process like any other.
//
// The unit, an instance of attune-action@.service, is named after the execution: an earlier
// attempt that was left behind is ended before it begins. Its three streams are named pipes
// that systemd opens before it gives up its rights; the order comes first on its stdin, which
// then stays open for as long as this lives: a unit whose stdin is hung up ends
// (daemon/runner/unit_inside.h). So whatever kills this ends the unit.
#pragma once

#include <stdexcept>
#include <string>

#include "daemon/runner/unit_order.h"
#include "daemon/sensor/unit_watch.h"
#include "os/signals.h"
#include "os/unique_fd.h"
#include "wire/system_bus.h"

namespace attune {

struct UnitRunOptions {
    std::string instance;     // digits
    std::string directory;    // below it the pipes are made
    std::string bus_address;  // empty: the system's
    int output = 1;           // where what the unit writes goes; borrowed
    int errors = 2;
};

// As wait(2) tells: `signal` is 0 unless one has killed it.
struct UnitEnd {
    int code = 0;
    int signal = 0;
};

// The unit cannot be run; what() tells the user why, and what to do.
struct UnitFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class UnitRun {
public:
    // Throws UnitFailed: there is no systemd, or the directory is in use.
    UnitRun(UnitRunOptions options, const UnitOrder& order);
    // Removes the pipes.
    ~UnitRun();
    UnitRun(const UnitRun&) = delete;
    UnitRun& operator=(const UnitRun&) = delete;

    // Runs it to its end. A signal has the unit stopped (SIGTERM, then SIGKILL, as its
    // TimeoutStopSec= says), and how it ends then is told as always. Throws UnitFailed.
    UnitEnd run(SignalFd& signals);

private:
    BusBody call(const char* member, BusBody body);
    void end_leftover(SignalFd& signals);
    void start();
    bool has_ended();
    void look();
    void wait(SignalFd& signals);
    void step(SignalFd& signals);
    void feed();
    void forward();
    UnitEnd end_of() const;

    const UnitRunOptions options_;
    const std::string unit_;
    const std::string folder_;
    UnitWatch watch_;
    SystemBus bus_;
    SystemBus::Slot jobs_;
    std::string job_;         // of the start; empty: it is over, or there is none yet
    std::string job_result_;  // once it is over
    bool looked_after_job_ = false;
    std::string before_;  // invocation that was there before
    UnitState state_;
    bool stopping_ = false;

    UniqueFd input_;
    UniqueFd output_;
    UniqueFd errors_;
    std::string unwritten_;
    std::size_t written_ = 0;
};

}  // namespace attune
