// A plan as people read it and as programs do.
//
//     source main: 9f2c1d0a -> 4be1a77c   2 of 137 files changed
//       ~ Sensor ops.every_10m   config.interval 10 -> 15   timer re-armed, phase kept
//       + Rule   ops.disk_sweep
//       - Sensor ops.cutover     retire
//       ! Sensor ops.fast        frozen at generation 3: ATT2011
//       = Sensor ops.old         stays: missing in one scan so far
//     1 to add, 1 to change, 1 to retire, 1 frozen, 1 held
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/plan.h"
#include "reconciler/planner.h"

namespace attune {

// One value of a spec that differs. Absent sides are null.
struct Difference {
    std::string path;  // "config.interval"
    Json before;
    Json after;
};

// The leaves in which two documents' specs and metadata differ, by path.
std::vector<Difference> differences(const Json& before, const Json& after);

struct PlanView {
    const PlanResult& result;
    const StoredState& state;  // what the plan was made from
    std::size_t files = 0;     // of the tree
};

std::string plan_text(const PlanView& view);

// {format_version, source, base, tree, text, changes: [{change, kind, ref, file, line,
// differences: [{path, before, after}]}], timers: [{sensor, state, remark, anchor_at,
// next_at}], frozen: [{kind, ref, generation, why}], held: [{kind, ref, reason}], summary:
// {create: 1, ...}}. Diagnostics are the caller's to add.
Json plan_json(const PlanView& view);

}  // namespace attune
