// The database goes away for a minute under full load: the daemon waits without growing, and
// afterwards every instant of the time without it is on record.
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/connection.h"
#include "store/embedded_cluster.h"
#include "store/session.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

class OutageTest : public testing::Test {
protected:
    static constexpr int kTimers = 1000;

    OutageTest() {
        for (int i = 0; i < kTimers; ++i) {
            tree.interval(fmt::format("t{}", i), 1, ", misfire: {grace: 5m}");
        }
        tree.write("packs/ops/rules/echo.yaml",
                   "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.echo}\nspec:\n"
                   "  trigger: core.intervaltimer\n  action: {ref: core.echo}\n");
        // The cluster's unprivileged account passes through here.
        std::filesystem::permissions(directory.path(), std::filesystem::perms(0711));
        bring_back();
    }

    void bring_back() {
        ClusterOptions options;
        options.directory = directory.path() / "pg";
        options.durable = false;
        cluster.emplace(options);
    }

    std::string value(const std::string& sql) {
        std::string found;
        Connection({.url = cluster->url()}).read([&](Session& session) {
            found = session.run(sql).only().string(0);
        });
        return found;
    }
    int count(const std::string& what) { return std::stoi(value("SELECT count(*) " + what)); }

    static std::size_t resident_kib(pid_t pid) {
        std::ifstream status(fmt::format("/proc/{}/status", pid));
        std::string word;
        std::size_t kib = 0;
        while (status >> word) {
            if (word == "VmRSS:") status >> kib;
        }
        return kib;
    }

    ManifestTree tree;
    TempDirectory directory;
    std::optional<EmbeddedCluster> cluster;
};

TEST_F(OutageTest, AMinuteWithoutDatabaseLosesNothingAndMemoryStaysFlat) {
    RunningDaemon daemon(
        {.source = tree.path(), .database_url = cluster->url(), .settings = {}});
    daemon.start();
    ASSERT_TRUE(eventually([&] { return count("FROM event") >= 5 * kTimers; }, 60s))
        << daemon.log();

    const auto before = resident_kib(daemon.pid());
    cluster.reset();
    std::size_t most = 0;
    for (int i = 0; i < 60; ++i) {
        pass(1s);
        ASSERT_TRUE(daemon.runs()) << daemon.log();
        most = std::max(most, resident_kib(daemon.pid()));
    }
    EXPECT_LT(most, before + 16 * 1024);
    bring_back();

    const auto behind = [&] {
        return count("FROM timer WHERE cursor_at < now() - interval '3 seconds'");
    };
    EXPECT_TRUE(eventually([&] { return behind() == 0; }, 180s)) << daemon.log();
    EXPECT_LT(resident_kib(daemon.pid()), before + 48 * 1024);
    const auto audit = daemon.attune({"audit", "ledger"});
    EXPECT_EQ(audit.code, 0) << audit.output;
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();

    EXPECT_EQ(count("FROM timer_skip"), 0);
    EXPECT_EQ(count("FROM (SELECT count(*) AS events, max(scheduled_at) - min(scheduled_at) AS "
                    "time FROM event GROUP BY sensor_id) s "
                    "WHERE events <> extract(epoch FROM time) + 1"),
              0);
    EXPECT_GE(count("FROM event"), 65 * kTimers);
    EXPECT_EQ(count("FROM execution WHERE state <> 'succeeded'"), 0);
}

}  // namespace
}  // namespace attune
