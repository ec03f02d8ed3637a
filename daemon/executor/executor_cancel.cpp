// How an executor cancels. What somebody asks for it writes down, whoever holds the execution;
// what it holds itself it stops when the row says so. The two need not meet: whoever is not
// told looks once a second.
#include <utility>

#include "core/json.h"
#include "daemon/executor/executor.h"
#include "daemon/executor/feed_items.h"

namespace attune {
namespace {

constexpr Duration kCancelledLook = std::chrono::seconds(1);

CancelOutcome outcome_of(const std::optional<ExecutionState>& state) {
    if (!state) return CancelOutcome::kUnknown;
    const bool stopped =
        *state == ExecutionState::kCancelled || *state == ExecutionState::kCancelling;
    return stopped ? CancelOutcome::kCancelled : CancelOutcome::kEnded;
}

}  // namespace

void Executor::cancel_asked() {
    while (!intake_.cancels.empty()) {
        cancel(intake_.cancels.front());
        intake_.cancels.erase(intake_.cancels.begin());
    }
}

void Executor::cancel(const CancelRequest& request) {
    try {
        const auto cancelled =
            ledger_.cancel({request.execution, request.by, request.reason, request.at});
        settle_cancel(request, cancelled);
    } catch (const StoreRefused& refusal) {
        courier_.reply(
            request.reply_to,
            CancelReply{request.request, CancelOutcome::kRefused, {}, refusal.what()});
    }
}

// Its owner is told each time it is asked for: the first hint may be what got lost.
void Executor::settle_cancel(const CancelRequest& request, const Cancelled& cancelled) {
    courier_.reply(request.reply_to,
                   CancelReply{request.request,
                               outcome_of(cancelled.state),
                               cancelled.state.value_or(ExecutionState::kRequested),
                               {}});
    if (cancelled.changed) {
        const auto attempt = attempt_of(cancelled.execution);
        outcomes_.tell_cancel(attempt, *cancelled.state, request.by, request.reason);
        if (cancelled.state == ExecutionState::kCancelled && courier_.listened()) {
            courier_.feed(
                execution_completed(attempt, {*cancelled.state, cancelled.result, request.at}));
        }
    }
    if (cancelled.state != ExecutionState::kCancelling) return;
    if (cancelled.owner.incarnation != owner_.incarnation) return;  // recovered by its heir
    if (cancelled.owner.executor == owner_.executor) {
        cancelled_look_at_ = Duration{0};
    } else {
        courier_.wake(cancelled.owner.executor);
    }
}

// Of what it holds, whatever the database says is to be cancelled. A process is told so again
// each time, until it has ended.
void Executor::stop_cancelled(Moment moment) {
    const bool due = intake_.woken || moment.elapsed >= cancelled_look_at_;
    if (held_.empty() || !due) return;
    std::vector<Claim> claims;
    claims.reserve(held_.size());
    for (const auto& [id, attempt] : held_) claims.push_back({attempt.key, attempt.token});
    const auto cancelling = ledger_.cancelling(claims);
    for (std::size_t i = 0; i < claims.size(); ++i) {
        if (cancelling[i]) stop(claims[i].key.id, moment);
    }
    cancelled_look_at_ = moment.elapsed + kCancelledLook;
}

// Requires that it is held and that its row is `cancelling`. A process that runs says itself
// how it ends; one that waits at its gate never passes it.
void Executor::stop(ExecutionId id, Moment moment) {
    const auto held = held_.find(id);
    auto& attempt = held->second;
    if (attempt.process && attempt.running) {
        attempt.cancelled = true;
        courier_.to_runner(CancelProcess{attempt.key, attempt.token});
        return;
    }
    if (attempt.process) {
        courier_.to_runner(AbortProcess{attempt.key, attempt.token});
        std::erase_if(intake_.started,
                      [&](const ProcessStarted& started) { return started.key.id == id; });
    }
    if (attempt.sleeps_until) sleeps_.erase({*attempt.sleeps_until, id});
    finish(
        std::move(attempt),
        {ExecutionState::kCancelled, compact(Json{{"error", "it was cancelled"}}), moment.now},
        moment);
    held_.erase(held);
}

}  // namespace attune
