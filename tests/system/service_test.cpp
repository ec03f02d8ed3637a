// The whole service in this process and in real time, while something is wrong between its
// parts: lost messages, a database that does not let anybody write.
#include "daemon/service.h"

#include <atomic>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include "os/zone_files.h"
#include "reconciler/ledger_audit.h"
#include "store/locks.h"
#include "store/session.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

class ServiceTest : public testing::Test {
protected:
    void start() {
        ServiceOptions options;
        options.version = "test";
        options.node = "test";
        options.source_path = tree.path().string();
        options.runtime_dir = runtime.path().string();
        options.control_socket =
            socket.empty() ? options.runtime_dir + "/control.sock" : socket;
        options.feed_socket = options.runtime_dir + "/feed.sock";
        options.lose = [this](std::string_view) {
            if (deaf) ++lost;
            return deaf.load();
        };
        service.emplace(std::move(options), db.database(), clock, zones, log);
    }

    void stop() {
        service->begin_stop();
        EXPECT_TRUE(eventually([&] { return service->drained(false); }, 40s));
        service->stop();
    }

    int count(const std::string& what) {
        return std::stoi(db.value("SELECT count(*) " + what));
    }

    // Everything the ledger's audit finds, as text.
    std::vector<std::string> findings() {
        Audit audit(db.database());
        std::vector<std::string> texts;
        const auto now = clock.now();
        const AuditWindow window{.after = now - 1h, .through = now, .now = now};
        for (const auto& finding : audit_ledger(audit, window, zones).findings) {
            texts.push_back(finding.text);
        }
        return texts;
    }

    TestDatabase db;
    ManifestTree tree;
    TempDirectory runtime;
    SystemClock clock;
    ZoneFiles zones;
    Log log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::string socket;  // empty: in the runtime directory
    std::atomic<bool> deaf{false};
    std::atomic<int> lost{0};
    std::optional<Service> service;
};

TEST_F(ServiceTest, AStartThatFailsLeavesNothingRunning) {
    tree.interval("tick", 1);
    socket = "/tmp/" + std::string(200, 'x') + "/control.sock";
    EXPECT_ANY_THROW(start());
    const int before = count("FROM event");
    pass(2s);
    EXPECT_EQ(count("FROM event"), before);
}

TEST_F(ServiceTest, EveryMessageLostForTenSecondsCostsDelayAndNothingElse) {
    tree.write("packs/ops/actions/nap.yaml",
               "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
               "  runner: process\n  command: [sleep, \"0.1\"]\n");
    for (int i = 0; i < 20; ++i) {
        const auto name = fmt::format("t{}", i);
        tree.interval(name, 1);
        tree.rule("answer_" + name, name, i % 5 == 0 ? "ops.nap" : "core.echo");
    }
    start();
    ASSERT_TRUE(eventually([&] { return count("FROM event") >= 60; }, 30s));

    deaf = true;
    pass(2s);  // what was under way has arrived
    const int before = count("FROM event");
    tree.interval("late", 1);  // whose start nobody is told
    pass(8s);
    EXPECT_EQ(count("FROM event"), before);
    EXPECT_GT(lost, 5);
    deaf = false;

    EXPECT_TRUE(eventually(
        [&] { return count("FROM event WHERE sensor_ref = 'ops.late'") >= 3; }, 20s));
    EXPECT_TRUE(eventually(
        [&] {
            return count(
                       "FROM timer WHERE state = 'armed' AND cursor_at < now() - interval "
                       "'2 seconds'") == 0;
        },
        40s));
    EXPECT_TRUE(eventually([&] {
        return count(
                   "FROM execution WHERE finished_at IS NULL AND scheduled_at < now() - "
                   "interval '2 seconds'") == 0;
    }));
    stop();
    EXPECT_THAT(findings(), IsEmpty());
    // Each second of each of the first timers is an event: all were within their grace.
    EXPECT_EQ(db.value("SELECT count(*) FROM timer_skip"), "0");
    // Processes asked for during the drain wait for the next life.
    EXPECT_EQ(db.table("SELECT DISTINCT state, attempt FROM execution WHERE state <> "
                       "'requested'"),
              "succeeded|1");
}

// Nobody can record while the catalog's lock is taken; timers decide as far as their credits
// reach and leave the rest where it is.
TEST_F(ServiceTest, TenThousandDueTimersWaitForBlockedExecutors) {
    std::string sensors;
    for (int i = 0; i < 10'000; ++i) {
        sensors += fmt::format(
            "---\napiVersion: attune/v1\nkind: Sensor\nmetadata: {{ref: ops.t{}}}\nspec:\n"
            "  trigger: core.crontimer\n  config: {{expression: '*/15 * * * * *'}}\n",
            i);
        if (i % 500 != 499) continue;
        tree.write(fmt::format("packs/ops/sensors/some{}.yaml", i / 500), sensors);
        sensors.clear();
    }
    tree.write("packs/ops/rules/echo.yaml",
               "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.echo}\nspec:\n"
               "  trigger: core.crontimer\n  action: {ref: core.echo}\n");
    start();
    ASSERT_TRUE(
        eventually([&] { return count("FROM timer WHERE state = 'armed'") == 10'000; }, 60s));
    ASSERT_TRUE(eventually([&] { return count("FROM event") > 0; }, 30s));

    // From now on for longer than the timers' period; executors' waits for the lock time out.
    Database patient = db.database();
    patient.idle_timeout = 60s;
    int before = 0;
    Connection(patient).transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kCatalogLock));
        before = count("FROM event");
        pass(17s);
        EXPECT_EQ(count("FROM event"), before);
    });

    EXPECT_TRUE(eventually([&] { return count("FROM event") >= before + 10'000; }, 60s));
    stop();
    EXPECT_THAT(findings(), IsEmpty());
    EXPECT_EQ(db.value("SELECT count(*) FROM timer_skip"), "0");
    EXPECT_EQ(count("FROM execution WHERE state = 'succeeded'"), count("FROM event"));
}

}  // namespace
}  // namespace attune
