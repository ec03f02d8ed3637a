// What attune promises about actions that run while its daemon or its runner is restarted or
// killed, on the real programs.
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int kActions = 20;

class RunnerSystemTest : public testing::Test {
protected:
    RunnerSystemTest() {
        // Says that it has begun, and ends when the file `gate` is there.
        tree.write("packs/ops/actions/work.yaml",
                   fmt::format("apiVersion: attune/v1\nkind: Action\n"
                               "metadata: {{ref: ops.work}}\nspec:\n"
                               "  runner: process\n"
                               "  command: [sh, -c, \"{}\"]\n",
                               "echo $ATTUNE_EXECUTION_ID >> " + begun + "; while [ ! -e " +
                                   gate + " ]; do sleep 0.05; done; echo done"));
        tree.interval("tick", 3600);
        tree.rule("work", "tick", "ops.work");
    }

    void start_actions() {
        daemon.start();
        ASSERT_TRUE(eventually([&] {
            return daemon.attune({"get", "action", "ops.work"}).code == 0;
        }));
        for (int i = 0; i < kActions; ++i) {
            const auto ran = daemon.attune({"run", "ops.work"});
            ASSERT_EQ(ran.code, 0) << ran.output;
        }
        ASSERT_TRUE(eventually([&] { return lines_begun() == kActions; }))
            << daemon.log() << runner.log();
        ASSERT_EQ(states(), fmt::format("running|1|{}", kActions));
    }

    void let_them_end() { std::ofstream(gate).put('x'); }
    void await_end() {
        EXPECT_TRUE(eventually(
            [&] { return states() == fmt::format("succeeded|1|{}", kActions); }, 60s))
            << states() << daemon.log() << runner.log();
    }

    int lines_begun() {
        std::ifstream file(begun);
        int count = 0;
        for (std::string line; std::getline(file, line);) ++count;
        return count;
    }
    std::string states() {
        return db.table(
            "SELECT state, attempt, count(*) FROM execution GROUP BY 1, 2 ORDER BY 1, 2");
    }

    void expect_each_ran_once() {
        EXPECT_EQ(lines_begun(), kActions);
        EXPECT_EQ(db.value("SELECT count(*) FROM execution_attempt"), "0");
        EXPECT_EQ(
            db.value("SELECT count(*) FROM execution WHERE result->>'stdout' = E'done\\n'"),
            std::to_string(kActions));
        const auto audit = daemon.attune({"audit", "ledger"});
        EXPECT_EQ(audit.code, 0) << audit.output;
        EXPECT_THAT(audit.output, HasSubstr("0 gaps, 0 duplicates"));
    }

    TestDatabase db{TestDatabase::Shape::kEmpty};
    TempDirectory directory;
    const std::string begun = directory / "begun";
    const std::string gate = directory / "gate";
    ManifestTree tree;
    RunningRunner runner;
    RunningDaemon daemon{{.source = tree.path(),
                          .database_url = db.database().url,
                          .settings = {runner.setting(), "executors.slots=20"}}};
};

TEST_F(RunnerSystemTest, ARestartOfTheDaemonEndsNoActionAndRunsNoneAgain) {
    start_actions();
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    daemon.start();
    EXPECT_TRUE(eventually([&] {
        return daemon.log().find("20 actions of an earlier life") != std::string::npos;
    }));
    EXPECT_EQ(states(), fmt::format("running|1|{}", kActions));
    let_them_end();
    await_end();
    expect_each_ran_once();
}

TEST_F(RunnerSystemTest, NorDoesAKill) {
    start_actions();
    daemon.kill();
    daemon.start();
    let_them_end();
    await_end();
    expect_each_ran_once();
}

TEST_F(RunnerSystemTest, WhatEndsWhileTheDaemonIsDeadIsRecordedByTheNext) {
    start_actions();
    daemon.kill();
    let_them_end();
    pass(500ms);
    daemon.start();
    await_end();
    expect_each_ran_once();
}

// Killed again and again: while it starts actions, while they run, while it records their ends.
TEST_F(RunnerSystemTest, NoMomentIsTheWrongOneForAKill) {
    start_actions();
    let_them_end();
    for (const auto moment : {0ms, 20ms, 60ms, 120ms, 250ms}) {
        daemon.kill();
        daemon.start();
        pass(moment);
    }
    await_end();
    expect_each_ran_once();
}

TEST_F(RunnerSystemTest, OutcomesThatWaitSurviveAKillOfTheRunner) {
    start_actions();
    daemon.kill();
    let_them_end();
    pass(1s);  // all have ended, nobody has been told
    runner.kill();
    runner.start();
    daemon.start();
    await_end();
    expect_each_ran_once();
}

TEST_F(RunnerSystemTest, AKilledRunnersActionsAreTriedAgain) {
    start_actions();
    runner.kill();
    runner.start();
    let_them_end();
    EXPECT_TRUE(
        eventually([&] { return states() == fmt::format("succeeded|2|{}", kActions); }, 60s))
        << states() << daemon.log() << runner.log();
    EXPECT_EQ(db.value("SELECT count(*) FROM execution_attempt WHERE outcome = 'lost'"),
              std::to_string(kActions));
}

TEST_F(RunnerSystemTest, WithoutARunnerWorkWaitsAndTheDaemonSaysSo) {
    start_actions();
    daemon.kill();
    runner.kill();
    daemon.start();
    EXPECT_EQ(daemon.attune({"run", "ops.work"}).code, 0);
    EXPECT_EQ(daemon.attune({"run", "core.echo", "--wait"}).code, 0);
    EXPECT_THAT(daemon.log(), HasSubstr("runner.sock"));
    EXPECT_EQ(db.value("SELECT state FROM execution WHERE action_ref = 'ops.work' ORDER BY id "
                       "DESC LIMIT 1"),
              "requested");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution WHERE state = 'running'"),
              std::to_string(kActions));
    let_them_end();
    runner.start();
    EXPECT_TRUE(eventually(
        [&] {
            return db.value("SELECT count(*) FROM execution WHERE state = 'succeeded'") ==
                   std::to_string(kActions + 2);
        },
        60s))
        << states() << daemon.log();
}

}  // namespace
}  // namespace attune
