#include "daemon/executor/intake.h"

#include <iterator>
#include <utility>

namespace attune {

void Intake::take(Message&& message) {
    if (auto* decisions = std::get_if<Decisions>(&message)) {
        take(std::move(*decisions));
    } else if (auto* fire = std::get_if<FireRequest>(&message)) {
        work_.push_back({.decision = std::nullopt, .worker = {}, .fire = std::move(*fire)});
    } else if (auto* run = std::get_if<RunRequest>(&message)) {
        runs.push_back(std::move(*run));
    } else if (const auto* start = std::get_if<ProcessStarted>(&message)) {
        started.push_back(*start);
    } else if (auto* finish = std::get_if<ProcessFinished>(&message)) {
        finished.push_back(std::move(*finish));
    } else if (std::holds_alternative<Wake>(message)) {
        woken = true;
    }
}

// A worker pushes what is not confirmed in time again; one of the two is enough.
void Intake::take(Decisions&& decisions) {
    for (const auto& decision : decisions.decisions) {
        if (!timers_.insert(decision.sensor).second) continue;
        work_.push_back(
            {.decision = decision, .worker = decisions.reply_to, .fire = std::nullopt});
    }
}

std::vector<Work> Intake::next_batch(std::size_t count) {
    std::vector<Work> batch;
    batch.reserve(std::min(count, work_.size()));
    while (!work_.empty() && batch.size() < count) {
        if (work_.front().decision) timers_.erase(work_.front().decision->sensor);
        batch.push_back(std::move(work_.front()));
        work_.pop_front();
    }
    return batch;
}

void Intake::put_back(std::vector<Work> works) {
    for (auto work = works.rbegin(); work != works.rend(); ++work) {
        if (work->decision && !timers_.insert(work->decision->sensor).second) continue;
        work_.push_front(std::move(*work));
    }
}

}  // namespace attune
