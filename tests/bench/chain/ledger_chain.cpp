#include "tests/bench/chain/ledger_chain.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "store/ledger.h"
#include "tests/bench/chain/chain_threads.h"

namespace attune {
namespace {

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

class LedgerChain {
public:
    LedgerChain(const Database& database, int thread, int batch, bool riding, TimePoint start)
        : ledger_(database), thread_(thread), batch_(batch), riding_(riding), cursor_(start) {}

    int step() {
        const TimePoint at = cursor_ + std::chrono::seconds(1);
        std::vector<Entry> entries;
        entries.reserve(static_cast<std::size_t>(batch_));
        std::vector<Completion> done;
        for (int n = 0; n < batch_; ++n) {
            entries.push_back(fire(SensorId{thread_ * 100'000 + n + 1}, at));
            const auto& execution = *entries.back().answers.front().execution;
            done.push_back({.key = {execution.id, at},
                            .token = execution.token,
                            .outcome = {.state = ExecutionState::kSucceeded,
                                        .result = kResult,
                                        .finished_at = at}});
        }
        const auto recorded =
            ledger_.record(Generation{1}, {IncarnationId{1}, thread_}, entries,
                           riding_ ? pending_ : std::vector<Completion>{});
        for (const auto fate : recorded.entries) {
            if (fate != Fate::kRecorded) std::abort();
        }
        const int finished = riding_ ? static_cast<int>(pending_.size()) : batch_;
        if (riding_) {
            pending_ = std::move(done);
        } else {
            for (const bool accepted : ledger_.complete(done)) {
                if (!accepted) std::abort();
            }
        }
        cursor_ = at;
        return finished;
    }

private:
    std::int64_t next_id() {
        if (ids_.count == 0) ids_ = ledger_.draw_ids();
        --ids_.count;
        return ids_.first++;
    }

    Entry fire(SensorId sensor, TimePoint at) {
        Entry entry;
        Decision decision;
        decision.sensor = sensor;
        decision.spec_rev = Generation{1};
        decision.from = cursor_;
        decision.through = decision.due_at = decision.fired_at = at;
        decision.next_at = at + std::chrono::seconds(1);
        decision.fires = true;
        entry.decision = decision;
        entry.event = Event{.id = EventId{next_id()},
                            .sensor = sensor,
                            .origin = EventOrigin::kTimer,
                            .scheduled_at = at,
                            .fired_at = at,
                            .dedupe_key = {},
                            .payload = kPayload};
        entry.trigger = TriggerId{1};
        entry.trigger_ref = "core.intervaltimer";
        entry.sensor_ref = fmt::format("bench.s{}", sensor.value);
        NewExecution execution;
        execution.id = ExecutionId{next_id()};
        execution.action = ActionId{1};
        execution.action_ref = "core.echo";
        execution.params = kParams;
        execution.idempotency_key =
            idempotency_key(entry.sensor_ref, *entry.event, "bench.rule");
        execution.claimed = true;
        std::memcpy(execution.token.bytes.data(), &execution.id.value, sizeof(std::int64_t));
        execution.run_at = at;
        entry.answers.push_back({.id = EnforcementId{next_id()},
                                 .rule = RuleId{1},
                                 .rule_ref = "bench.rule",
                                 .state = EnforcementState::kProcessed,
                                 .reason = {},
                                 .execution = std::move(execution)});
        return entry;
    }

    Ledger ledger_;
    int thread_;
    int batch_;
    bool riding_;
    TimePoint cursor_;
    IdBlock ids_;
    std::vector<Completion> pending_;
};

void reset(BenchCluster& cluster, const BenchOptions& options) {
    cluster.run(fmt::format(
        "SET search_path = attune; TRUNCATE event, enforcement, execution, timer;"
        "SELECT make_day(date '2026-11-23' - {0} + n) FROM generate_series(0, {0}) n;"
        "INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)"
        " SELECT t * 100000 + n, 1, '2026-11-23Z', '2026-11-23Z', 1, 'armed'"
        " FROM generate_series(0, {1}) t, generate_series(1, {2}) n",
        options.days - 1, options.connections - 1, options.batch));
}

}  // namespace

Speed measure_ledger(BenchCluster& cluster, const BenchOptions& options, bool riding) {
    reset(cluster, options);
    return measure(cluster, options, [&](int thread) -> Chain {
        auto chain = std::make_shared<LedgerChain>(cluster.database(), thread, options.batch,
                                                   riding, kStart);
        return [chain] { return chain->step(); };
    });
}

}  // namespace attune
