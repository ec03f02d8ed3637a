// What an executor's inbox brought, sorted by what has to be done with it.
//
// Bounded without refusing anything: a worker has at most its credits of decisions under way
// and one for each sensor; requests are bounded by the control server's clients.
#pragma once

#include <deque>
#include <optional>
#include <unordered_set>
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
    std::vector<ProcessStarted> started;
    std::vector<ProcessFinished> finished;
    bool woken = false;  // there may be ready work

private:
    void take(Decisions&& decisions);

    std::deque<Work> work_;
    std::unordered_set<SensorId> timers_;  // that have a decision in work_
};

}  // namespace attune
