// What an executor's inbox brought, sorted by what has to be done with it.
//
// Bounded: a worker has at most its credits of decisions under way and one for each sensor; of
// requests, which are repeated until they are answered, one copy waits, and at most
// limits::kWaitingRequests of them. One more is dropped: its asker repeats it.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/executor/work.h"
#include "wire/messages.h"

namespace attune {

class Intake {
public:
    void take(Message&& message);

    // Up to `count` pieces of work, oldest first, no two about one sensor's timer.
    std::vector<Work> next_batch(std::size_t count);
    // Work that was not settled, to the front again and in its order.
    void put_back(std::vector<Work> works);

    bool has_work() const { return !work_.empty(); }
    std::size_t waiting() const { return work_.size(); }

    std::vector<RunRequest> runs;
    std::vector<CancelRequest> cancels;
    std::vector<ProcessStarted> started;
    std::vector<ProcessFinished> finished;
    std::optional<RunnerRoster> roster;  // the newest
    bool woken = false;                  // there may be ready work, or a claim to be stopped

private:
    void take_decisions(Decisions&& decisions);
    void take_fire(FireRequest&& fire);
    void take_run(RunRequest&& run);
    void take_cancel(CancelRequest&& cancel);

    std::deque<Work> work_;
    std::unordered_set<SensorId> timers_;               // that have a decision in work_
    std::set<std::pair<SensorId, std::string>> fires_;  // that are in work_, by their keys
};

}  // namespace attune
