// Which of the objects that have left a tree are retired now: all of them or, for a reason
// that is told, none. The brake is here.
#pragma once

#include <cstddef>
#include <vector>

#include "reconciler/planner.h"

namespace attune {

struct RetirementInput {
    std::vector<const StoredObject*> gone;    // live, ours, not in the tree
    std::vector<const StoredObject*> others;  // live, of other owners: may refer to ours
    std::size_t ours = 0;                     // live objects of this source
    const PlanInput& input;
};

struct Retirement {
    std::vector<const StoredObject*> retired;  // by kind in reverse order of applying, ref
    std::vector<HeldObject> held;              // by kind and ref
    Diagnostics diagnostics;
};

// How many objects of a source with `ours` may go at once: max(max_objects, max_percent).
std::size_t prune_limit(const SourceSpec& source, std::size_t ours);

Retirement decide_retirement(RetirementInput input);

}  // namespace attune
