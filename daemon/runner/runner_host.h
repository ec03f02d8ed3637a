// The heart of attune-runner: a ProcessRunner whose executors are in another process, at the
// other end of a socket, and come and go without its processes noticing.
//
// One attuned at a time is served, the one that connected last. It greets (RunnerHello) and is
// answered with all there is (RunnerRoster); then the messages of a ProcessRunner go both ways.
// An outcome is in the spool before it is told, and there until it is acknowledged. Without a
// connection everything goes on: timeouts are kept, outcomes wait.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/runner/process_runner.h"
#include "daemon/runner/spool.h"
#include "wire/packet_socket.h"
#include "wire/unix_socket.h"

namespace attune {

struct RunnerHostOptions {
    uid_t daemon = 0;  // who may connect, besides root and this process's own user
    std::string boot_id;
    std::optional<UnitWrapper> units = {};  // nullopt: `runner: systemd` cannot be done
    RunnerTimes times{.outcome_kept = std::nullopt};
};

class RunnerHost {
public:
    // Attempts it has at most, kept outcomes included. The daemon's slots (1,024 at most) are
    // far below: who meets this bound has something in mind. Further ones are not answered.
    static constexpr std::size_t kMostRuns = 4096;

    // Ends what an earlier life has left running, and tells its outcomes on. Throws
    // SystemError.
    RunnerHost(RunnerHostOptions options, UnixListener listener, Spool spool, Log& log);

    // Does what is due; nullopt: until a descriptor is ready. Throws SystemError when it cannot
    // listen any more.
    std::optional<Duration> step(Moment moment);

    // What to poll before the next step(), which reads their revents. Valid until then.
    std::span<pollfd> descriptors() { return descriptors_; }

    // Processes that exist, at their gates or running.
    std::size_t living() const { return runner_.living(); }
    bool connected() const { return connection_.has_value(); }

private:
    void take_stock();
    void note_ready();
    void accept();
    void hear(Moment moment);
    bool has_room_for(const ProcessClaim& claim) const;
    bool obey(const Message& message, Moment moment);
    void let_go(const GoProcess& go, Duration elapsed);
    void tell(const std::vector<ProcessRunner::Report>& reports);
    void keep(const ProcessFinished& finished);
    void forget(const std::vector<ClaimToken>& tokens);
    void hang_up(const std::string& why);
    void gather_descriptors();

    const RunnerHostOptions options_;
    Log& log_;
    UnixListener listener_;
    Spool spool_;
    ProcessRunner runner_;
    std::set<std::array<std::uint8_t, 16>> kept_;  // tokens whose outcome is in the spool
    std::optional<PacketSocket> connection_;
    bool greeted_ = false;
    Duration reap_at_{0};              // elapsed
    std::vector<pollfd> descriptors_;  // the listener's, the connection's, the runner's
};

}  // namespace attune
