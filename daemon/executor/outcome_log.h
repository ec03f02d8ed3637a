// Tells the log how executions ended: each failure, as long as they are few, with the fields to
// find them by; successes at level debug; and who has cancelled which.
#pragma once

#include <string>

#include "daemon/executor/attempt.h"
#include "daemon/log.h"

namespace attune {

class OutcomeLog {
public:
    static constexpr int kFailuresPerSecond = 10;

    explicit OutcomeLog(Log& log) : log_(log) {}

    // `elapsed` as of core/clock.h. Beyond kFailuresPerSecond failures are counted and the sum
    // is told with the first one of a later second.
    void tell(const Attempt& attempt, const Outcome& outcome, Duration elapsed);

    // Somebody asked for its end: it is cancelled, or cancelling.
    void tell_cancel(const Attempt& attempt, ExecutionState state, const std::string& by,
                     const std::string& reason);

private:
    bool may_tell(Duration elapsed);

    Log& log_;
    Duration second_began_{0};
    int told_ = 0;
    int untold_ = 0;
};

// "exit code 3", "it ran longer than its timeout of 5s": why an execution with this result
// failed, in one line.
std::string why_failed(const std::string& result);

}  // namespace attune
