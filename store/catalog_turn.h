// How every change of the catalog begins and ends, whoever makes it. Private to store/.
#pragma once

#include <vector>

#include "core/ids.h"
#include "core/plan.h"

namespace attune {

class Session;

// Waits until nobody else changes the catalog, and keeps others waiting until the transaction
// ends. Returns the generation as of then.
Generation begin_turn(Session& session);

// Waits for recorders under way and keeps others waiting: what commits after this transaction
// was evaluated against `generation`. Timers change at `at`.
void end_turn(Session& session, const std::vector<TimerChange>& timers, TimePoint at,
              Generation generation);

}  // namespace attune
