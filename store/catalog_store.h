// The catalog in the database: packs, triggers, actions, sensors, rules, and where they came
// from. Read by whoever runs them, written by one reconcile pass at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/compile_catalog.h"
#include "core/plan.h"
#include "store/connection.h"

namespace attune {

class CatalogStore {
public:
    explicit CatalogStore(Database database);
    ~CatalogStore();

    // The number of the last change.
    Generation generation();

    // The catalog as the database has it at one moment: `previous` with what has changed since,
    // or (nullptr) all of it. Rows are compiled portion by portion as they come, so it takes
    // little more memory than its result.
    CompiledCatalog compile(const Catalog* previous);

    // What a plan is made from. `source`: whose files are wanted.
    StoredState load_state(const std::string& source);

    // Writes all of `plan` in one transaction, or nothing: catalog rows, then (waiting for
    // recorders under way) timer rows of changed sensors, files, the revision, the generation.
    // What commits after it was evaluated against the new generation or not at all.
    Applied apply(const Plan& plan);

    // An attempt that applied nothing (refused, unchanged, or files only). Returns its number.
    std::int64_t note(const Revision& revision);

    struct Change {
        Generation generation;
        std::int64_t revision = 0;
        std::string commit;
        std::string tree;
        ChangeKind change = ChangeKind::kCreate;
        Place place;
        std::string document;  // as written; for kRetire as it was last
        TimePoint at;
    };

    // The version of an object that was in force at `generation`, which is how an event's
    // generation leads to the commit, file and line that ran.
    std::optional<Change> version_at(Kind kind, const Ref& ref, Generation generation);

    // Attempts to apply a source, newest first: of any name, because a source may be renamed,
    // and also those refused before it could be told which source it is (no attune.yaml).
    std::vector<Revision> revisions(int limit);

private:
    Connection connection_;
};

}  // namespace attune
