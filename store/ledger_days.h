// The days of the ledger: each UTC day of scheduled_at has partitions of its own, made before
// the first row that needs them. Private to ledger*.cpp.
//
// Statements that find rows by their keys name the day's partition themselves. Through the
// parent the planner, which has only generic parameters and no statistics, may choose to read
// the whole day once for every key; and it plans forty partitions where one is meant.
#pragma once

#include <set>
#include <string>

#include "core/time.h"
#include "store/session.h"

namespace attune {

class Connection;

// The midnight that begins the day of `moment`.
TimePoint day_of(TimePoint moment);

// A statement about one day: "{0}" in its text stands for the day as partitions have it in
// their names, "UPDATE execution_{0} x ...". Prepared for each day at its first use.
struct DayStatement {
    const char* name;
    const char* sql;
};

// Requires that the day has partitions.
Rows run(Session& session, const DayStatement& statement, TimePoint day, const Params& params);

class LedgerDays {
public:
    // Makes the partitions of `days` that are not known to be there, each in a transaction of
    // its own.
    void make(Connection& connection, const std::set<TimePoint>& days);

    // Whether there are partitions of `day`. They are not when someone has dropped them.
    bool has(Session& session, TimePoint day);

    // A statement did not find its partition: all days are to be looked at again.
    void forget() { known_.clear(); }

private:
    std::set<TimePoint> known_;  // to be there; one more for each day of the daemon's life
};

}  // namespace attune
