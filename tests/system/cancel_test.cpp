// What attune promises about cancelling, on the real programs: what runs is stopped with all
// that it has started, whoever dies meanwhile, and nothing of it is tried again.
#include <signal.h>

#include <cerrno>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class CancelSystemTest : public testing::Test {
protected:
    CancelSystemTest() {
        // Says which group it leads, and waits for a child of its own.
        tree.write("packs/ops/actions/nap.yaml",
                   fmt::format("apiVersion: attune/v1\nkind: Action\n"
                               "metadata: {{ref: ops.nap}}\nspec:\n"
                               "  runner: process\n  command: [sh, -c, \"{}\"]\n",
                               "echo $$ > " + group_file + ".new; mv " + group_file + ".new " +
                                   group_file + "; sleep 600; true"));
    }

    void start(std::vector<std::string> settings = {}) {
        daemon.emplace(RunningDaemon::Options{.source = tree.path(),
                                              .database_url = db.database().url,
                                              .settings = std::move(settings)});
        daemon->start();
        ASSERT_TRUE(eventually([&] {
            return daemon->attune({"get", "action", "ops.nap"}).code == 0;
        }));
    }

    // Runs `action`; its execution's id.
    std::string run(const std::string& action, const std::string& params = "{}") {
        return daemon->attune_json({"run", action, "--params", params}).at("execution").dump();
    }
    Json execution(const std::string& id) {
        return daemon->attune_json({"trace", id}).at("execution");
    }
    std::string state(const std::string& id) { return execution(id).at("state"); }

    bool has_begun() { return group() > 0; }
    pid_t group() {
        pid_t group = 0;
        std::ifstream(group_file) >> group;
        return group;
    }
    bool is_gone() { return ::kill(-group(), 0) != 0 && errno == ESRCH; }

    void expect_cancelled(const std::string& id) {
        EXPECT_TRUE(eventually([&] { return state(id) == "cancelled"; }))
            << state(id) << daemon->log();
        const auto ended = execution(id);
        EXPECT_EQ(ended.at("attempt"), 1);
        EXPECT_EQ(ended.at("losses"), 0);
        EXPECT_EQ(ended.at("result").at("error"), "it was cancelled");
        EXPECT_EQ(ended.at("result").at("cancelled").at("reason"), "enough");
        EXPECT_FALSE(ended.at("finished_at").is_null());
    }
    void expect_a_sound_ledger() {
        const auto audit = daemon->attune({"audit", "ledger"});
        EXPECT_EQ(audit.code, 0) << audit.output;
    }

    TestDatabase db{TestDatabase::Shape::kEmpty};
    TempDirectory directory;
    const std::string group_file = directory / "group";
    ManifestTree tree;
    std::optional<RunningDaemon> daemon;
};

TEST_F(CancelSystemTest, AProcessThatRunsIsStoppedWithAllItHasStarted) {
    start();
    const auto id = run("ops.nap");
    ASSERT_TRUE(eventually([&] { return has_begun(); })) << daemon->log();
    const auto cancelled = daemon->attune({"cancel", id, "--reason", "enough"});
    EXPECT_EQ(cancelled.code, 0) << cancelled.output;
    EXPECT_EQ(cancelled.output, "execution " + id + " is being stopped\n");
    expect_cancelled(id);
    EXPECT_EQ(execution(id).at("result").at("signal"), "SIGTERM");
    EXPECT_TRUE(eventually([&] { return is_gone(); }));
    EXPECT_THAT(daemon->log(),
                HasSubstr("execution " + id + " of ops.nap is being stopped by "));

    EXPECT_EQ(daemon->attune({"cancel", id}).output, "execution " + id + " is cancelled\n");
    EXPECT_EQ(daemon->attune({"cancel", "987654321"}).code, 1);
    expect_a_sound_ledger();
}

TEST_F(CancelSystemTest, ASleepEndsAtOnceAndWhatHasEndedStaysAsItIs) {
    start();
    const auto sleep = run("core.sleep", R"({"seconds": 600})");
    EXPECT_EQ(daemon->attune({"cancel", sleep, "--reason", "enough"}).code, 0);
    expect_cancelled(sleep);

    const auto done = daemon->attune_json({"run", "core.echo", "--wait"}).at("id").dump();
    const auto refused = daemon->attune({"cancel", done});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.output, HasSubstr("it is succeeded"));
    expect_a_sound_ledger();
}

TEST_F(CancelSystemTest, WhatWaitsForASlotNeverBegins) {
    start({"executors.slots=1"});
    const auto first = run("ops.nap");
    ASSERT_TRUE(eventually([&] { return has_begun(); })) << daemon->log();
    const auto second = run("ops.nap");
    const auto cancelled = daemon->attune({"cancel", second, "--reason", "enough"});
    EXPECT_EQ(cancelled.output, "execution " + second + " is cancelled\n");
    expect_cancelled(second);
    EXPECT_EQ(daemon->attune({"cancel", first, "--reason", "enough"}).code, 0);
    expect_cancelled(first);
    expect_a_sound_ledger();
}

// The runner goes on while the daemon dies; the next life knows what it has to stop.
TEST_F(CancelSystemTest, ADaemonThatDiesMeanwhileLeavesNothingRunning) {
    RunningRunner runner;
    start({runner.setting()});
    const auto id = run("ops.nap");
    ASSERT_TRUE(eventually([&] { return has_begun(); })) << daemon->log() << runner.log();
    EXPECT_EQ(daemon->attune({"cancel", id, "--reason", "enough"}).code, 0);
    daemon->kill();
    daemon->start();
    expect_cancelled(id);
    EXPECT_TRUE(eventually([&] { return is_gone(); }));
    expect_a_sound_ledger();
}

}  // namespace
}  // namespace attune
