#include "daemon/executor/executor.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "daemon/executor/feed_items.h"
#include "wire/inboxes.h"

namespace attune {
namespace {

constexpr Duration kCountsFlush = std::chrono::seconds(1);
constexpr Duration kForgottenCheck = std::chrono::seconds(10);
// How soon to look again after a runner that has not answered, or cannot take more.
constexpr Duration kUnheard = std::chrono::milliseconds(100);
constexpr Duration kRunnerLook = std::chrono::seconds(1);

Database named(Database database, int index) {
    database.application = "attuned executor " + std::to_string(index);
    return database;
}

}  // namespace

Executor::Executor(ExecutorOptions options, const Database& database, ExecutorShared shared)
    : options_(std::move(options)),
      database_(named(database, options_.index)),
      shared_(shared),
      owner_{options_.incarnation, options_.index},
      inbox_(shared_.bus, executor_inbox(options_.index)),
      courier_(shared_.bus, shared_.listened),
      ledger_(database_),
      upkeep_(database_),
      ids_(ledger_),
      preparation_(ids_, shared_.slots, shared_.zones),
      outcomes_(shared_.log),
      batch_limit_(limits::kEventsPerBatch) {}

std::optional<Duration> Executor::step(Moment moment) {
    take_in();
    hear_runner(moment);
    end_sleeps(moment);
    if (moment.elapsed >= retry_at_ && !shared_.superseded) use_database(moment);
    courier_.flush();
    shared_.drain.set_busy(static_cast<std::size_t>(options_.index), !is_idle());
    return next_step(moment);
}

void Executor::take_in() {
    while (auto bytes = inbox_.receive()) {
        if (auto message = decode(*bytes)) {
            intake_.take(std::move(*message));
        } else {
            shared_.log.error("{}: a message is dropped: {}", inbox_.name(),
                              message.error().message);
        }
    }
}

// Everything below needs the database; when it is away, what is held stays held and the next
// try comes after a pause. Nothing that was taken in is dropped.
void Executor::use_database(Moment moment) {
    try {
        resolve_doubt(moment);
        take_roster(moment);
        cancel_asked();
        stop_cancelled(moment);
        mark_running(moment);
        if (!record_batch(moment)) complete_due(moment);
        record_runs(moment);
        claim_backlog(moment);
        flush_counts(moment);
        release_forgotten(moment);
        backoff_.succeeded();
    } catch (const StoreRefused&) {
        throw;
    } catch (const StoreError& error) {
        const auto pause = backoff_.failed();
        retry_at_ = moment.elapsed + pause;
        shared_.log.warn("{}: {}; {} fires wait, again in {}", inbox_.name(), error.what(),
                         intake_.waiting() + doubtful_.size(), format_duration(pause));
    }
}

void Executor::flush_counts(Moment moment) {
    if (counts_.empty() || moment.elapsed < counts_flush_at_) return;
    std::vector<RuleCount> counts;
    counts.reserve(counts_.size());
    for (const auto& [rule, count] : counts_) counts.push_back(count);
    upkeep_.add(counts);
    counts_.clear();
    counts_flush_at_ = moment.elapsed + kCountsFlush;
}

void Executor::release_forgotten(Moment moment) {
    if (moment.elapsed < forgotten_check_at_) return;
    std::vector<Claim> remembered;
    for (const auto& [id, attempt] : held_) remembered.push_back({attempt.key, attempt.token});
    for (const auto& finishing : finishing_) {
        remembered.push_back({finishing.attempt.key, finishing.attempt.token});
    }
    const int released =
        ledger_.release_forgotten(owner_, remembered, kForgottenCheck, moment.now);
    if (released > 0) {
        shared_.log.warn("{}: {} claims were forgotten and are given back", inbox_.name(),
                         released);
        backlog_ = true;
    }
    forgotten_check_at_ = moment.elapsed + kForgottenCheck;
}

// What was taken in and not recorded is forgotten: its cursor has not moved. What runs as a
// process is ended by the runner and found by the next start, or goes on with a runner that
// outlives us and is adopted then.
void Executor::end(Moment moment) {
    if (shared_.superseded) return;
    resolve_doubt(moment);
    cancelled_look_at_ = Duration{0};
    stop_cancelled(moment);
    std::vector<Claim> unstarted;
    for (const auto& [id, attempt] : held_) {
        if (!attempt.running) unstarted.push_back({attempt.key, attempt.token});
    }
    while (!finishing_.empty()) {
        try {
            settle_completions(ledger_.complete(completions()), moment);
        } catch (const StoreRefused&) {
            complete_one_by_one(moment);
        }
    }
    if (!unstarted.empty()) ledger_.release(unstarted);
}

bool Executor::is_idle() const {
    return !intake_.has_work() && intake_.runs.empty() && intake_.cancels.empty() &&
           doubtful_.empty() && finishing_.empty() &&
           std::all_of(held_.begin(), held_.end(),
                       [&](const auto& held) { return may_be_left(held.second); });
}

// Whether the end of this daemon is nothing to it.
bool Executor::may_be_left(const Attempt& attempt) const {
    return options_.runner_outlives && attempt.process && attempt.running;
}

std::optional<Duration> Executor::next_step(Moment moment) const {
    if (shared_.superseded) return kLongestWait;
    const bool waits_for_database = moment.elapsed < retry_at_;
    std::optional<Duration> at;
    const auto no_later = [&](Duration due) { at = at ? std::min(*at, due) : due; };
    if (waits_for_database) {
        no_later(retry_at_);
    } else {
        const bool asked = !intake_.runs.empty() || !intake_.cancels.empty();
        if (intake_.has_work() || asked) return Duration{0};
        if (!finishing_.empty()) no_later(finishing_.front().since + limits::kCompletionDelay);
        if (!counts_.empty()) no_later(counts_flush_at_);
        no_later(forgotten_check_at_);
        if (!held_.empty()) no_later(cancelled_look_at_);
    }
    if (!sleeps_.empty()) no_later(sleeps_.begin()->first);
    if (is_adopter() && !earlier_lives_settled_) no_later(moment.elapsed + kRunnerLook);
    if (awaits_runner_) no_later(std::max(ask_again_at_, moment.elapsed + kUnheard));
    if (courier_.has_unsent()) no_later(moment.elapsed + kUnheard);
    return std::max(*at - moment.elapsed, Duration{0});
}

}  // namespace attune
