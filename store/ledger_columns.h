// Entries turned into the arrays that the ledger's statements take, column by column. Private
// to ledger*.cpp.
#pragma once

#include <span>
#include <vector>

#include "store/ledger.h"
#include "store/session.h"

namespace attune {

// $1..$16 of record_decisions, in the order of its unnest().
class DecisionColumns {
public:
    void add(const Entry& entry);
    void move_into(Params& params);

private:
    ArrayText sensor_, spec_rev_, from_, through_, fires_, next_, exhausted_;
    ArrayText skip_through_, skipped_, skip_reason_;
    ArrayText event_, fired_, trigger_, trigger_ref_, sensor_ref_;
    LineText payload_;
};

// Events from outside: $1..$10 of record_accepted.
class AcceptedColumns {
public:
    void add(const Entry& entry);
    void move_into(Params& params);

private:
    ArrayText sensor_, event_, scheduled_, fired_, trigger_;
    ArrayText dedupe_key_, trigger_ref_, sensor_ref_, origin_;
    LineText payload_;
};

// What a NewExecution adds to the columns of whatever it follows from.
class ExecutionColumns {
public:
    void add(const NewExecution& execution);
    void add_none();

    ArrayText id, action, action_ref, token, run_at, idempotency_key;
    LineText params;
};

// Answers with the ordinal of their entry and what they have of its event: 15 parameters.
class AnswerColumns {
public:
    void add(std::int64_t ordinal, const Entry& entry);
    void move_into(Params& params);

private:
    ArrayText ordinal_, at_, event_, id_, rule_, state_, rule_ref_, reason_;
    ExecutionColumns execution_;
};

// $1..$9 of record_runs.
class RunColumns {
public:
    void add(const Run& run);
    void move_into(Params& params);

private:
    ArrayText scheduled_, key_;
    ExecutionColumns execution_;
};

}  // namespace attune
