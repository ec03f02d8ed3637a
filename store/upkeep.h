// What the ledger needs now and then: partitions ahead of time, whether work waits, and the
// counters of rules that did not match. Driven by the sweep.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/time.h"
#include "store/connection.h"

namespace attune {

// What a rule made of events since it was last told, added to its row.
struct RuleCount {
    RuleId rule;
    std::int64_t matched = 0;
    std::int64_t unmatched = 0;
    std::int64_t errored = 0;
    std::string last_reason = {};  // of the newest event that did not match; empty: none
    TimePoint last_at = {};        // of that event
};

class Upkeep {
public:
    explicit Upkeep(Database database);
    ~Upkeep();

    // Makes the day partitions from `from`'s day to `through`'s, as far as they are missing.
    // Recording makes a missing one itself, so this only saves it the wait.
    void make_partitions(TimePoint from, TimePoint through);

    static constexpr std::int64_t kReadyCounted = 1000;

    // What those have to know whose hints may have been lost.
    struct Standing {
        // Executions that wait and could be claimed at `now`, counted up to kReadyCounted.
        std::int64_t ready = 0;
        Generation generation;  // of the catalog
    };
    Standing standing(TimePoint now);

    // Counts are for people: repeated after StoreInDoubt, they may be counted twice.
    void add(std::span<const RuleCount> counts);

    // Forgets attempts to reconcile and changes older than `before` that no event refers to.
    int forget_revisions(TimePoint before);

private:
    Connection connection_;
};

}  // namespace attune
