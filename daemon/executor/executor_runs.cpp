// How an executor records what `attune run` asks for: executions that nobody's event brought.
// They are rare, so each has a transaction of its own.
#include <utility>

#include "daemon/executor/executor.h"
#include "daemon/executor/feed_items.h"

namespace attune {

void Executor::record_runs(Moment moment) {
    while (!intake_.runs.empty()) {
        if (record_run(intake_.runs.front(), moment)) {
            intake_.runs.erase(intake_.runs.begin());
        }
    }
}

// False: the catalog has moved, to be tried again.
bool Executor::record_run(const RunRequest& request, Moment moment) {
    const auto catalog = shared_.catalog.get();
    if (!born_run_ && !bear_run(request, *catalog, moment)) {
        refuse_run(request, "the action is gone");
        return true;
    }
    Recorded recorded;
    try {
        recorded = ledger_.record_runs(catalog->generation(), owner_, {&born_run_->run, 1});
    } catch (const StoreInDoubt&) {
        // Repeated with the same id it is known as ours, whether it was committed or not.
        born_run_->in_doubt = true;
        throw;
    } catch (const StoreRefused& refusal) {
        born_run_.reset();
        refuse_run(request, refusal.what());
        return true;
    } catch (...) {
        if (!born_run_->in_doubt) born_run_.reset();
        throw;
    }
    if (recorded.moved) {
        if (!born_run_->in_doubt) born_run_.reset();
        shared_.catalog.follow(catalog->generation(), recorded.current);
        return false;
    }
    settle_run(request, recorded, moment);
    return true;
}

// False: the catalog does not have its action any more.
bool Executor::bear_run(const RunRequest& request, const Catalog& catalog, Moment moment) {
    const auto* action = catalog.actions().find(request.action);
    if (!action) return false;
    ids_.reserve(1);
    BornRun born;
    born.run.accepted_at = request.scheduled_at;
    born.run.key = request.key;
    born.run.execution = preparation_.birth(*action, request.params, "run:" + request.key,
                                            !backlog_ && !draining(), moment.now, born.slot);
    born.run.execution.id = ExecutionId{ids_.next()};
    born_run_ = std::move(born);
    return true;
}

void Executor::settle_run(const RunRequest& request, const Recorded& recorded, Moment moment) {
    if (recorded.entries.front() == Fate::kDuplicate) {
        born_run_.reset();
        const auto& earlier = recorded.existing.front();
        courier_.reply(request.reply_to,
                       RunReply{request.request,
                                RequestOutcome::kDuplicate,
                                {ExecutionId{earlier.id}, earlier.scheduled_at},
                                {}});
        return;
    }
    auto born = *std::exchange(born_run_, std::nullopt);
    const auto& run = born.run;
    courier_.reply(request.reply_to, RunReply{request.request,
                                              RequestOutcome::kRecorded,
                                              {run.execution.id, run.accepted_at},
                                              {}});
    auto attempt = attempt_of(run);
    if (courier_.listened()) courier_.feed(execution_requested(attempt, moment.now));
    if (run.execution.claimed) {
        attempt.slot = std::move(born.slot);
        begin(std::move(attempt), moment);
    } else {
        backlog_ = true;
    }
}

void Executor::refuse_run(const RunRequest& request, const std::string& why) {
    courier_.reply(request.reply_to,
                   RunReply{request.request, RequestOutcome::kRefused, {}, why});
}

}  // namespace attune
