// From what a tree says and what the database says to what has to change. Pure: the same state,
// check and moment give the same plan, so `attune plan`, `attune apply` and the daemon cannot
// differ.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/check.h"
#include "core/plan.h"
#include "core/zone_source.h"

namespace attune {

// Why an object that has left the tree is not retired by this plan.
enum class HoldReason {
    kNotCertain,  // missing in one scan so far; a later pass retires it
    kPruneOff,    // spec.prune.enabled is false
    kBrake,       // too many would go at once (ATT6002)
    kReferredTo,  // an object of another owner names it (ATT6004)
};
std::string_view to_string(HoldReason reason);  // "not_certain", "prune_off", ...

struct HeldObject {
    Kind kind = Kind::kPack;
    Ref ref;
    HoldReason reason = HoldReason::kNotCertain;
};

// An object that stays at what was last applied because of a fault, or is left out when nothing
// was.
struct FrozenObject {
    Kind kind = Kind::kPack;
    Ref ref;
    Generation generation;  // of what stays; none: left out
    std::string why;        // the code of the root cause
};

struct PlanInput {
    const StoredState* state = nullptr;
    Origin origin = Origin::kManifest;  // kCore: the built-in pack's, without brake or files
    SourceSpec source;
    std::span<const CheckedObject> objects;
    std::vector<SourceFile> files;  // the tree's, by path
    TimePoint now;
    const ZoneSource* zones = nullptr;

    // Whether an object that is not in the tree is known to have left it. Empty: it has.
    std::function<bool(const StoredObject&)> surely_gone;
    // Somebody looked at the plan and said that so many may go, whatever the brake says.
    int allowed_retirements = 0;
};

struct PlanResult {
    Plan plan;  // its revision is the caller's to fill
    std::vector<FrozenObject> frozen;
    std::vector<HeldObject> held;
    // ATT6001 (prune is off), ATT6002 (brake), ATT6003 (another source's object), ATT6004
    // (still referred to), and what kept a timer from being armed.
    Diagnostics diagnostics;
};

PlanResult plan_changes(const PlanInput& input);

// summarise() of the plan, then what does not become what the tree says: "1 to add, 2 frozen,
// 1 left out, 3 held".
std::string summarise(const PlanResult& result);

}  // namespace attune
