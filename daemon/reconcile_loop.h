// The thread that keeps the database saying what the source says: at start, after every hint of
// a change once the tree is quiet, when asked to, and at the usual interval anyway. It also
// pauses and resumes sensors and rules, so that one thread makes the catalog's generations.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/zone_source.h"
#include "daemon/live_catalog.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/vitals.h"
#include "os/watcher.h"
#include "reconciler/pausing.h"
#include "reconciler/reconcile.h"
#include "wire/messages.h"

namespace attune {

struct ReconcileOptions {
    std::string source_path;  // absolute
    int timer_workers = 1;
    Duration poll = std::chrono::seconds(60);
};

class ReconcileLoop final : public Loop {
public:
    ReconcileLoop(ReconcileOptions options, const Database& database, Bus& bus,
                  LiveCatalog& catalog, const ZoneSource& zones,
                  const std::atomic<bool>& listened, Vitals& vitals, Log& log);

    std::optional<Duration> step(Moment moment) override;
    Woken wait(std::optional<Duration> timeout) override;

private:
    void take_in(Moment moment);
    void hint(Moment moment);
    void pass(Moment moment);
    void announce(Generation generation, bool moved, Moment moment);
    void serve_pauses(Moment moment);
    PauseReply serve(const PauseRequest& request, Moment moment);
    void resume_over(Moment moment);
    void log(const Report& report);
    void tell_vitals(const Report& report);
    void answer(const ReconcileRequest& request, const Json& report);
    void preview(Moment moment);

    const ReconcileOptions options_;
    LiveCatalog& catalog_;
    const std::atomic<bool>& listened_;
    Vitals& vitals_;
    Log& log_;

    Bus& bus_;
    Inbox inbox_;
    std::vector<std::unique_ptr<Outbox>> sensors_;
    Outbox feed_;
    TreeWatcher watcher_;
    Reconciler reconciler_;
    Pausing pausing_;

    std::vector<ReconcileRequest> asked_;     // for a pass
    std::vector<ReconcileRequest> previews_;  // for a plan
    std::vector<PauseRequest> pauses_;
    Duration resume_at_{0};         // elapsed: not before, after one that could not be resumed
    std::uint64_t looks_seen_ = 0;  // asked for through the vitals
    Generation announced_;          // of the last catalog change that was told
    std::string last_trouble_;
    std::string last_said_;  // the last report's line: an unchanged fault is logged once

    Duration due_at_{0};                   // elapsed: the next pass
    std::optional<Duration> quiet_since_;  // elapsed of the first hint that is not acted on
};

}  // namespace attune
