#include "daemon/runner/runner_host.h"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/runner/environment.h"
#include "os/process_info.h"
#include "os/spawn.h"
#include "os/system_error.h"
#include "wire/peer.h"

namespace attune {
namespace {

// Orphans that daemonised actions left to us end when they like.
constexpr Duration kReap = std::chrono::seconds(1);
// What waits for a daemon that does not read; beyond it reports are dropped, and said again.
constexpr std::size_t kMostUnsent = 128;  // packets

}  // namespace

RunnerHost::RunnerHost(RunnerHostOptions options, UnixListener listener, Spool spool, Log& log)
    : options_(std::move(options)),
      log_(log),
      listener_(std::move(listener)),
      spool_(std::move(spool)),
      runner_(options_.times, options_.units) {
    take_stock();
    gather_descriptors();
}

void RunnerHost::take_stock() {
    int killed = 0;
    const auto left = spool_.take_stock([&](const Spool::LostRun& run) {
        killed += kill_recorded_group(run.group, execution_mark(run.execution));
    });
    for (const auto& finished : left.outcomes) {
        kept_.insert(finished.token.bytes);
        runner_.restore(finished, Duration{0});
    }
    for (const auto& file : left.unreadable) {
        log_.error("{} is no outcome and is put aside; its action runs again", file);
    }
    if (left.lost > 0) {
        log_.warn(
            "an earlier life of this runner was cut short: {} actions are lost and run again, "
            "{} of their processes were ended",
            left.lost, killed);
    }
    if (!left.outcomes.empty()) {
        log_.info("{} outcomes of an earlier life wait for attuned", left.outcomes.size());
    }
}

std::optional<Duration> RunnerHost::step(Moment moment) {
    note_ready();
    accept();
    try {
        hear(moment);
    } catch (const SystemError& error) {
        hang_up(error.what());
    }
    const auto step = runner_.step(moment.now, moment.elapsed);
    try {
        tell(step.reports);
        if (connection_) connection_->flush();
    } catch (const SystemError& error) {
        hang_up(error.what());
    }
    forget(step.forgotten);
    if (moment.elapsed >= reap_at_) {
        reap_orphans();
        reap_at_ = moment.elapsed + kReap;
    }
    gather_descriptors();
    const auto wake = step.wake_at ? std::min(*step.wake_at, reap_at_) : reap_at_;
    return std::max(wake - moment.elapsed, Duration{0});
}

void RunnerHost::note_ready() {
    const auto of_runner = runner_.descriptors();
    std::copy(descriptors_.end() - static_cast<std::ptrdiff_t>(of_runner.size()),
              descriptors_.end(), of_runner.begin());
}

// The newest one is the one that lives: attuned holds a lock, so there are no two.
void RunnerHost::accept() {
    while (auto connection = listener_.accept()) {
        const auto peer = peer_of(connection.get());
        if (!may_control(peer, options_.daemon, std::nullopt) && peer.uid != ::geteuid()) {
            log_.warn("a connection of uid {} (pid {}) is refused: only attuned may connect",
                      peer.uid, peer.pid);
            continue;
        }
        connection_.emplace(std::move(connection));
        greeted_ = false;
    }
}

void RunnerHost::hear(Moment moment) {
    while (connection_) {
        const auto bytes = connection_->receive();
        if (!bytes) return;
        const auto message = decode(*bytes);
        if (!message) return hang_up(message.error().message);
        if (!obey(*message, moment)) return hang_up("it says what is not for a runner");
    }
}

bool RunnerHost::has_room_for(const ProcessClaim& claim) const {
    return runner_.attempts() < kMostRuns || runner_.knows(claim.token);
}

bool RunnerHost::obey(const Message& message, Moment moment) {
    if (const auto* hello = std::get_if<RunnerHello>(&message)) {
        RunnerRoster roster{0, runner_.roster()};
        log_.info("attuned {} is here; {} of its actions are", hello->version,
                  roster.runs.size());
        connection_->send(encode(roster));
        greeted_ = true;
        runner_.tell_again(moment.elapsed);
        return true;
    }
    if (!greeted_) return false;
    if (const auto* start = std::get_if<StartProcess>(&message)) {
        if (has_room_for(start->claim)) {
            runner_.start(start->claim, moment.now, moment.elapsed);
        }
    } else if (const auto* unit = std::get_if<StartUnit>(&message)) {
        if (has_room_for(unit->claim)) {
            runner_.start_unit(unit->claim, moment.now, moment.elapsed);
        }
    } else if (const auto* go = std::get_if<GoProcess>(&message)) {
        let_go(*go, moment.elapsed);
    } else if (const auto* abort = std::get_if<AbortProcess>(&message)) {
        runner_.abort(*abort);
    } else if (const auto* cancel = std::get_if<CancelProcess>(&message)) {
        runner_.cancel(*cancel, moment.elapsed);
    } else {
        return false;
    }
    return true;
}

// What cannot be noted waits at its gate: it is said to do so again, and told to go again.
void RunnerHost::let_go(const GoProcess& go, Duration elapsed) {
    const auto waiting = runner_.at_gate(go.token);
    if (!waiting || waiting->key != go.key) return;
    try {
        spool_.note_run(*waiting, options_.boot_id);
        runner_.go(go, elapsed);
    } catch (const SystemError& error) {
        log_.error("execution {} waits: {}", go.key.id.value, error.what());
    }
}

// What finds nobody, or no room, is said again by the runner.
void RunnerHost::tell(const std::vector<ProcessRunner::Report>& reports) {
    for (const auto& report : reports) {
        if (const auto* finished = std::get_if<ProcessFinished>(&report.message)) {
            keep(*finished);
        }
        if (!connection_ || !greeted_ || connection_->unsent() > kMostUnsent) continue;
        connection_->send(
            std::visit([](const auto& message) { return encode(message); }, report.message));
    }
}

// A full disk keeps nobody from hearing of an outcome: it is held in memory then, and tried
// again when it has to be told again.
void RunnerHost::keep(const ProcessFinished& finished) {
    if (kept_.contains(finished.token.bytes)) return;
    try {
        spool_.keep(finished);
        kept_.insert(finished.token.bytes);
    } catch (const SystemError& error) {
        log_.error("the outcome of execution {} is in memory only: {}", finished.key.id.value,
                   error.what());
    }
}

void RunnerHost::forget(const std::vector<ClaimToken>& tokens) {
    for (const auto& token : tokens) {
        try {
            spool_.forget(token);
            kept_.erase(token.bytes);
        } catch (const SystemError& error) {
            log_.error("{}; attuned acknowledges it again after the next start", error.what());
        }
    }
}

void RunnerHost::hang_up(const std::string& why) {
    if (connection_) {
        log_.warn("the connection of attuned has ended: {}; {} actions go on", why, living());
    }
    connection_.reset();
    greeted_ = false;
}

void RunnerHost::gather_descriptors() {
    descriptors_.assign(1, {listener_.fd(), POLLIN, 0});
    if (connection_) descriptors_.push_back(connection_->descriptor());
    const auto of_runner = runner_.descriptors();
    descriptors_.insert(descriptors_.end(), of_runner.begin(), of_runner.end());
}

}  // namespace attune
