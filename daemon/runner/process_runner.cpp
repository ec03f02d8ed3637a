#include "daemon/runner/process_runner.h"

#include <algorithm>
#include <utility>

#include "os/account.h"

namespace attune {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);

constexpr const char* kNoUnits =
    "`runner: systemd` is for attune-runner.service: name its socket in `runner.socket` of "
    "/etc/attune/attuned.yaml, or use `runner: process`";

void no_later(std::optional<Duration>& wake_at, std::optional<Duration> due) {
    if (due && (!wake_at || *due < *wake_at)) wake_at = due;
}

}  // namespace

ProcessRunner::ProcessRunner(RunnerTimes times, std::optional<UnitWrapper> units)
    : times_(times), units_(std::move(units)), home_(own_account().home) {}

ProcessRunner::Attempt* ProcessRunner::find(const ExecutionKey& key, const ClaimToken& token) {
    const auto found = attempts_.find(token.bytes);
    if (found == attempts_.end() || found->second.key != key) return nullptr;
    return &found->second;
}

void ProcessRunner::start(const ProcessClaim& claim, TimePoint now, Duration elapsed) {
    start(claim, /*as_unit=*/false, now, elapsed);
}

void ProcessRunner::start_unit(const ProcessClaim& claim, TimePoint now, Duration elapsed) {
    start(claim, /*as_unit=*/true, now, elapsed);
}

void ProcessRunner::start(const ProcessClaim& claim, bool as_unit, TimePoint now,
                          Duration elapsed) {
    const auto [place, is_new] = attempts_.try_emplace(claim.token.bytes);
    Attempt& attempt = place->second;
    if (is_new) {
        attempt.key = claim.key;
        attempt.token = claim.token;
        attempt.executor = claim.executor;
        try {
            if (as_unit && !units_) throw CannotStart(kNoUnits);
            attempt.process.emplace(claim, times_, home_, as_unit ? &*units_ : nullptr);
        } catch (const std::exception& why) {
            attempt.outcome = not_started(why.what(), now);
            attempt.outcome_since = elapsed;
        }
    }
    // One that runs has nothing new to say before its end.
    const bool running = attempt.process && attempt.process->is_open();
    if (!running && !attempt.aborted) attempt.tell_at = elapsed;
}

void ProcessRunner::go(const GoProcess& message, Duration elapsed) {
    Attempt* attempt = find(message.key, message.token);
    if (attempt == nullptr || !attempt->process || attempt->aborted) return;
    attempt->process->open_gate(elapsed);
    attempt->tell_at.reset();
}

void ProcessRunner::abort(const AbortProcess& message) {
    Attempt* attempt = find(message.key, message.token);
    if (attempt == nullptr) return;
    if (!attempt->process) {
        forgotten_.push_back(message.token);
        attempts_.erase(message.token.bytes);
        return;
    }
    attempt->aborted = true;
    attempt->tell_at.reset();
    attempt->process->kill();
}

void ProcessRunner::cancel(const CancelProcess& message, Duration elapsed) {
    Attempt* attempt = find(message.key, message.token);
    if (attempt == nullptr || !attempt->process) return;
    attempt->process->stop(ProcessStop::kCancelled, elapsed);
    attempt->tell_at.reset();
}

void ProcessRunner::restore(const ProcessFinished& finished, Duration elapsed) {
    Attempt& attempt = attempts_[finished.token.bytes];
    attempt.key = finished.key;
    attempt.token = finished.token;
    attempt.outcome = finished.outcome;
    attempt.outcome_since = elapsed;
    attempt.tell_at = elapsed;
}

std::vector<RosterRun> ProcessRunner::roster() const {
    std::vector<RosterRun> all;
    all.reserve(attempts_.size());
    for (const auto& [token, attempt] : attempts_) {
        if (!attempt.aborted) all.push_back({attempt.key, attempt.token});
    }
    return all;
}

void ProcessRunner::tell_again(Duration elapsed) {
    for (auto& [token, attempt] : attempts_) {
        if (!attempt.tell_at) continue;
        attempt.tell_at = elapsed;
        attempt.pause = Duration::zero();
    }
}

std::optional<ProcessStarted> ProcessRunner::at_gate(const ClaimToken& token) const {
    const auto found = attempts_.find(token.bytes);
    if (found == attempts_.end() || found->second.aborted) return std::nullopt;
    const auto& process = found->second.process;
    if (!process || process->is_open()) return std::nullopt;
    return started(found->second);
}

ProcessStarted ProcessRunner::started(const Attempt& attempt) {
    return {attempt.key, attempt.token, attempt.process->group(),
            attempt.process->start_ticks()};
}

ProcessRunner::Step ProcessRunner::step(TimePoint now, Duration elapsed) {
    Step step;
    note_ready();
    for (auto next = attempts_.begin(); next != attempts_.end();) {
        const auto place = next++;
        Attempt& attempt = place->second;
        if (attempt.process) step_process(attempt, now, elapsed);
        if (attempt.tell_at && *attempt.tell_at <= elapsed)
            tell(attempt, elapsed, step.reports);
        const bool untaken = attempt.outcome && times_.outcome_kept &&
                             elapsed - attempt.outcome_since >= *times_.outcome_kept;
        if (untaken || (attempt.outcome && attempt.aborted)) {
            forgotten_.push_back(attempt.token);
            attempts_.erase(place);
            continue;
        }
        no_later(step.wake_at, attempt.tell_at);
        if (attempt.process) no_later(step.wake_at, attempt.process->due());
    }
    step.forgotten = std::exchange(forgotten_, {});
    watch_all();
    return step;
}

void ProcessRunner::note_ready() {
    for (std::size_t i = 0; i < descriptors_.size(); ++i) {
        if (descriptors_[i].revents == 0) continue;
        const auto found = attempts_.find(watched_[i]);
        if (found != attempts_.end()) found->second.ready = true;
    }
}

void ProcessRunner::step_process(Attempt& attempt, TimePoint now, Duration elapsed) {
    const auto due = attempt.process->due();
    if (!attempt.ready && (!due || *due > elapsed)) return;
    attempt.ready = false;
    if (!attempt.process->step(elapsed)) return;
    attempt.outcome = attempt.process->finish(now);
    attempt.process.reset();
    attempt.outcome_since = elapsed;
    attempt.pause = Duration::zero();
    if (!attempt.aborted) attempt.tell_at = elapsed;
}

void ProcessRunner::tell(Attempt& attempt, Duration elapsed, std::vector<Report>& reports) {
    if (attempt.outcome) {
        reports.push_back(
            {attempt.executor, ProcessFinished{attempt.key, attempt.token, *attempt.outcome}});
    } else {
        reports.push_back({attempt.executor, started(attempt)});
    }
    attempt.pause = std::clamp(attempt.pause * 2, kFirstPause, kLongestPause);
    attempt.tell_at = elapsed + attempt.pause;
}

void ProcessRunner::watch_all() {
    descriptors_.clear();
    watched_.clear();
    for (const auto& [token, attempt] : attempts_) {
        if (!attempt.process) continue;
        attempt.process->watch(descriptors_);
        watched_.resize(descriptors_.size(), token);
    }
}

std::size_t ProcessRunner::living() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        attempts_, [](const auto& entry) { return entry.second.process.has_value(); }));
}

}  // namespace attune
