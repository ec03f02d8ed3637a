// What stands between what a source says and what the database says, as values.
//
//   StoredState  read by the store      what is there now
//   Plan         made by reconciler/    what has to change, and nothing else
//   Applied      made by the store      what became of it
//
// A Plan names only rows that change, so what it does not name is not touched: not its row, not
// its timer, not its place in memory. An empty Plan (see nothing_to_do) writes no generation.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/lifecycle.h"
#include "core/manifest.h"
#include "core/ref.h"
#include "core/source.h"
#include "core/time.h"

namespace attune {

// Who an object belongs to: what a source does not own, it never retires.
enum class Origin {
    kManifest,   // a source's
    kCore,       // the built-in pack's
    kMigration,  // converted from the seed's tables; a manifest of the same ref adopts it
};
std::string_view to_string(Origin origin);  // "manifest", "core", "migration"
std::optional<Origin> parse_origin(std::string_view text);

// One row of a catalog table, retired ones included.
struct StoredObject {
    Kind kind = Kind::kPack;
    std::int64_t id = 0;  // of its kind's table: PackId, TriggerId, ActionId, SensorId, RuleId
    Ref ref;
    Origin origin = Origin::kManifest;
    std::string source;       // the owning source's name; empty unless origin is manifest
    Place place;              // line 0: never came from a file
    std::string document;     // compact JSON, as written
    std::string spec_digest;  // empty: unknown, of a converted row; differs from any
    std::string meta_digest;
    Generation generation;  // of its last change
    TimePoint created_at;
    std::optional<TimePoint> retired_at;
    // Sensors and rules: what an operator decided over the file's `enabled`; no value: nothing.
    std::optional<bool> enabled_override;
    Generation spec_rev;  // sensors with a timer row: its schedule's; else none
};

// A timer as its row and the open timer_rev have it.
struct StoredTimer {
    SensorId sensor;
    TimerState state = TimerState::kArmed;
    Generation spec_rev;
    TimePoint anchor_at;
    TimePoint cursor_at;
    std::int64_t fires = 0;  // recorded so far
    std::string spec;  // compact JSON {"config": ..., "trigger": ...} of the last timer_rev
};

struct SourceFile {
    std::string path;
    std::string digest;  // hex SHA-256 of its bytes
    bool valid = true;   // false: something in it is frozen or absent, see diagnostics
    Diagnostics diagnostics;

    friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

struct StoredState {
    Generation generation;
    std::vector<StoredObject> objects;  // by kind and ref; all sources, core, converted
    std::vector<StoredTimer> timers;    // by sensor id
    std::vector<SourceFile> files;      // of the asked source, by path
    std::string last_tree;              // tree digest of the last applied revision; or empty
};

enum class ChangeKind {
    kCreate,   // no row of this ref
    kUpdate,   // the spec differs (the label and the rest may, too)
    kRelabel,  // label, description, labels or annotations only: no timer is touched
    kMove,     // only where it stands in the files
    kRestore,  // was retired, is back: its id and anchor stay; spec and label are written, too
    kAdopt,   // another owner's row (converted, or the seed's core triggers) becomes the plan's
    kRetire,  // left the tree
};
std::string_view to_string(ChangeKind kind);  // "create", "update", ...
std::optional<ChangeKind> parse_change_kind(std::string_view text);

struct ObjectChange {
    ChangeKind change = ChangeKind::kCreate;
    Kind kind = Kind::kPack;
    Ref ref;
    std::int64_t id = 0;               // of the row; 0 exactly for kCreate
    std::optional<Manifest> manifest;  // what it becomes; none exactly for kRetire
};

// One schedule, as it is armed: becomes a timer_rev, which later proves what it should have
// fired. For intervals the instants are base_at + k * period (k >= 1 when from_creation).
struct TimerSpan {
    Json spec;                         // {"config": {...}, "trigger": "core.intervaltimer"}
    std::optional<Duration> period;    // intervals only, as the next two
    std::optional<TimePoint> base_at;  // the anchor the instants are counted from
    bool from_creation = true;
    std::optional<TimePoint> start_at;  // start_at <= instant < end_at
    std::optional<TimePoint> end_at;
    std::string tzdata;  // release of the zone rules used, "2024a"; empty: none were needed
    std::optional<TimePoint> next_at;  // informative: the first instant to come
};

// What happens to one sensor's timer. The moment of the change is max(plan.at, cursor): up to
// it the old schedule was responsible, from it the new one.
struct TimerChange {
    Ref sensor;
    SensorId id;  // none: the sensor is created by this plan

    // After the change: armed, paused, exhausted or retired.
    TimerState state = TimerState::kArmed;

    // What compile_schedule takes as created_at: kept, or plan.at for a new sensor and for a
    // change of an interval's period.
    TimePoint anchor_at;

    // Armed and exhausted: what it is armed with. Otherwise none: the open span is closed.
    std::optional<TimerSpan> span;

    // Where a first span starts, when not at plan.at: a past one-shot that is to fire begins
    // just before its instant. Ignored for a timer whose row exists and is further.
    std::optional<TimePoint> cursor_at;

    // Exhausted at birth, by a one-shot's instant at or before its creation: the skip's row.
    std::optional<TimePoint> past_one_shot;
};

enum class RevisionOutcome {
    kApplied,    // everything the tree says
    kPartial,    // applied, with frozen or absent objects
    kUnchanged,  // nothing to do
    kRefused,    // strict and an error, a brake, a broken mount: nothing was applied
};
std::string_view to_string(RevisionOutcome outcome);  // "applied", "partial", ...
std::optional<RevisionOutcome> parse_revision_outcome(std::string_view text);

// One attempt to make the database say what a tree says; every attempt leaves a row.
struct Revision {
    std::string source;  // its name
    std::string tree;    // digest of the tree (paths and contents)
    std::string commit;  // git mode; else empty
    TimePoint started_at;
    TimePoint finished_at;
    RevisionOutcome outcome = RevisionOutcome::kApplied;
    int objects = 0;  // that the tree names
    int frozen = 0;
    Diagnostics diagnostics;
};

struct Plan {
    Generation base;  // of the StoredState it was made from; another one there refuses it
    TimePoint at;     // the moment of the change, program clock: created_at, retired_at, ...
    Origin origin = Origin::kManifest;  // whose the written rows become
    SourceSpec source;                  // ignored unless origin is manifest

    // Creates, updates and the like by kind in order; then retirements, by kind in reverse.
    std::vector<ObjectChange> objects;
    std::vector<TimerChange> timers;

    std::vector<SourceFile> files;        // new or different
    std::vector<std::string> files_gone;  // paths

    Revision revision;
};

// No object, timer or file changes: nothing to apply, at most a revision to note.
bool nothing_to_do(const Plan& plan);

// How many objects each kind of change concerns, for summaries.
std::map<ChangeKind, int> count_changes(const Plan& plan);

// "1 to add, 1 to change, 1 to retire"; without any "3 timers to arm or stop", or "no objects
// to change, 2 files differ"; "nothing to do" exactly when nothing_to_do().
std::string summarise(const Plan& plan);

struct Applied {
    bool moved = false;  // somebody else changed the catalog: nothing was written; plan again
    Generation generation;  // the new one; when nothing but files changed, the old
    std::int64_t revision = 0;
    std::map<std::string, std::int64_t> created;  // "Sensor ops.tick" -> id, for kCreate
};

}  // namespace attune
