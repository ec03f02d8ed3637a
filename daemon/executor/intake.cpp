#include "daemon/executor/intake.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/limits.h"

namespace attune {

void Intake::take(Message&& message) {
    if (auto* decisions = std::get_if<Decisions>(&message)) {
        take_decisions(std::move(*decisions));
    } else if (auto* fire = std::get_if<FireRequest>(&message)) {
        take_fire(std::move(*fire));
    } else if (auto* run = std::get_if<RunRequest>(&message)) {
        take_run(std::move(*run));
    } else if (auto* cancel = std::get_if<CancelRequest>(&message)) {
        take_cancel(std::move(*cancel));
    } else if (const auto* start = std::get_if<ProcessStarted>(&message)) {
        started.push_back(*start);
    } else if (auto* finish = std::get_if<ProcessFinished>(&message)) {
        finished.push_back(std::move(*finish));
    } else if (auto* told = std::get_if<RunnerRoster>(&message)) {
        roster = std::move(*told);
    } else if (std::holds_alternative<Wake>(message)) {
        woken = true;
    }
}

// A worker pushes what is not confirmed in time again; one of the two is enough.
void Intake::take_decisions(Decisions&& decisions) {
    for (const auto& decision : decisions.decisions) {
        if (!timers_.insert(decision.sensor).second) continue;
        work_.push_back(
            {.decision = decision, .worker = decisions.reply_to, .fire = std::nullopt});
    }
}

void Intake::take_fire(FireRequest&& fire) {
    if (fires_.size() >= limits::kWaitingRequests) return;
    if (!fires_.emplace(fire.sensor, fire.dedupe_key).second) return;
    work_.push_back({.decision = std::nullopt, .worker = {}, .fire = std::move(fire)});
}

void Intake::take_run(RunRequest&& run) {
    const auto same = [&](const RunRequest& other) { return other.key == run.key; };
    if (runs.size() >= limits::kWaitingRequests ||
        std::any_of(runs.begin(), runs.end(), same)) {
        return;
    }
    runs.push_back(std::move(run));
}

void Intake::take_cancel(CancelRequest&& cancel) {
    const auto same = [&](const CancelRequest& other) {
        return other.request == cancel.request && other.reply_to == cancel.reply_to;
    };
    if (cancels.size() >= limits::kWaitingRequests ||
        std::any_of(cancels.begin(), cancels.end(), same)) {
        return;
    }
    cancels.push_back(std::move(cancel));
}

std::vector<Work> Intake::next_batch(std::size_t count) {
    std::vector<Work> batch;
    batch.reserve(std::min(count, work_.size()));
    while (!work_.empty() && batch.size() < count) {
        const auto& next = work_.front();
        if (next.decision) timers_.erase(next.decision->sensor);
        if (next.fire) fires_.erase({next.fire->sensor, next.fire->dedupe_key});
        batch.push_back(std::move(work_.front()));
        work_.pop_front();
    }
    return batch;
}

void Intake::put_back(std::vector<Work> works) {
    for (auto work = works.rbegin(); work != works.rend(); ++work) {
        if (work->decision && !timers_.insert(work->decision->sensor).second) continue;
        if (work->fire && !fires_.emplace(work->fire->sensor, work->fire->dedupe_key).second) {
            continue;
        }
        work_.push_front(std::move(*work));
    }
}

}  // namespace attune
