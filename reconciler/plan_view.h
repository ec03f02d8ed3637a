// A plan beside the state it was made from: what its text and its JSON are both made of.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/plan.h"
#include "reconciler/differences.h"
#include "reconciler/planner.h"

namespace attune {

class PlanView {
public:
    // All are borrowed. `files`: how many the tree has.
    PlanView(const PlanResult& result, const StoredState& state, std::size_t files);

    const PlanResult& result() const { return result_; }
    const StoredState& state() const { return state_; }
    std::size_t files() const { return files_; }

    // In what an object that is changed will differ from what is stored; empty for a new one.
    std::vector<Difference> differences_of(const ObjectChange& change) const;

    // "timer armed", "timer re-armed, phase kept", "timer paused" ...
    std::string remark_of(const TimerChange& timer) const;

private:
    const PlanResult& result_;
    const StoredState& state_;
    std::size_t files_;
    // By name: a plan of many objects asks for many.
    std::unordered_map<std::string, const StoredObject*> objects_;
    std::unordered_map<SensorId, const StoredTimer*> timers_;
};

}  // namespace attune
