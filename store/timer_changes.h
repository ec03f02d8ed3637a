// The timers' part of applying a plan: closes spans of old schedules, opens those of new ones.
// Private to store/; runs under the exclusive catalog lock.
#pragma once

#include <vector>

#include "core/ids.h"
#include "core/plan.h"

namespace attune {

class Session;

// Sensors that the plan creates have their rows already; all are named by ref.
void apply_timer_changes(Session& session, const std::vector<TimerChange>& changes,
                         TimePoint at, Generation generation);

}  // namespace attune
