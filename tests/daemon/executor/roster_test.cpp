// An executor whose runner is another process: what both make of each other when they meet
// again, against a real database.
#include <gmock/gmock.h>

#include "tests/daemon/executor/executor_rig.h"
#include "tests/support/pg_proxy.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ExecutorRosterTest : public testing::Test {
protected:
    ExecutorRosterTest() {
        rig.runner_outlives = true;
        rig.tree.write("packs/ops/actions/nap.yaml",
                       "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                       "  runner: process\n  command: [sleep, \"1\"]\n  output: json\n"
                       "  out_schema: {type: integer}\n");
        rig.tree.interval("tick", 10);
        rig.tree.rule("nap", "tick", "ops.nap");
        rig.apply();
        rig.start();
        tell_roster({});
        rig.step();
        heard();
    }

    // An execution that is `running`, as the runner would have it.
    RosterRun running() {
        const auto run = scheduled();
        rig.to_executor->send(encode(ProcessStarted{run.key, run.token, 4711, 99}));
        rig.step();
        heard();
        return run;
    }
    // One whose process is asked for.
    RosterRun scheduled() {
        rig.push(rig.due_after(10s));
        rig.step(10s);
        const auto start = std::get<StartProcess>(heard().at(0));
        return {start.claim.key, start.claim.token};
    }

    // Somebody wants it to end; the executor is not told.
    void cancel(const RosterRun& run) {
        Ledger ledger(rig.db.database());
        ASSERT_TRUE(ledger.cancel({run.key, "alice", "", rig.now}).changed);
    }

    // The daemon dies, and a new life of it begins.
    void die() {
        rig.executor.reset();
        rig.start();
        rig.step();
        heard();
    }

    void tell_roster(const std::vector<RosterRun>& runs) {
        rig.to_executor->send(encode(RunnerRoster{++connection, runs}));
    }

    // Everything the executor has said to the runner since.
    std::vector<Message> heard() {
        std::vector<Message> all;
        while (const auto bytes = rig.runner.receive()) all.push_back(decode(*bytes).value());
        return all;
    }
    // Which tokens it answers for.
    std::vector<ClaimToken> taken() {
        for (const auto& message : heard()) {
            if (const auto* said = std::get_if<RosterTaken>(&message)) {
                EXPECT_EQ(said->connection, connection);
                return said->held;
            }
        }
        ADD_FAILURE() << "the roster was not taken";
        return {};
    }

    void finish(const RosterRun& run, const std::string& result = R"({"data":7})") {
        rig.to_executor->send(encode(ProcessFinished{
            run.key, run.token, {ExecutionState::kSucceeded, result, rig.now}}));
        rig.step();
        rig.step(1s);
    }

    std::string executions() {
        return rig.db.table(
            "SELECT state, attempt, losses, claim_incarnation FROM execution ORDER BY id");
    }
    std::string mine() const { return std::to_string(rig.incarnation.value); }

    ExecutorRig rig;
    std::uint64_t connection = 0;
};

TEST_F(ExecutorRosterTest, AdoptsWhatAnEarlierLifeLeftRunning) {
    const auto run = running();
    die();
    EXPECT_EQ(executions(), "running|1|0|" + std::to_string(rig.incarnation.value - 1));
    tell_roster({run});
    rig.step();
    EXPECT_THAT(taken(), ElementsAre(run.token));
    EXPECT_EQ(executions(), "running|1|0|" + mine());
    EXPECT_EQ(rig.slots.free(), 3);

    finish(run);
    EXPECT_EQ(executions(), "succeeded|1|0|" + mine());
    EXPECT_EQ(std::get<AbortProcess>(heard().at(0)).token, run.token);
    EXPECT_EQ(rig.slots.free(), 4);
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution_attempt"), "0");
}

TEST_F(ExecutorRosterTest, HoldsAnAdoptedActionToItsPromises) {
    const auto run = running();
    die();
    tell_roster({run});
    rig.step();
    finish(run, R"({"data":"seven"})");
    EXPECT_EQ(rig.value("SELECT state || ' ' || (result->>'error' LIKE '%out_schema%') FROM "
                        "execution"),
              "failed true");
}

TEST_F(ExecutorRosterTest, LetsGoWhatWasAtItsGate) {
    const auto run = scheduled();
    die();
    tell_roster({run});
    rig.step();
    EXPECT_THAT(taken(), ElementsAre(run.token));
    rig.to_executor->send(encode(ProcessStarted{run.key, run.token, 4711, 99}));
    rig.step();
    EXPECT_EQ(executions(), "running|1|0|" + mine());
    EXPECT_EQ(std::get<GoProcess>(heard().at(0)).token, run.token);
}

TEST_F(ExecutorRosterTest, WhatTheRunnerDoesNotHaveIsLost) {
    running();
    die();
    tell_roster({});
    rig.step();
    EXPECT_THAT(taken(), IsEmpty());
    EXPECT_EQ(rig.value("SELECT outcome FROM execution_attempt"), "lost");
    EXPECT_EQ(rig.value("SELECT attempt FROM execution"), "2");
}

TEST_F(ExecutorRosterTest, WhatIsCommittedIsNobodys) {
    const auto run = running();
    finish(run);
    die();
    tell_roster({run});
    rig.step();
    EXPECT_THAT(taken(), IsEmpty());
    EXPECT_EQ(rig.value("SELECT state FROM execution"), "succeeded");
}

TEST_F(ExecutorRosterTest, StopsWhatAnEarlierLifeWasStopping) {
    const auto run = running();
    cancel(run);
    die();
    tell_roster({run});
    rig.step();
    const auto said = heard();
    EXPECT_EQ(std::get<CancelProcess>(said.at(0)).token, run.token);
    EXPECT_THAT(std::get<RosterTaken>(said.at(1)).held, ElementsAre(run.token));
    // The link was not open yet when it said so.
    rig.step(1s);
    EXPECT_EQ(std::get<CancelProcess>(heard().at(0)).token, run.token);
    rig.to_executor->send(encode(
        ProcessFinished{run.key, run.token, {ExecutionState::kCancelled, "{}", rig.now}}));
    rig.step();
    rig.step(1s);
    EXPECT_EQ(executions(), "cancelled|1|0|" + mine());
    EXPECT_EQ(rig.slots.free(), 4);
}

TEST_F(ExecutorRosterTest, NeverLetsGoWhatAnEarlierLifeWasStopping) {
    const auto run = scheduled();
    cancel(run);
    die();
    tell_roster({run});
    rig.step();
    rig.to_executor->send(encode(ProcessStarted{run.key, run.token, 4711, 99}));
    rig.step();
    rig.step(1s);
    EXPECT_EQ(executions(), "cancelled|1|0|" + mine());
    for (const auto& message : heard()) {
        EXPECT_FALSE(std::holds_alternative<GoProcess>(message));
    }
}

TEST_F(ExecutorRosterTest, WhatWasToBeStoppedAndIsLostIsCancelled) {
    const auto run = running();
    cancel(run);
    die();
    tell_roster({});
    rig.step();
    EXPECT_EQ(rig.db.table("SELECT state, attempt FROM execution"), "cancelled|1");
}

TEST_F(ExecutorRosterTest, WhatRunsWaitsForARunnerThatIsAway) {
    running();
    scheduled();
    die();
    rig.step(9s);
    EXPECT_EQ(rig.db.table("SELECT state, attempt FROM execution ORDER BY id"),
              "running|1\nscheduled|1");
    // Whoever was not let go has done nothing yet: it need not wait.
    rig.step(2s);
    rig.step(1h);
    EXPECT_EQ(rig.db.table("SELECT state, losses FROM execution ORDER BY id LIMIT 1"),
              "running|0");
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution_attempt"), "1");
}

TEST_F(ExecutorRosterTest, AfterALostConnectionItAnswersForWhatItHolds) {
    const auto run = running();
    tell_roster({run});
    rig.step();
    EXPECT_THAT(taken(), ElementsAre(run.token));
    EXPECT_EQ(rig.slots.free(), 3);
    finish(run);
    EXPECT_EQ(executions(), "succeeded|1|0|" + mine());
}

TEST_F(ExecutorRosterTest, WhatItHoldsAndTheRunnerHasLostRunsAgain) {
    running();
    rig.db.run("UPDATE execution SET claimed_at = claimed_at - interval '1 minute'");
    tell_roster({});
    rig.step();
    EXPECT_THAT(taken(), IsEmpty());
    EXPECT_EQ(rig.value("SELECT outcome FROM execution_attempt"), "lost");
    EXPECT_EQ(rig.value("SELECT attempt FROM execution"), "2");
    EXPECT_GE(rig.slots.free(), 3);  // its slot is free, if not taken by the retry
}

TEST_F(ExecutorRosterTest, WhatTheRunnerHasNotAnsweredToYetIsAskedForAgain) {
    const auto run = scheduled();
    tell_roster({});
    rig.step();
    EXPECT_THAT(taken(), ElementsAre(run.token));
    rig.step(2s);
    EXPECT_EQ(std::get<StartProcess>(heard().at(0)).claim.token, run.token);
    EXPECT_EQ(executions(), "scheduled|1|0|" + mine());
}

TEST_F(ExecutorRosterTest, ItMayBeStoppedWhileProcessesRun) {
    running();
    rig.drain.begin();
    rig.step();
    EXPECT_FALSE(rig.drain.anyone_busy());
}

TEST_F(ExecutorRosterTest, ItMayNotBeStoppedBeforeTheyAreLetGo) {
    const auto run = scheduled();
    rig.drain.begin();
    rig.step();
    EXPECT_TRUE(rig.drain.anyone_busy());
    rig.to_executor->send(encode(ProcessStarted{run.key, run.token, 4711, 99}));
    rig.step();
    EXPECT_FALSE(rig.drain.anyone_busy());
}

// The reply of a COMMIT gets lost, or the COMMIT itself, while it settles what an earlier life
// left: nothing that runs is counted as lost for it.
class ExecutorRosterDoubtTest
    : public ExecutorRosterTest,
      public testing::WithParamInterface<std::tuple<PgProxy::Loss, int>> {};

TEST_P(ExecutorRosterDoubtTest, WhatRunsIsAdoptedAllTheSame) {
    const auto run = running();
    rig.executor.reset();
    PgProxy proxy(rig.db.database().url);
    rig.start(Database{.url = proxy.url()});
    rig.step();
    rig.db.run("UPDATE execution SET claimed_at = claimed_at - interval '1 minute'");
    proxy.lose(std::get<0>(GetParam()), std::get<1>(GetParam()));
    tell_roster({run});
    for (int n = 0; n < 50; ++n) rig.step(1s);
    EXPECT_THAT(taken(), ElementsAre(run.token));
    EXPECT_EQ(executions(), "running|1|0|" + mine());
    finish(run);
    for (int n = 0; n < 50; ++n) rig.step(1s);
    EXPECT_EQ(executions(), "succeeded|1|0|" + mine());
    EXPECT_TRUE(proxy.has_lost());
}

INSTANTIATE_TEST_SUITE_P(Commits, ExecutorRosterDoubtTest,
                         testing::Combine(testing::Values(PgProxy::Loss::kCommitReply,
                                                          PgProxy::Loss::kCommit),
                                          testing::Values(0, 1, 2)));

}  // namespace
}  // namespace attune
