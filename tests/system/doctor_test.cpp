// `attune doctor` on a daemon that runs, and on what is wrong with it.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/support/as_user.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Examination {
public:
    explicit Examination(const Ran& ran) : code(ran.code) {
        report = Json::parse(ran.output, nullptr, false);
        EXPECT_TRUE(report.is_object()) << ran.output;
    }

    Json check(const std::string& id) const {
        for (const auto& one : report.value("checks", Json::array())) {
            if (one.at("check") == id) return one;
        }
        ADD_FAILURE() << "no check " << id;
        return Json::object();
    }
    std::string state(const std::string& id) const { return check(id).value("state", ""); }
    std::string seen(const std::string& id) const { return check(id).value("seen", ""); }

    int code;
    Json report;
};

class DoctorTest : public testing::Test {
protected:
    DoctorTest() {
        // The daemon's user need not be this one.
        ::chmod(tree.path().c_str(), 0755);
        tree.interval("tick", 1);
        tree.rule("answer", "tick", "core.echo");
    }

    // What an installation's unit would say is said by flags.
    std::vector<std::string> words(const RunningDaemon& daemon) const {
        return {"doctor",
                "-o",
                "json",
                "--set",
                "source.path=" + tree.path().string(),
                "--set",
                "state_dir=" + daemon.state().string(),
                "--set",
                "runtime_dir=" + daemon.runtime().string()};
    }
    Examination examine(const RunningDaemon& daemon, std::vector<std::string> more = {}) const {
        auto all = words(daemon);
        all.insert(all.end(), more.begin(), more.end());
        return Examination(daemon.attune(all));
    }

    static void await_a_fire(const RunningDaemon& daemon) {
        EXPECT_TRUE(eventually(
            [&] { return !daemon.attune_json({"executions"}).at("items").empty(); }));
    }

    ManifestTree tree;
};

TEST_F(DoctorTest, FindsNothingWrongWithADaemonOnItsEmbeddedDatabase) {
    RunningDaemon daemon({.source = tree.path()});
    daemon.start();
    await_a_fire(daemon);
    const auto found = examine(daemon);
    for (const auto& one : found.report.at("checks")) {
        const auto id = one.at("check").get<std::string>();
        // The host is what it is.
        if (id.starts_with("host.") || id.starts_with("disk.")) continue;
        if (id.starts_with("unit.") || id.starts_with("accounts.")) continue;
        EXPECT_NE(one.at("state"), "problem") << one.dump(2);
        EXPECT_NE(one.at("state"), "warning") << one.dump(2);
    }
    for (const auto* id : {"settings.valid",      "control.socket",      "daemon.answers",
                           "daemon.version",      "daemon.program",      "daemon.files",
                           "daemon.clock",        "daemon.runner",       "source.valid",
                           "source.readable",     "source.access",       "source.applied",
                           "source.current",      "source.brake",        "database.programs",
                           "database.reachable",  "database.version",    "database.schema",
                           "database.role",       "database.writable",   "database.encoding",
                           "database.durability", "database.vacuum",     "database.connections",
                           "database.clock",      "database.encryption", "database.partitions",
                           "work.node",           "work.sensors",        "work.timers",
                           "work.backlog",        "work.orphans",        "work.abandoned"}) {
        EXPECT_EQ(found.state(id), "ok") << found.check(id).dump(2);
    }
}

TEST_F(DoctorTest, FindsABadManifestBeforeAndAfterItIsLookedAt) {
    RunningDaemon daemon({.source = tree.path()});
    daemon.start();
    await_a_fire(daemon);
    tree.write("packs/ops/sensors/bad.yaml",
               "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.bad}\nspec: {}\n");
    daemon.attune({"reconcile"});
    const auto found = examine(daemon);
    EXPECT_EQ(found.code, 1);
    EXPECT_EQ(found.state("source.valid"), "problem");
    EXPECT_THAT(found.seen("source.valid"), HasSubstr("packs/ops/sensors/bad.yaml:4"));
    EXPECT_EQ(found.check("source.valid").at("remedy"),
              "attune validate " + tree.path().string());
    EXPECT_EQ(found.state("source.applied"), "problem");
    EXPECT_EQ(found.state("source.current"), "ok");
}

TEST_F(DoctorTest, FindsADaemonThatIsGoneAndWhatItLeft) {
    TestDatabase db;
    RunningDaemon daemon({.source = tree.path(), .database_url = db.database().url});
    daemon.start();
    await_a_fire(daemon);
    daemon.kill();
    db.run("UPDATE node SET lease_until = now()");
    const auto found = examine(daemon, {"--set", "database.url=" + db.database().url});
    EXPECT_EQ(found.code, 1);
    EXPECT_EQ(found.state("daemon.answers"), "problem");
    EXPECT_EQ(found.check("daemon.answers").at("remedy"), "systemctl start attuned");
    EXPECT_EQ(found.state("daemon.version"), "skipped");
    EXPECT_EQ(found.state("database.reachable"), "ok");
    EXPECT_EQ(found.state("database.schema"), "ok");
    EXPECT_EQ(found.state("work.node"), "warning");
    EXPECT_EQ(found.state("database.durability"), "problem");  // of tests' clusters
}

TEST_F(DoctorTest, FindsADatabaseThatIsNotThereAndOneThatWasNeverMigrated) {
    RunningDaemon daemon({.source = tree.path()});  // not started
    const auto away = examine(daemon, {"--set", "database.url=host=/nowhere dbname=x"});
    EXPECT_EQ(away.state("database.reachable"), "problem");
    EXPECT_THAT(away.seen("database.reachable"), HasSubstr("/nowhere"));
    EXPECT_EQ(away.state("database.schema"), "skipped");

    const TestDatabase empty(TestDatabase::Shape::kEmpty);
    const auto found = examine(daemon, {"--set", "database.url=" + empty.database().url});
    EXPECT_EQ(found.state("database.schema"), "problem");
    EXPECT_THAT(found.seen("work.backlog"), HasSubstr("schema"));
}

TEST_F(DoctorTest, FindsSettingsThatAreRefusedAndSkipsWhatFollowsFromThem) {
    RunningDaemon daemon({.source = tree.path()});  // not started
    const auto found = examine(daemon, {"--set", "log.levle=debug"});
    EXPECT_EQ(found.code, 1);
    EXPECT_EQ(found.state("settings.valid"), "problem");
    EXPECT_THAT(found.seen("settings.valid"), HasSubstr("levle"));
    EXPECT_THAT(found.check("settings.valid").at("remedy").get<std::string>(),
                HasSubstr("--set log.levle=debug"));
    EXPECT_EQ(found.state("source.valid"), "skipped");
}

TEST_F(DoctorTest, AStrangerIsToldWhatCannotBeLookedAt) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    RunningDaemon daemon({.source = tree.path()});
    daemon.start();
    std::filesystem::permissions(daemon.runtime(), std::filesystem::perms(0755));
    SpawnOptions options;
    options.argv = words(daemon);
    options.argv.insert(options.argv.begin(), ATTUNE_ATTUNE_PATH);
    options.env = {"PATH=/usr/bin:/bin"};
    options.account = Account{"nobody", kNobody, kNobody, {kNobody}, "/"};
    options.directory = "/";
    Ran ran;
    ran.code = run_to_end(options, &ran.output, 60s).code;
    const Examination found(ran);
    EXPECT_EQ(found.state("daemon.answers"), "skipped") << found.check("daemon.answers");
    EXPECT_EQ(found.state("database.reachable"), "skipped");
    EXPECT_EQ(found.state("work.backlog"), "skipped");
    EXPECT_NE(found.seen("work.backlog"), "");
}

TEST_F(DoctorTest, TextShowsTheRemedyBelowAndQuietOnlyWhatIsNotWell) {
    RunningDaemon daemon({.source = tree.path()});  // not started
    const auto all = daemon.attune({"doctor", "--set", "log.level=debug"});
    EXPECT_THAT(all.output, HasSubstr("\nok       "));
    EXPECT_THAT(all.output, HasSubstr("= do: systemctl start attuned\n"));
    const auto quiet = daemon.attune({"doctor", "--quiet", "--set", "log.level=debug"});
    EXPECT_THAT(quiet.output, testing::Not(HasSubstr("\nok       ")));
    EXPECT_THAT(quiet.output, HasSubstr("checks: "));
}

}  // namespace
}  // namespace attune
