// The daemon's end of attune-runner: what RunnerLoop is when the runner lives in the daemon.
//
// On each connection the runner tells what it has (RunnerRoster). Every executor is given that
// and answers which of it it answers for, having adopted what an earlier life of the daemon
// left and forgotten what the runner does not have (RosterTaken). What nobody answers for is
// ended. Only then do messages go both ways, and only then are there slots: work that needs a
// runner waits as requested for as long as there is none.
//
// Its step throws while the runner is away: its thread logs that, tries again with backoff, and
// shows it in the daemon's status.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/slots.h"
#include "wire/bus.h"
#include "wire/messages.h"
#include "wire/packet_socket.h"

namespace attune {

struct RunnerLinkOptions {
    std::string socket;  // absolute path
    int executors = 1;
    std::string version;  // of the daemon
};

class RunnerLink final : public Loop {
public:
    // `slots` are closed as long as there is no runner.
    RunnerLink(RunnerLinkOptions options, Bus& bus, Slots& slots, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

private:
    using Token = std::array<std::uint8_t, 16>;

    void connect(Moment moment);
    void hear_executors();
    void pass_on(const Message& message, std::string_view bytes);
    void hear_runner();
    void tell_roster(Moment moment);
    void take(const RosterTaken& taken);
    void open();
    void disconnect();
    bool is_open() const { return roster_.has_value() && untaken_.empty(); }
    Outbox& executor(int index);

    const RunnerLinkOptions options_;
    Bus& bus_;
    Slots& slots_;
    Log& log_;
    Inbox inbox_;
    std::map<int, std::unique_ptr<Outbox>> executors_;

    std::optional<PacketSocket> socket_;
    std::uint64_t connection_ = 0;        // its number
    Duration connected_at_{0};            // elapsed
    std::optional<RunnerRoster> roster_;  // of this connection
    std::set<int> untaken_;               // executors that have not answered to it
    Duration tell_at_{0};                 // elapsed; when they are told again
    std::map<Token, int> answers_for_;    // which executor
    std::vector<pollfd> polled_;
};

}  // namespace attune
