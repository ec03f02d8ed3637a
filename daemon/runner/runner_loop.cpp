#include "daemon/runner/runner_loop.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "os/spawn.h"
#include "wire/inboxes.h"

namespace attune {
namespace {

// Orphans that daemonised actions left to us end when they like.
constexpr Duration kReap = std::chrono::seconds(1);

}  // namespace

RunnerLoop::RunnerLoop(Bus& bus, Log& log) : bus_(bus), log_(log), inbox_(bus, kRunnerInbox) {}

std::optional<Duration> RunnerLoop::step(Moment moment) {
    take_in(moment);
    const auto step = runner_.step(moment.now, moment.elapsed);
    for (const auto& report : step.reports) tell(report);
    if (moment.elapsed >= reap_at_) {
        reap_orphans();
        reap_at_ = moment.elapsed + kReap;
    }
    const auto wake = step.wake_at ? std::min(*step.wake_at, reap_at_) : reap_at_;
    return std::max(wake - moment.elapsed, Duration{0});
}

Woken RunnerLoop::wait(std::optional<Duration> timeout) {
    return inbox_.wait(timeout, runner_.descriptors());
}

void RunnerLoop::take_in(Moment moment) {
    while (auto bytes = inbox_.receive()) {
        const auto message = decode(*bytes);
        if (!message) {
            log_.error("runner: a message is dropped: {}", message.error().message);
            continue;
        }
        if (const auto* start = std::get_if<StartProcess>(&*message)) {
            runner_.start(start->claim, moment.now, moment.elapsed);
        } else if (const auto* unit = std::get_if<StartUnit>(&*message)) {
            runner_.start_unit(unit->claim, moment.now, moment.elapsed);
        } else if (const auto* go = std::get_if<GoProcess>(&*message)) {
            runner_.go(*go, moment.elapsed);
        } else if (const auto* abort = std::get_if<AbortProcess>(&*message)) {
            runner_.abort(*abort);
        } else if (const auto* cancel = std::get_if<CancelProcess>(&*message)) {
            runner_.cancel(*cancel, moment.elapsed);
        }
    }
}

// What does not arrive is said again by the runner.
void RunnerLoop::tell(const ProcessRunner::Report& report) {
    auto& outbox = executors_[report.executor];
    if (!outbox) {
        outbox = std::make_unique<Outbox>(
            bus_, std::vector<std::string>{executor_inbox(report.executor)});
    }
    outbox->send(
        std::visit([](const auto& message) { return encode(message); }, report.message));
}

}  // namespace attune
