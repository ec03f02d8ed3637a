// What ledger tests record: timers as rows, and entries about them, with as little said as the
// test is about.
#pragma once

#include <string>

#include "store/ledger.h"
#include "tests/support/database.h"

namespace attune {

// Writes an armed timer, its open timer_rev (every 10 s from `cursor`) and its sensor
// "test.s<id>" into the database.
void arm(TestDatabase& db, SensorId sensor, TimePoint cursor,
         Generation spec_rev = Generation{1});

// `sensor` fires at `at`, decided from cursor `from`; ids are drawn from `ids`.
class EntryMaker {
public:
    explicit EntryMaker(Ledger& ledger) : ledger_(ledger) {}

    Entry fire(SensorId sensor, TimePoint from, TimePoint at,
               Generation spec_rev = Generation{1});
    // Nothing fires: (from, through] is skipped.
    Entry skip(SensorId sensor, TimePoint from, TimePoint through, std::int64_t count,
               Generation spec_rev = Generation{1});
    // An event from outside.
    Entry manual(SensorId sensor, TimePoint at, const std::string& key);

    // Adds an answer with an execution of core.echo, claimed under a token made from its id.
    Answer& answer(Entry& entry, RuleId rule);

    std::int64_t next_id();

private:
    Ledger& ledger_;
    IdBlock ids_;
};

ClaimToken token_of(ExecutionId id);

// The completion of an entry's n-th execution.
Completion completion_of(const Entry& entry, std::size_t n = 0,
                         ExecutionState state = ExecutionState::kSucceeded);

}  // namespace attune
