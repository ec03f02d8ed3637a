// One pass from a directory to the database: scan, load, check, plan, apply.
//
// A pass needs no memory of the last one: what has to change follows from the tree and the
// database. What a Reconciler remembers makes passes cheap (unchanged files are neither read
// nor parsed, an unchanged tree asks the database one question) and careful (an object must be
// missing from two scans, two seconds apart, before it is retired). It has no thread and reads
// no clock; its loop calls reconcile() on start, when asked to, when a watcher hints, and after
// Report::again_in.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostic.h"
#include "core/plan.h"
#include "core/zone_source.h"
#include "reconciler/directory_source.h"
#include "reconciler/loader.h"
#include "reconciler/planner.h"
#include "store/catalog_store.h"

namespace attune {

struct Candidate;  // reconciler/candidate.h

struct PassOptions {
    // Look at everything, also when nothing seems to have changed: somebody asked.
    bool in_full = false;
    // That many objects may be retired at once, whatever the brake says.
    int allowed_retirements = 0;
};

struct Report {
    // What became of the attempt. No value: there was none, because the tree is being
    // written to right now; look again after `again_in`.
    std::optional<RevisionOutcome> outcome;

    Generation generation;      // of the catalog after the pass
    bool moved = false;         // this pass changed it: the runtime has to follow
    std::int64_t revision = 0;  // the row written; 0: none (an unchanged tree writes nothing)
    std::string source;         // its name; empty when attune.yaml says none
    std::string tree;           // the tree's digest; empty when it could not be read
    std::string summary;        // "1 to add, 2 to change", "nothing to do"
    std::map<ChangeKind, int> changes;
    int objects = 0;
    bool braked = false;  // retirements were refused by the brake
    std::vector<FrozenObject> frozen;
    std::vector<HeldObject> held;
    Diagnostics diagnostics;  // sorted

    // When to call again though nobody hints: a tree that did not settle, objects whose
    // absence is not certain yet. No value: at the usual interval.
    std::optional<Duration> again_in;
};

// What `attune plan` shows; nothing is written.
struct Preview {
    StoredState state;
    PlanResult result;
    std::size_t files = 0;
    std::string tree;
    Diagnostics diagnostics;  // of the tree, the check and the plan, sorted
    bool refused = false;  // strict and an error, the brake, no tree: nothing would be applied
};

class Reconciler {
public:
    static constexpr Duration kAbsenceProof = std::chrono::seconds(2);
    static constexpr Duration kUnsettledDelay = std::chrono::milliseconds(300);
    static constexpr int kUnsettledScans = 3;  // in a row, then it is a fault (ATT5003)
    static constexpr Duration kFullCompare = std::chrono::minutes(10);

    // `zones` must outlive it. Nothing is read before the first call.
    Reconciler(std::string root, Database database, const ZoneSource& zones);

    // One pass. `now`: the program's clock, the moment of the change. `elapsed`: a clock that
    // never steps, for what has to last. Throws StoreError; the next pass then starts afresh.
    Report reconcile(TimePoint now, Duration elapsed, const PassOptions& options = {});

    // What reconcile() would do at `now`, taking every absence for certain.
    Preview preview(TimePoint now, const PassOptions& options = {});

    // The last listing that was accepted, for the watcher; nullptr before the first.
    const TreeListing* listing() const { return tree_ ? &tree_->listing : nullptr; }
    const std::string& root() const { return source_.root(); }

private:
    std::optional<Report> scan(TimePoint now);
    bool nothing_new(Duration elapsed, const PassOptions& options);
    bool apply_core(TimePoint now);
    Report apply(TimePoint now, Duration elapsed, const PassOptions& options);
    Report finish(const Candidate& candidate, PlanResult result, const StoredState& state,
                  Duration elapsed);
    Report refuse(TimePoint now, Diagnostics diagnostics);
    Report refuse_plan(TimePoint now, PlanResult result);
    PlanResult plan(const Candidate& candidate, const StoredState& state, TimePoint now,
                    const PassOptions& options, std::optional<Duration> elapsed);
    bool surely_gone(const StoredObject& object, Duration elapsed);
    std::int64_t note(const Revision& revision);

    DirectorySource source_;
    Loader loader_;
    CatalogStore store_;
    const ZoneSource& zones_;

    std::optional<SourceTree> tree_;  // the last that was accepted
    int unsettled_ = 0;               // scans in a row
    bool core_applied_ = false;

    // What the last pass settled; no value: the next one has to look at everything.
    struct Settled {
        Duration at;
        Report report;
    };
    std::optional<Settled> settled_;
    std::string last_noted_;  // what the last revision without a change said

    struct Absence {
        Duration since;  // the first scan without it
        bool asked;      // still absent in this pass
    };
    std::map<std::string, Absence> absences_;  // by "Sensor ops.tick"
};

}  // namespace attune
