// What docs/operations.md says about saving and restoring the database is so.
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/embedded_cluster.h"
#include "tests/support/as_user.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

class OperationsTest : public testing::Test {
protected:
    OperationsTest() {
        tree.interval("tick", 1);
        tree.rule("answer", "tick", "core.echo");
    }

    // A program of PostgreSQL's; returns what it wrote.
    static std::string postgresql(const std::string& name, std::vector<std::string> arguments,
                                  const std::optional<Account>& account = std::nullopt) {
        SpawnOptions options;
        options.argv = {(find_postgresql({}) / name).string()};
        options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
        options.env = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
        options.directory = "/";
        options.account = account;
        std::string output;
        const auto status = run_to_end(options, &output, 60s);
        EXPECT_TRUE(status.succeeded()) << name << ": " << describe(status) << "\n" << output;
        return output;
    }

    static std::string host() {
        const auto url = test_cluster().url();
        const auto begin = url.find('\'') + 1;
        return url.substr(begin, url.find('\'', begin) - begin);
    }

    static std::int64_t events(const RunningDaemon& daemon) {
        return daemon.attune_json({"status"})
            .at("since_start")
            .at("events")
            .get<std::int64_t>();
    }

    static void expect_a_sound_ledger(const RunningDaemon& daemon) {
        const auto audit = daemon.attune({"audit", "ledger"});
        EXPECT_EQ(audit.code, 0) << audit.output;
    }

    void restore(const TestDatabase& into) const {
        postgresql("pg_restore", {"--host=" + host(), "--username=attune", "--no-owner",
                                  "--role=attune", "--dbname=" + into.name(), dump()});
    }
    std::string dump() const { return directory / "attune.dump"; }

    ManifestTree tree;
    TempDirectory directory;
};

TEST_F(OperationsTest, ABackupOfARunningDaemonIsRestoredAndGoneOnWith) {
    TestDatabase first;
    TestDatabase second(TestDatabase::Shape::kEmpty);
    {
        RunningDaemon daemon({.source = tree.path(), .database_url = first.database().url});
        daemon.start();
        EXPECT_TRUE(eventually([&] { return events(daemon) >= 2; }));
        postgresql("pg_dump", {"--host=" + host(), "--username=attune", "--format=custom",
                               "--file=" + dump(), first.name()});
        EXPECT_EQ(daemon.stop(), 0);
    }
    restore(second);
    const auto saved = std::stoll(second.value("SELECT count(*) FROM attune.event"));
    RunningDaemon daemon({.source = tree.path(), .database_url = second.database().url});
    daemon.start();
    EXPECT_TRUE(eventually([&] { return events(daemon) >= 2; }));
    EXPECT_GT(std::stoll(second.value("SELECT count(*) FROM attune.event")), saved);
    expect_a_sound_ledger(daemon);
}

TEST_F(OperationsTest, TheEmbeddedDatabaseIsSavedWithItsServerAloneAndMovesToAnother) {
    TestDatabase second(TestDatabase::Shape::kEmpty);
    RunningDaemon daemon({.source = tree.path()});
    daemon.start();
    EXPECT_TRUE(eventually([&] { return events(daemon) >= 2; }));
    EXPECT_EQ(daemon.stop(), 0);

    const auto cluster = embedded_directory(daemon.state());
    const auto data = (cluster / "data").string();
    const auto account = may_become_others() ? find_account("postgres") : std::nullopt;
    postgresql("pg_ctl",
               {"-w", "-D", data, "-l", (cluster / "run" / "log").string(), "-o",
                fmt::format("-k {}/run -c listen_addresses=", cluster.string()), "start"},
               account);
    postgresql("pg_dump", {"--host=" + (cluster / "run").string(), "--username=attune",
                           "--format=custom", "--file=" + dump(), "attune"});
    postgresql("pg_ctl", {"-w", "-D", data, "stop"}, account);
    restore(second);

    RunningDaemon moved({.source = tree.path(), .database_url = second.database().url});
    moved.start();
    EXPECT_TRUE(eventually([&] { return events(moved) >= 2; }));
    expect_a_sound_ledger(moved);
}

}  // namespace
}  // namespace attune
