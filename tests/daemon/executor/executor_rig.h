// An executor driven by hand against a real database: a test pushes what a timer worker would,
// steps, and looks at rows and confirmations.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spdlog/sinks/null_sink.h>

#include "core/timer.h"
#include "daemon/executor/executor.h"
#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "store/node_store.h"
#include "store/timer_store.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"

namespace attune {

class ExecutorRig {
public:
    // Applies the tree as it stands, at the rig's moment.
    void apply() {
        Reconciler reconciler(tree.path().string(), db.database(), zones_);
        reconciler.reconcile(now, elapsed, {.in_full = true});
    }

    // Loads the catalog and makes the executor. `through`: how it gets at the database, when
    // not directly.
    void start(const std::optional<Database>& through = std::nullopt) {
        NodeStore nodes(db.database());
        incarnation = nodes.join(
            {.name = "test", .hostname = "host", .boot_id = "boot", .version = "0", .pid = 1},
            std::chrono::seconds(60));
        catalog.emplace(through.value_or(db.database()), log_);
        catalog->at_least(Generation{});
        executor = make_executor(0, through);
        to_executor.emplace(bus, std::vector<std::string>{"executor.0"});
    }

    // Of the life that start() began.
    std::unique_ptr<Executor> make_executor(
        int index, const std::optional<Database>& through = std::nullopt) {
        return std::make_unique<Executor>(
            ExecutorOptions{.index = index,
                            .incarnation = incarnation,
                            .boot_id = "00000000-0000-4000-8000-000000000001",
                            .source_root = tree.path().string(),
                            .runner_outlives = runner_outlives,
                            .node = "test"},
            through.value_or(db.database()),
            ExecutorShared{bus, *catalog, slots, drain, zones_, listened, superseded_, log_});
    }

    // What the worker would decide for every armed timer once `later` has passed.
    std::vector<Decision> due_after(Duration later) {
        std::vector<Decision> decisions;
        TimerStore rows(db.database());
        rows.load(TimerShard{}, [&](const TimerRow& row) {
            auto schedule =
                compile_schedule(*Ref::parse(row.trigger_ref), Json::parse(row.config),
                                 row.anchor_at, *Ref::parse(row.sensor_ref), zones_);
            if (auto decision = decide(*schedule, row.cursor, now + later)) {
                decisions.push_back(*decision);
            }
        });
        return decisions;
    }

    void push(const std::vector<Decision>& decisions) {
        for (std::size_t i = 0; i < decisions.size(); i += limits::kDecisionsPerMessage) {
            const auto end = std::min(decisions.size(), i + limits::kDecisionsPerMessage);
            to_executor->send(
                encode(Decisions{"timers.0",
                                 {decisions.begin() + static_cast<std::ptrdiff_t>(i),
                                  decisions.begin() + static_cast<std::ptrdiff_t>(end)}}));
        }
    }

    // One step after `later`.
    void step(Duration later = Duration{0}) {
        now += later;
        elapsed += later;
        executor->step({now, elapsed});
    }

    std::vector<Confirmation> confirmed() {
        std::vector<Confirmation> all;
        while (auto bytes = timers.receive()) {
            const auto message = decode(*bytes).value();
            const auto& some = std::get<Confirmations>(message).confirmations;
            all.insert(all.end(), some.begin(), some.end());
        }
        return all;
    }

    std::string value(const std::string& sql) { return db.value(sql); }

    bool runner_outlives = false;  // before start()
    std::atomic<bool> listened{false};
    TestDatabase db;
    ManifestTree tree;
    TimePoint now = parse_rfc3339("2026-11-23T12:00:00Z").value();
    Duration elapsed = std::chrono::hours(1);
    Bus bus;
    Slots slots{4};
    Drain drain;
    IncarnationId incarnation;
    std::optional<LiveCatalog> catalog;
    std::unique_ptr<Executor> executor;
    Inbox timers{bus, "timers.0"};
    Inbox runner{bus, "runner"};
    Inbox asker{bus, "asker"};
    std::optional<Outbox> to_executor;

private:
    ZoneFiles zones_;
    std::atomic<bool> superseded_{false};
    Log log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

}  // namespace attune
