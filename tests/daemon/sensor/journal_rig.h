// The loop that follows the journal, stepped by hand over real journal files and a real
// database; the test is its executor.
#pragma once

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <spdlog/sinks/ostream_sink.h>

#include "daemon/sensor/journal_loop.h"
#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "tests/support/database.h"
#include "tests/support/journal_files.h"
#include "tests/support/manifest_tree.h"
#include "tests/support/times.h"
#include "wire/messages.h"

namespace attune {

class JournalRig {
public:
    // The sensor ops.NAME with the given config.
    void sensor(const std::string& name, const std::string& config, bool enabled = true) {
        tree.write("packs/ops/sensors/" + name + ".yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops." + name +
                       "}\nspec:\n  trigger: core.journal\n  enabled: " +
                       (enabled ? "true" : "false") + "\n  config: " + config + "\n");
    }

    void apply() {
        const auto report = Reconciler(tree.path().string(), db.database(), zones_)
                                .reconcile(now, elapsed, {.in_full = true});
        catalog.at_least(report.generation);
    }

    // One life of the daemon ends, however, and the next begins.
    void restart() {
        loop.reset();
        while (executor.receive()) {
        }
        start();
    }

    void start() {
        loop = std::make_unique<JournalLoop>(JournalLoopOptions{journal.path(), 1},
                                             db.database(), bus, catalog, drain, log);
        to_loop.emplace(bus, std::vector<std::string>{"journal"});
    }

    // Steps once after `later`, and returns what came to the executor.
    std::vector<FireRequest> step(Duration later = std::chrono::milliseconds(10)) {
        now += later;
        elapsed += later;
        if (!loop) start();
        loop->step({now, elapsed});
        std::vector<FireRequest> fires;
        while (const auto bytes = executor.receive()) {
            fires.push_back(std::get<FireRequest>(decode(*bytes).value()));
        }
        return fires;
    }

    void answer(const FireRequest& fire, RequestOutcome outcome = RequestOutcome::kRecorded,
                const std::string& fault = {}) {
        to_loop->send(encode(FireReply{fire.request, outcome, EventId{1}, now, fault}));
    }

    // Steps and answers at once, as long as something comes; the messages of what came.
    std::vector<std::string> run() {
        std::vector<std::string> messages;
        for (;;) {
            const auto fires = step(std::chrono::seconds(1));
            if (fires.empty()) return messages;
            for (const auto& fire : fires) {
                messages.push_back(message_of(fire));
                answer(fire);
            }
        }
    }

    static std::string message_of(const FireRequest& fire) {
        return Json::parse(fire.payload)["message"].get<std::string>();
    }

    TestDatabase db;
    ManifestTree tree;
    JournalFiles journal;
    Bus bus;
    Drain drain;
    TimePoint now = at("2026-11-23T13:00:00Z");
    Duration elapsed = std::chrono::hours(1);
    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    LiveCatalog catalog{db.database(), log};
    Inbox executor{bus, "executor.0"};
    std::optional<Outbox> to_loop;  // one that is gone is not found again
    std::unique_ptr<JournalLoop> loop;

private:
    ZoneFiles zones_;
};

}  // namespace attune
