// A plan as people read it.
//
//     source main: 9f2c1d0a -> 4be1a77c   2 of 137 files changed
//       ~ Sensor ops.every_10m   config.interval 10 -> 15, timer re-armed, phase kept
//       + Rule   ops.disk_sweep
//       - Sensor ops.cutover     retire
//       ! Sensor ops.fast        frozen at generation 3: ATT2011
//       = Sensor ops.old         stays: missing in one scan so far
//     1 to add, 1 to change, 1 to retire, 1 frozen, 1 held
#pragma once

#include <string>

#include "reconciler/plan_view.h"

namespace attune {

// At most about limits::kReportListBytes, also when written as JSON: the objects that have no
// room are counted ("... and 98500 more"). A line is one object: what it quotes has no line
// break and no control character.
std::string plan_text(const PlanView& view);

}  // namespace attune
