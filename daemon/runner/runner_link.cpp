#include "daemon/runner/runner_link.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

#include "os/system_error.h"
#include "wire/inboxes.h"
#include "wire/unix_socket.h"

namespace attune {
namespace {

constexpr Duration kConnectPatience = std::chrono::seconds(1);
// One that hangs, or that systemd cannot start, leaves its socket open and says nothing.
constexpr Duration kRosterPatience = std::chrono::seconds(10);
constexpr Duration kTellAgain = std::chrono::seconds(1);
// For a runner that does not read; beyond it messages are dropped, as those that come too
// early.
constexpr std::size_t kMostUnsent = 128;  // packets

}  // namespace

RunnerLink::RunnerLink(RunnerLinkOptions options, Bus& bus, Slots& slots, Log& log)
    : options_(std::move(options)),
      bus_(bus),
      slots_(slots),
      log_(log),
      inbox_(bus, kRunnerInbox) {}

std::optional<Duration> RunnerLink::step(Moment moment) {
    try {
        hear_executors();
        if (!socket_) connect(moment);
        socket_->flush();
        hear_runner();
        if (!roster_ && moment.elapsed - connected_at_ >= kRosterPatience) {
            throw SystemError(ETIMEDOUT, "the runner at " + options_.socket + " says nothing");
        }
        tell_roster(moment);
    } catch (...) {
        disconnect();
        throw;
    }
    if (roster_ && !is_open()) return std::max(tell_at_ - moment.elapsed, Duration{0});
    return kLongestWait;
}

// Reports wait in the socket until the executors know what they are about.
Woken RunnerLink::wait(std::optional<Duration> timeout) {
    polled_.clear();
    if (socket_) polled_.push_back(socket_->descriptor(!roster_ || is_open()));
    return inbox_.wait(timeout, polled_);
}

void RunnerLink::connect(Moment moment) {
    socket_.emplace(connect_unix(options_.socket, kConnectPatience, SOCK_SEQPACKET));
    connected_at_ = moment.elapsed;
    ++connection_;
    socket_->send(encode(RunnerHello{options_.version}));
}

// What comes too early is dropped: its executor says it again.
void RunnerLink::hear_executors() {
    while (const auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) {
            log_.error("runner: a message is dropped: {}", message.error().message);
        } else if (const auto* taken = std::get_if<RosterTaken>(&*message)) {
            take(*taken);
        } else if (is_open() && socket_->unsent() <= kMostUnsent) {
            pass_on(*message, *bytes);
        }
    }
}

void RunnerLink::pass_on(const Message& message, std::string_view bytes) {
    if (const auto* start = std::get_if<StartProcess>(&message)) {
        answers_for_[start->claim.token.bytes] = start->claim.executor;
    } else if (const auto* unit = std::get_if<StartUnit>(&message)) {
        answers_for_[unit->claim.token.bytes] = unit->claim.executor;
    } else if (const auto* abort = std::get_if<AbortProcess>(&message)) {
        answers_for_.erase(abort->token.bytes);
    }
    socket_->send(bytes);
}

void RunnerLink::hear_runner() {
    while (!roster_ || is_open()) {
        const auto bytes = socket_->receive();
        if (!bytes) return;
        auto message = decode(*bytes);
        if (!message) {
            throw SystemError(EPROTO, "the runner is of another release (" +
                                          message.error().message +
                                          "); it makes room when its actions have ended");
        }
        if (auto* roster = std::get_if<RunnerRoster>(&*message)) {
            roster_ = std::move(*roster);
            roster_->connection = connection_;
            answers_for_.clear();
            for (int i = 0; i < options_.executors; ++i) untaken_.insert(i);
            tell_at_ = Duration{0};
            return;
        }
        const auto report = [&](const auto& told) {
            const auto who = answers_for_.find(told.token.bytes);
            if (who != answers_for_.end()) {
                executor(who->second).send(*bytes);
            } else {
                socket_->send(encode(AbortProcess{told.key, told.token}));
            }
        };
        if (const auto* started = std::get_if<ProcessStarted>(&*message)) {
            report(*started);
        } else if (const auto* finished = std::get_if<ProcessFinished>(&*message)) {
            report(*finished);
        }
    }
}

void RunnerLink::tell_roster(Moment moment) {
    if (!roster_ || untaken_.empty() || moment.elapsed < tell_at_) return;
    const auto bytes = encode(*roster_);
    for (const int index : untaken_) executor(index).send(bytes);
    tell_at_ = moment.elapsed + kTellAgain;
}

void RunnerLink::take(const RosterTaken& taken) {
    if (!roster_ || taken.connection != connection_ || untaken_.erase(taken.executor) == 0) {
        return;
    }
    for (const auto& token : taken.held) answers_for_[token.bytes] = taken.executor;
    if (untaken_.empty()) open();
}

// What nobody answers for has lost its claim, or is committed already: it is ended or dropped,
// before anything new begins.
void RunnerLink::open() {
    std::size_t ended = 0;
    for (const auto& run : roster_->runs) {
        if (answers_for_.contains(run.token.bytes)) continue;
        socket_->send(encode(AbortProcess{run.key, run.token}));
        ++ended;
    }
    log_.info("the runner at {} is there with {} attempts, {} of them nobody's",
              options_.socket, roster_->runs.size(), ended);
    roster_->runs.clear();
    slots_.open();
    for (int i = 0; i < options_.executors; ++i) executor(i).send(encode(Wake{}));
}

void RunnerLink::disconnect() {
    slots_.close();
    socket_.reset();
    roster_.reset();
    untaken_.clear();
}

Outbox& RunnerLink::executor(int index) {
    auto& outbox = executors_[index];
    if (!outbox) {
        outbox =
            std::make_unique<Outbox>(bus_, std::vector<std::string>{executor_inbox(index)});
    }
    return *outbox;
}

}  // namespace attune
