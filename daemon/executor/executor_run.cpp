// How an executor runs what it has claimed, and brings the outcomes home.
#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/params.h"
#include "daemon/builtin_actions.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/feed_items.h"

namespace attune {
namespace {

constexpr Duration kAskAgain = std::chrono::seconds(1);

Outcome failed(const std::string& error, TimePoint now) {
    return {ExecutionState::kFailed, compact(Json{{"error", error}}), now};
}

Message start_of(ProcessClaim claim, Runner runner) {
    if (runner == Runner::kSystemd) return StartUnit{std::move(claim)};
    return StartProcess{std::move(claim)};
}

}  // namespace

void Executor::begin(Attempt attempt, Moment moment) {
    const auto catalog = shared_.catalog.get();
    const auto* action = catalog->actions().find(attempt.action);
    if (!action) {
        auto outcome = failed("the action " + attempt.action_ref + " is gone", moment.now);
        finish(std::move(attempt), std::move(outcome), moment);
        return;
    }
    if (action->spec.runner == Runner::kBuiltin) {
        begin_builtin(std::move(attempt), moment);
    } else {
        begin_process(std::move(attempt), *action, moment);
    }
}

void Executor::begin_builtin(Attempt attempt, Moment moment) {
    auto begun = run_builtin(attempt.action_ref, attempt.params, moment.now);
    if (auto* outcome = std::get_if<Outcome>(&begun)) {
        finish(std::move(attempt), std::move(*outcome), moment);
        return;
    }
    if (sleeps_.size() >= limits::kSleeping) {
        finish(std::move(attempt), failed("too many core.sleep are under way", moment.now),
               moment);
        return;
    }
    attempt.sleeps_until = moment.elapsed + std::get<Duration>(begun);
    sleeps_.emplace(*attempt.sleeps_until, attempt.key.id);
    held_.emplace(attempt.key.id, std::move(attempt));
}

void Executor::begin_process(Attempt attempt, const CatalogAction& action, Moment moment) {
    ProcessClaim claim;
    claim.key = attempt.key;
    claim.token = attempt.token;
    claim.executor = options_.index;
    claim.attempt = attempt.number;
    claim.action_ref = attempt.action_ref;
    claim.rule_ref = attempt.rule_ref;
    claim.event = attempt.event;
    claim.idempotency_key = attempt.idempotency_key;
    claim.command = action.spec.command;
    if (action.pack) claim.pack_directory = options_.source_root + "/" + action.pack->directory;
    claim.env = action.spec.env;
    claim.params = attempt.params;
    claim.output = action.spec.output;
    claim.timeout = action.spec.timeout;
    auto start = start_of(std::move(claim), action.spec.runner);
    if (encode(start).size() > limits::kMessageBytes) {
        finish(std::move(attempt),
               failed("its command, environment and parameters together are larger than " +
                          std::to_string(limits::kMessageBytes) + " bytes",
                      moment.now),
               moment);
        return;
    }
    courier_.to_runner(start);
    attempt.process = true;
    attempt.out_schema = action.out_schema;
    attempt.unanswered = std::move(start);
    attempt.ask_again_at = moment.elapsed + kAskAgain;
    awaits_runner_ = true;
    held_.emplace(attempt.key.id, std::move(attempt));
}

// The runner answers at once; silence means that one of the two messages was lost.
void Executor::ask_runner_again(Moment moment) {
    if (!awaits_runner_ || moment.elapsed < ask_again_at_) return;
    awaits_runner_ = false;
    for (auto& [id, attempt] : held_) {
        if (!attempt.unanswered) continue;
        awaits_runner_ = true;
        if (moment.elapsed < attempt.ask_again_at) continue;
        courier_.to_runner(*attempt.unanswered);
        attempt.ask_again_at = moment.elapsed + kAskAgain;
    }
    ask_again_at_ = moment.elapsed + kAskAgain;
}

// Its slot is free for the next one, before the outcome is committed.
void Executor::finish(Attempt attempt, Outcome outcome, Moment moment) {
    attempt.slot.give_back();
    finishing_.push_back({std::move(attempt), std::move(outcome), moment.elapsed});
}

void Executor::end_sleeps(Moment moment) {
    while (!sleeps_.empty() && sleeps_.begin()->first <= moment.elapsed) {
        auto held = held_.extract(sleeps_.begin()->second);
        sleeps_.erase(sleeps_.begin());
        if (held.empty()) continue;
        auto outcome = finish_sleep(held.mapped().params, moment.now);
        finish(std::move(held.mapped()), std::move(outcome), moment);
    }
}

// The runner says everything until it is answered, so each report may come more than once.
void Executor::hear_runner(Moment moment) {
    for (auto& finished : std::exchange(intake_.finished, {})) {
        const auto held = held_.find(finished.key.id);
        if (held == held_.end() || held->second.token != finished.token) {
            if (!is_finishing(finished.key, finished.token)) {
                courier_.to_runner(AbortProcess{finished.key, finished.token});
            }
            continue;
        }
        auto outcome = std::move(finished.outcome);
        if (const auto& schema = held->second.out_schema) {
            outcome = hold_to_schema(*schema, std::move(outcome));
        }
        finish(std::move(held->second), std::move(outcome), moment);
        held_.erase(held);
    }
    std::erase_if(intake_.started, [&](const ProcessStarted& started) {
        const auto held = held_.find(started.key.id);
        if (held == held_.end() || held->second.token != started.token) {
            courier_.to_runner(AbortProcess{started.key, started.token});
            return true;
        }
        auto& attempt = held->second;
        attempt.unanswered.reset();
        if (attempt.cancelled) {
            courier_.to_runner(CancelProcess{started.key, started.token});
        } else if (attempt.running) {
            courier_.to_runner(GoProcess{started.key, started.token});
        }
        return attempt.running;
    });
    ask_runner_again(moment);
}

bool Executor::is_finishing(const ExecutionKey& key, const ClaimToken& token) const {
    return std::any_of(finishing_.begin(), finishing_.end(), [&](const Finishing& finishing) {
        return finishing.attempt.key == key && finishing.attempt.token == token;
    });
}

// scheduled -> running, committed before the gate opens: a process that runs is always known.
void Executor::mark_running(Moment moment) {
    std::vector<RunningMark> marks;
    std::set<ExecutionId> marked;
    for (const auto& started : intake_.started) {
        if (!marked.insert(started.key.id).second) continue;
        marks.push_back({started.key,
                         started.token,
                         {started.process_group, static_cast<std::int64_t>(started.start_ticks),
                          options_.boot_id}});
    }
    if (marks.empty()) return;
    const auto accepted = ledger_.start_running(marks);
    if (std::find(accepted.begin(), accepted.end(), false) != accepted.end()) {
        // Not lost, perhaps: somebody wants it stopped.
        cancelled_look_at_ = Duration{0};
        stop_cancelled(moment);
    }
    intake_.started.clear();
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const auto held = held_.find(marks[i].key.id);
        if (held == held_.end()) continue;
        if (accepted[i]) {
            held->second.running = true;
            courier_.to_runner(GoProcess{marks[i].key, marks[i].token});
            if (courier_.listened()) {
                courier_.feed(execution_started(held->second, moment.now));
            }
        } else {
            courier_.to_runner(AbortProcess{marks[i].key, marks[i].token});
            held_.erase(held);
        }
    }
}

std::vector<Completion> Executor::completions() const {
    const auto count = std::min(finishing_.size(), limits::kEventsPerBatch);
    std::vector<Completion> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& [attempt, outcome, since] = finishing_[i];
        all.push_back({attempt.key, attempt.token, outcome});
    }
    return all;
}

// Of the oldest outcomes, which were accepted; the others lost their claim meanwhile.
void Executor::settle_completions(const std::vector<bool>& accepted, Moment moment) {
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        const auto& [attempt, outcome, since] = finishing_[i];
        if (!accepted[i]) {
            shared_.log.warn("execution {} of {} ended as {}, but its claim is lost",
                             attempt.key.id.value, attempt.action_ref,
                             to_string(outcome.state));
        } else {
            outcomes_.tell(attempt, outcome, moment.elapsed);
            if (courier_.listened()) courier_.feed(execution_completed(attempt, outcome));
        }
        if (attempt.process) courier_.to_runner(AbortProcess{attempt.key, attempt.token});
    }
    finishing_.erase(finishing_.begin(),
                     finishing_.begin() + static_cast<std::ptrdiff_t>(accepted.size()));
}

// Outcomes that found no transaction to ride in.
void Executor::complete_due(Moment moment) {
    if (finishing_.empty()) return;
    const bool due = finishing_.size() >= limits::kCompletionsPerBatch || draining() ||
                     moment.elapsed - finishing_.front().since >= limits::kCompletionDelay;
    if (!due) return;
    try {
        settle_completions(ledger_.complete(completions()), moment);
    } catch (const StoreRefused&) {
        complete_one_by_one(moment);
    }
}

// One of them is refused: it keeps its state and loses its result. What is refused even so is
// given up here; its claim is found forgotten, which is a lost attempt.
void Executor::complete_one_by_one(Moment moment) {
    for (auto left = finishing_.size(); left > 0; --left) {
        const auto refusal = complete_first(moment);
        if (refusal.empty()) continue;
        auto& [attempt, outcome, since] = finishing_.front();
        shared_.log.error("execution {}: the database refuses its result: {}",
                          attempt.key.id.value, refusal);
        outcome = {outcome.state, compact(Json{{"error", refusal}}), moment.now};
        if (complete_first(moment).empty()) continue;
        shared_.log.error("execution {}: it cannot be completed as {}", attempt.key.id.value,
                          to_string(outcome.state));
        settle_completions({false}, moment);
    }
}

// Why the database refuses the oldest outcome; empty: it does not.
std::string Executor::complete_first(Moment moment) {
    const auto& [attempt, outcome, since] = finishing_.front();
    const Completion first{attempt.key, attempt.token, outcome};
    try {
        settle_completions(ledger_.complete({&first, 1}), moment);
        return {};
    } catch (const StoreRefused& refusal) {
        return refusal.what();
    }
}

// Work that nobody took at its birth: for lack of slots, after a crash, or a lost hint.
void Executor::claim_backlog(Moment moment) {
    if (intake_.woken) backlog_ = true;
    intake_.woken = false;
    if (!backlog_ || draining()) return;
    auto slots = shared_.slots.take(static_cast<int>(limits::kCompletionsPerBatch));
    if (slots.count() == 0) return;
    const auto wanted = static_cast<std::size_t>(slots.count());
    const auto claimed = ledger_.claim_ready(owner_, slots.count(), moment.now);
    if (claimed.size() < wanted) backlog_ = false;
    for (const auto& execution : claimed) {
        auto attempt = attempt_of(execution);
        attempt.slot = slots.take_one();
        begin(std::move(attempt), moment);
    }
}

}  // namespace attune
