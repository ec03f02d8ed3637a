// Records what happened and runs what follows: the heart of the daemon.
//
// An executor takes what is there, evaluates the rules of its catalog, writes one transaction,
// and only then confirms, publishes and runs. It never waits to fill a batch: the next one
// forms while this one commits. It never waits for an action either: builtin ones end at
// once or at a moment kept in a heap, processes belong to the runner.
//
// A claim is held in memory until its outcome is committed; what the database says is claimed
// by this executor and is not held is given back (a crash between commit and start).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/zone_source.h"
#include "daemon/backoff.h"
#include "daemon/drain.h"
#include "daemon/executor/attempt.h"
#include "daemon/executor/courier.h"
#include "daemon/executor/id_pool.h"
#include "daemon/executor/intake.h"
#include "daemon/executor/outcome_log.h"
#include "daemon/executor/preparation.h"
#include "daemon/live_catalog.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/slots.h"
#include "store/ledger.h"
#include "store/upkeep.h"

namespace attune {

struct ExecutorOptions {
    int index = 0;
    IncarnationId incarnation;
    std::string boot_id;
    std::string source_root;  // absolute; pack directories are below it
    // The runner is another process (daemon/runner/runner_link.h): its processes survive this
    // one, and executor 0 adopts what an earlier life has left of them.
    bool runner_outlives = false;
    std::string node;
};

// Shared with the other threads; outlives every executor.
struct ExecutorShared {
    Bus& bus;
    LiveCatalog& catalog;
    Slots& slots;
    Drain& drain;
    const ZoneSource& zones;
    const std::atomic<bool>& listened;    // somebody subscribes to the feed
    const std::atomic<bool>& superseded;  // another daemon has taken over: write nothing more
    Log& log;
};

class Executor final : public Loop {
public:
    Executor(ExecutorOptions options, const Database& database, ExecutorShared shared);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override { return inbox_.wait(timeout); }
    // Commits outcomes and gives back what was not started.
    void end(Moment moment) override;

private:
    struct Finishing {
        Attempt attempt;
        Outcome outcome;
        Duration since{0};
    };

    // The run that is being recorded.
    struct BornRun {
        Run run;
        SlotLease slot;
        bool in_doubt = false;  // the reply of its COMMIT was lost
    };

    void take_in();
    void hear_runner(Moment moment);
    void end_sleeps(Moment moment);

    void use_database(Moment moment);
    bool record_batch(Moment moment);
    std::optional<Generation> record(Batch& batch, const Catalog& catalog, Moment moment);
    void prepare(std::vector<Work>& works, const Catalog& catalog, Moment moment, Batch& batch);
    void settle(Batch& batch, const Recorded& recorded, Moment moment);
    void settle_recorded(const Entry& entry, Prepared& prepared, Moment moment);
    void settle_unrecorded(Prepared& prepared, Fate fate, const Existing& existing);
    void decline(const Prepared& prepared, const std::string& why);
    void put_back(Batch& batch);
    void isolate(Batch& batch, bool rode_along, const StoreRefused& refusal, Moment moment);
    void record_poisoned(Entry& entry, Prepared& prepared, const StoreRefused& refusal,
                         Moment moment);
    void resolve_doubt(Moment moment);

    void record_runs(Moment moment);
    bool record_run(const RunRequest& request, Moment moment);
    bool bear_run(const RunRequest& request, const Catalog& catalog, Moment moment);
    void settle_run(const RunRequest& request, const Recorded& recorded, Moment moment);
    void refuse_run(const RunRequest& request, const std::string& why);

    void take_roster(Moment moment);
    void forget_lost(const RunnerRoster& roster);
    void adopt(const RunnerRoster& roster, Moment moment);
    void recover_without_runner(Moment moment);
    bool is_adopter() const;

    void cancel_asked();
    void cancel(const CancelRequest& request);
    void settle_cancel(const CancelRequest& request, const Cancelled& cancelled);
    void stop_cancelled(Moment moment);
    void stop(ExecutionId id, Moment moment);

    void mark_running(Moment moment);
    void complete_due(Moment moment);
    void complete_one_by_one(Moment moment);
    std::string complete_first(Moment moment);
    std::vector<Completion> completions() const;
    void settle_completions(const std::vector<bool>& accepted, Moment moment);
    void claim_backlog(Moment moment);
    void flush_counts(Moment moment);
    void release_forgotten(Moment moment);

    void begin(Attempt attempt, Moment moment);
    void begin_builtin(Attempt attempt, Moment moment);
    void begin_process(Attempt attempt, const CatalogAction& action, Moment moment);
    void ask_runner_again(Moment moment);
    bool is_finishing(const ExecutionKey& key, const ClaimToken& token) const;
    void finish(Attempt attempt, Outcome outcome, Moment moment);

    bool is_idle() const;
    bool may_be_left(const Attempt& attempt) const;
    std::optional<Duration> next_step(Moment moment) const;
    bool draining() const { return shared_.drain.draining(); }

    const ExecutorOptions options_;
    const Database database_;
    ExecutorShared shared_;
    ClaimOwner owner_;
    Inbox inbox_;
    Courier courier_;
    Ledger ledger_;
    Upkeep upkeep_;
    IdPool ids_;
    Preparation preparation_;
    OutcomeLog outcomes_;
    Intake intake_;

    std::size_t batch_limit_;           // below the usual while an offender is looked for
    Batch doubtful_;                    // sent to be committed, the reply was lost
    std::optional<BornRun> born_run_;   // of the oldest request in intake_.runs
    std::vector<Finishing> finishing_;  // outcomes to be committed, oldest first
    std::unordered_map<ExecutionId, Attempt> held_;
    std::set<std::pair<Duration, ExecutionId>> sleeps_;  // by when they end (elapsed)
    std::map<RuleId, RuleCount> counts_;
    bool backlog_ = true;  // there may be requested work older than what comes in

    Backoff backoff_;
    Duration retry_at_{0};  // elapsed; no database before
    Duration counts_flush_at_{0};
    Duration forgotten_check_at_{0};
    Duration cancelled_look_at_{0};
    Duration ask_again_at_{0};
    bool awaits_runner_ = false;  // one of the attempts held is unanswered
    bool earlier_lives_settled_ = false;
    std::optional<Duration> waits_for_runner_since_;  // elapsed
};

}  // namespace attune
