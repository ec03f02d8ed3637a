// The ledger: events, a rule's answer to each (enforcement), the runs that follow (execution).
//
// A Ledger belongs to one thread and owns that thread's connection. The path of a fire:
//
//   Recorded r = ledger.record(catalog.generation, me, entries, finished);
//     r.moved            the catalog is newer (r.current): nothing of `entries` was written.
//                        Load that catalog, evaluate again, record again.
//     r.entries[i]       kRecorded: confirm, publish, run. kVoid: confirm as not recorded, the
//                        worker reloads that timer's row. kDuplicate: it was recorded before;
//                        of what has a caller's key r.existing[i] answers, a timer is
//                        confirmed.
//     r.completions[i]   false: the claim was lost, somebody else owns the execution now.
//   catch StoreInDoubt   r = read_back(entries): what is there was recorded, record() the rest.
//                        Completions are simply repeated: a repeat counts as accepted.
//   catch StoreRefused   halve `entries` until the offender is alone, then record_poisoned();
//                        refused again: fault_timer(), and go on with the others.
//
// Every moment is given by the caller (program clock); recorded_at and claimed_at are the
// database's own and compared only with themselves. See docs/store.md for tables and locks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/decision.h"
#include "core/event.h"
#include "core/ids.h"
#include "core/lifecycle.h"
#include "store/connection.h"
#include "store/errors.h"

namespace attune {

class LedgerDays;  // store/ledger_days.h

// Who holds a claim: one executor thread of one life of one daemon.
struct ClaimOwner {
    IncarnationId incarnation;
    int executor = 0;  // 0 .. 32767
};

// An execution about to be born, with its enforcement or (Run) without.
struct NewExecution {
    ExecutionId id;
    ActionId action;
    std::string action_ref;
    std::string params;           // compact JSON object, rendered
    std::string idempotency_key;  // see core/event.h
    bool claimed = false;         // born scheduled, mine; else requested, for whoever is free
    ClaimToken token;             // of the claim; meaningful when claimed
    TimePoint run_at;             // requested: not to be claimed before
};

// One rule's answer to one event.
struct Answer {
    EnforcementId id;
    RuleId rule;
    std::string rule_ref;
    EnforcementState state = EnforcementState::kProcessed;
    std::string reason;                     // of errored and suppressed; else empty
    std::optional<NewExecution> execution;  // exactly when processed
};

// What one transaction records as one piece: a timer's decision, or an event from outside.
struct Entry {
    std::optional<Decision> decision;  // timers: the move of the cursor it depends on
    std::optional<Event> event;        // absent: the decision only skips
    TriggerId trigger;                 // of the event, as the other three
    std::string trigger_ref;
    std::string sensor_ref;
    std::vector<Answer> answers;
};

struct Completion {
    ExecutionKey key;
    ClaimToken token;
    Outcome outcome;  // terminal; `result` compact JSON
};

// An execution somebody asked for by name (`attune run`): no event, no enforcement.
struct Run {
    NewExecution execution;  // idempotency_key "run:<key>"
    TimePoint accepted_at;   // becomes its scheduled_at
    std::string key;         // the caller's, or a random uuid: the same key never runs twice
};

enum class Fate {
    kRecorded,
    kVoid,       // the timer's row says otherwise: another schedule, another cursor, not armed
    kDuplicate,  // an event (or run) with this sensor and key is there already; a timer's
                 // cursor has moved all the same
};

// What answers for a kDuplicate.
struct Existing {
    std::int64_t id = 0;  // an event's, or for runs an execution's; 0: no duplicate
    TimePoint scheduled_at;
};

struct Recorded {
    bool moved = false;              // the generation was another: no entry was written
    Generation current;              // the generation found, whether moved or not
    std::vector<Fate> entries;       // in the order given; empty when moved
    std::vector<Existing> existing;  // in the order given; empty when moved
    std::vector<bool> completions;   // in the order given; also when moved
};

// A claim taken over from the backlog, with everything its action is run by.
struct ClaimedExecution {
    ExecutionKey key;
    ClaimToken token;
    ActionId action;
    std::string action_ref;
    std::string params;
    std::string idempotency_key;
    int attempt = 1;
    EnforcementId enforcement;  // none for a run, as the rest
    std::string rule_ref;
    EventId event;
    std::string trigger_ref;
    std::string sensor_ref;
};

// A claim that an earlier life of this node has left and that is its successor's now.
struct AdoptedExecution {
    ClaimedExecution execution;
    bool running = false;     // its process was let go
    bool cancelling = false;  // it is to be stopped
};

// What lets the next life of this node find and kill the process of a claim.
struct ProcessMark {
    int group = 0;                   // process group = pid of its leader
    std::int64_t started_ticks = 0;  // field 22 of /proc/PID/stat
    std::string boot_id;             // /proc/sys/kernel/random/boot_id
};

struct RunningMark {
    ExecutionKey key;
    ClaimToken token;
    ProcessMark process;
};

// The execution and its claim: what release() gives back.
struct Claim {
    ExecutionKey key;
    ClaimToken token;
};

// Somebody wants an execution to end.
struct Cancellation {
    ExecutionKey key;
    std::string by;      // who, "alice"
    std::string reason;  // may be empty
    TimePoint at;        // when: the end of what nobody has begun
};

// What a cancellation made of its execution.
struct Cancelled {
    // What it is now: cancelled, cancelling, or another end that it had come to before. No
    // value: there is no such execution.
    std::optional<ExecutionState> state;
    bool changed = false;  // just now; else it was so before
    ClaimOwner owner;      // while it is cancelling: who is to stop it
    // When it was changed: what it is, under the token of its claim if it has one, and what its
    // row says of the cancellation.
    ClaimedExecution execution;
    std::string result;
};

inline constexpr std::int64_t kIdsPerBlock = 10'000;  // as sequence ledger_id increments

// Consecutive ids, [first, first + count). They mean nothing but "not used before".
struct IdBlock {
    std::int64_t first = 0;
    std::int64_t count = 0;
};

class Ledger {
public:
    explicit Ledger(Database database);
    ~Ledger();

    // Ids for events, enforcements and executions, drawn before anything is recorded because
    // templates name event.id. One number space serves all three. A block is kIdsPerBlock
    // long and is lost, harmlessly, when its holder dies.
    IdBlock draw_ids();

    // Writes `entries` evaluated against the catalog of `evaluated_at`, and completes what
    // finished meanwhile, in one transaction. Requires: at most one decision for each sensor;
    // a decision that fires has its event, scheduled at `through`; no execution both born and
    // completed here. The order of entries is free (rows are locked by ascending sensor).
    Recorded record(Generation evaluated_at, ClaimOwner owner, std::span<const Entry> entries,
                    std::span<const Completion> completions);

    // After StoreInDoubt: for each entry whether it is in the database as this caller's own
    // (a row with its id; a mere skip: the cursor is not where it was). What is not is recorded
    // again; what another made of it meanwhile, record() says.
    std::vector<bool> read_back(std::span<const Entry> entries);

    // The same as record() without entries.
    std::vector<bool> complete(std::span<const Completion> completions);

    // Executions without an event. `evaluated_at`, `moved` and duplicates as in record().
    Recorded record_runs(Generation evaluated_at, ClaimOwner owner, std::span<const Run> runs);

    // Takes up to `slots` requested executions whose run_at has come, oldest first, and makes
    // them scheduled for `owner` under new tokens.
    std::vector<ClaimedExecution> claim_ready(ClaimOwner owner, int slots, TimePoint now);

    // Moves those of `claims` to `owner` that an earlier life held (its successor's lock on the
    // state directory proved it dead) and that were not lost or completed since; token, state
    // and attempt stay. Repeated, it answers the same: after StoreInDoubt it is simply
    // repeated.
    std::vector<AdoptedExecution> adopt(ClaimOwner owner, std::span<const Claim> claims);

    // scheduled -> running, before the process is let go. false: the claim is lost, end it.
    std::vector<bool> start_running(std::span<const RunningMark> marks);

    // scheduled -> requested, for claims that were not started (draining). Not an attempt.
    // Running ones and those whose claim is lost are left alone.
    void release(std::span<const Claim> claims);

    // requested -> cancelled; scheduled, running -> cancelling, which its owner then completes.
    // Who asked and why is kept in the result, as `cancelled`. What has ended stays as it is.
    // Repeated, it finds what it made: after StoreInDoubt it is simply repeated.
    Cancelled cancel(const Cancellation& cancellation);

    // Which of `claims` are to be stopped: those whose execution is cancelling.
    std::vector<bool> cancelling(std::span<const Claim> claims);

    // Gives back what `owner` claimed more than `age` ago by the database's clock and is not
    // among `remembered`, everything that executor holds: claims whose commit was seen by
    // nobody. Each is a lost attempt, as after a crash; `now` is when it may run again, or, of
    // what was to be cancelled, has ended. Returns how many.
    int release_forgotten(ClaimOwner owner, std::span<const Claim> remembered, Duration age,
                          TimePoint now);

    // An entry the database refuses, when it is alone: the event with a null payload, each
    // answer errored and without execution, naming `refusal`. Throws StoreRefused when even
    // that will not go.
    Recorded record_poisoned(Generation evaluated_at, ClaimOwner owner, const Entry& entry,
                             const StoreRefused& refusal);

    // Takes the timer of a decision out: state faulted with the reason, until its schedule is
    // edited. Nothing happens when that was done meanwhile.
    void fault_timer(const Decision& decision, std::string_view reason);

private:
    // Makes the partitions of `days`, then does `work`; a partition that was dropped meanwhile
    // is a conflict.
    void on_days(const std::set<TimePoint>& days, const std::function<void()>& work);
    // That, in a transaction.
    void write(const std::set<TimePoint>& days, const std::function<void(Session&)>& body);
    bool misses_a_day(const StoreRefused& refusal, const std::set<TimePoint>& days);
    // Completes within a transaction; see complete().
    std::vector<bool> complete_in(Session& session, std::span<const Completion> completions);

    Connection connection_;
    std::unique_ptr<LedgerDays> days_;
};

}  // namespace attune
