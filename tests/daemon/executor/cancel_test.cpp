// Somebody cancels an execution: whatever it is doing, and whoever holds it, it ends, and is
// never tried again. Against a real database.
#include <gmock/gmock.h>

#include "core/json.h"
#include "tests/daemon/executor/executor_rig.h"
#include "tests/support/pg_proxy.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class ExecutorCancelTest : public testing::Test {
protected:
    ExecutorCancelTest() {
        rig.tree.write("packs/ops/actions/nap.yaml",
                       "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                       "  runner: process\n  command: [sleep, \"1\"]\n");
        rig.tree.interval("tick", 10);
    }

    void start(const std::string& action, const std::string& params = "{}",
               const std::optional<Database>& through = std::nullopt) {
        rig.tree.rule("answer", "tick", action, params);
        rig.apply();
        rig.start(through);
        // The first look at the backlog finds none; from then on work is claimed at birth.
        rig.step();
    }
    void fire() {
        rig.push(rig.due_after(10s));
        rig.step(10s);
    }
    // One that waits, for want of a slot.
    SlotLease start_waiting() {
        start("ops.nap");
        auto slots = rig.slots.take(4);
        fire();
        EXPECT_EQ(state(), "requested");
        return slots;
    }
    void start_sleeping() {
        start("core.sleep", "{seconds: 600}");
        fire();
        EXPECT_EQ(state(), "scheduled");
    }
    // Its process is asked for, and nothing is known of it yet.
    RosterRun start_scheduled() {
        start("ops.nap");
        fire();
        const auto claim = std::get<StartProcess>(heard().at(0)).claim;
        return {claim.key, claim.token};
    }
    RosterRun start_running() {
        const auto run = start_scheduled();
        has_started(run);
        rig.step();
        EXPECT_EQ(state(), "running");
        heard();
        return run;
    }

    // What the runner says.
    void has_started(const RosterRun& run) {
        rig.to_executor->send(encode(ProcessStarted{run.key, run.token, 4711, 99}));
    }
    void has_ended(const RosterRun& run, ExecutionState state, const std::string& result) {
        rig.to_executor->send(
            encode(ProcessFinished{run.key, run.token, {state, result, rig.now}}));
        rig.step();
        rig.step(100ms);
    }
    // Everything the executors have said to it since.
    std::vector<Message> heard() {
        std::vector<Message> all;
        while (const auto bytes = rig.runner.receive()) all.push_back(decode(*bytes).value());
        return all;
    }
    template <class Kind>
    bool heard_only() {
        const auto all = heard();
        return all.size() == 1 && std::holds_alternative<Kind>(all[0]);
    }

    ExecutionKey key() {
        const auto micros = rig.value(
            "SELECT (extract(epoch FROM scheduled_at) * 1000000)::int8 FROM execution");
        return {ExecutionId{std::stoll(rig.value("SELECT id FROM execution"))},
                TimePoint(Duration(std::stoll(micros)))};
    }
    void ask(const ExecutionKey& execution) {
        rig.to_executor->send(encode(CancelRequest{.request = ++requests,
                                                   .reply_to = "asker",
                                                   .execution = execution,
                                                   .by = "alice",
                                                   .reason = "the disk is full",
                                                   .at = rig.now}));
    }
    CancelReply answer() {
        const auto bytes = rig.asker.receive();
        if (!bytes) {
            ADD_FAILURE() << "nobody has answered";
            return {};
        }
        const auto reply = std::get<CancelReply>(*decode(*bytes));
        EXPECT_EQ(reply.request, requests);
        return reply;
    }
    CancelReply cancel(const ExecutionKey& execution) {
        ask(execution);
        rig.step();
        return answer();
    }
    CancelReply cancel() { return cancel(key()); }
    // Somebody has written it, and no message of that arrives.
    void cancel_unheard() {
        Ledger ledger(rig.db.database());
        ASSERT_TRUE(ledger.cancel({key(), "alice", "", rig.now}).changed);
    }

    std::string state() { return rig.value("SELECT state FROM execution"); }
    std::string error() { return rig.value("SELECT result->>'error' FROM execution"); }
    std::string asked_by() {
        return rig.value("SELECT result->'cancelled'->>'by' FROM execution");
    }
    // Nothing begins again, however long one waits.
    void expect_cancelled_for_good() {
        for (int n = 0; n < 40; ++n) rig.step(1s);
        EXPECT_EQ(rig.db.table("SELECT state, attempt, losses FROM execution"),
                  "cancelled|1|0");
        EXPECT_EQ(error(), "it was cancelled");
        EXPECT_EQ(asked_by(), "alice");
        EXPECT_EQ(rig.value("SELECT count(*) FROM execution_attempt"), "0");
        for (const auto& message : heard()) {
            EXPECT_FALSE(std::holds_alternative<StartProcess>(message) ||
                         std::holds_alternative<GoProcess>(message));
        }
        EXPECT_EQ(rig.slots.free(), 4);
    }

    ExecutorRig rig;
    Inbox feed{rig.bus, "feed"};
    std::uint64_t requests = 0;
};

TEST_F(ExecutorCancelTest, WhatWaitsEndsAtOnceAndNeverBegins) {
    auto slots = start_waiting();
    const auto reply = cancel();
    EXPECT_EQ(reply.outcome, CancelOutcome::kCancelled);
    EXPECT_EQ(reply.state, ExecutionState::kCancelled);
    slots.give_back();
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, SubscribersAreToldOfIt) {
    const auto slots = start_waiting();
    rig.listened = true;
    cancel();
    const auto item = std::get<FeedItem>(*decode(feed.receive().value()));
    EXPECT_EQ(item.topic, "execution.completed");
    EXPECT_EQ(item.subject, "ops.nap");
    const auto data = Json::parse(item.data);
    EXPECT_EQ(data.at("state"), "cancelled");
    EXPECT_EQ(data.at("rule"), "ops.answer");
    EXPECT_EQ(data.at("result").at("cancelled").at("by"), "alice");
    // Asked for again it has not ended again.
    EXPECT_EQ(cancel().state, ExecutionState::kCancelled);
    EXPECT_FALSE(feed.receive());
}

TEST_F(ExecutorCancelTest, ASleepEndsWithoutWaitingForItsTime) {
    start_sleeping();
    EXPECT_EQ(cancel().state, ExecutionState::kCancelling);
    rig.step(100ms);
    EXPECT_EQ(state(), "cancelled");
    rig.step(700s);
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, AProcessIsStoppedByItsRunner) {
    const auto run = start_running();
    EXPECT_EQ(cancel().state, ExecutionState::kCancelling);
    const auto said = heard();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(std::get<CancelProcess>(said[0]).token, run.token);
    EXPECT_EQ(state(), "cancelling");

    has_ended(run, ExecutionState::kCancelled,
              R"({"signal":"SIGTERM","error":"it was cancelled"})");
    EXPECT_EQ(state(), "cancelled");
    EXPECT_EQ(rig.value("SELECT result->>'signal' FROM execution"), "SIGTERM");
    EXPECT_TRUE(heard_only<AbortProcess>());
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, AProcessThatWasQuickerHasSucceeded) {
    const auto run = start_running();
    cancel();
    has_ended(run, ExecutionState::kSucceeded, R"({"exit_code":0})");
    EXPECT_EQ(rig.db.table("SELECT state, result FROM execution"),
              "succeeded|{\"exit_code\": 0}");
}

TEST_F(ExecutorCancelTest, AProcessIsToldUntilItHasEnded) {
    const auto run = start_running();
    cancel();
    heard();
    for (int n = 0; n < 3; ++n) {
        rig.step(1s);
        EXPECT_TRUE(heard_only<CancelProcess>());
    }
    has_ended(run, ExecutionState::kCancelled, R"({"error":"it was cancelled"})");
    heard();
    expect_cancelled_for_good();
}

// The runner says that it waits for as long as it has not been let go: it never is.
TEST_F(ExecutorCancelTest, AProcessThatIsStillAtItsGateIsNotLetGo) {
    const auto run = start_running();
    cancel();
    heard();
    has_started(run);
    rig.step();
    EXPECT_TRUE(heard_only<CancelProcess>());
}

TEST_F(ExecutorCancelTest, AProcessNobodyHasHeardOfIsNotStartedAnyMore) {
    const auto run = start_scheduled();
    EXPECT_EQ(cancel().state, ExecutionState::kCancelling);
    EXPECT_TRUE(heard_only<AbortProcess>());
    rig.step(100ms);
    EXPECT_EQ(state(), "cancelled");
    heard();
    has_started(run);
    rig.step();
    EXPECT_TRUE(heard_only<AbortProcess>());
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, AProcessThatIsAboutToBeLetGoIsNot) {
    const auto run = start_scheduled();
    has_started(run);
    ask(run.key);
    rig.step();
    EXPECT_EQ(answer().state, ExecutionState::kCancelling);
    EXPECT_TRUE(heard_only<AbortProcess>());
    expect_cancelled_for_good();
}

// Written by another executor, just before this one would have let it go.
TEST_F(ExecutorCancelTest, NorIsItWhenNobodyHasToldYet) {
    const auto run = start_scheduled();
    cancel_unheard();
    has_started(run);
    rig.step();
    EXPECT_TRUE(heard_only<AbortProcess>());
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, TheExecutorThatHoldsItIsWoken) {
    start_sleeping();
    auto other = rig.make_executor(1);
    Outbox to_other(rig.bus, {"executor.1"});
    to_other.send(encode(CancelRequest{.request = ++requests,
                                       .reply_to = "asker",
                                       .execution = key(),
                                       .by = "alice",
                                       .reason = {},
                                       .at = rig.now}));
    other->step({rig.now, rig.elapsed});
    EXPECT_EQ(answer().state, ExecutionState::kCancelling);
    EXPECT_EQ(state(), "cancelling");
    rig.step();
    rig.step(100ms);
    EXPECT_EQ(state(), "cancelled");
}

TEST_F(ExecutorCancelTest, WithoutAHintItLooksEachSecond) {
    start_sleeping();
    rig.step(1s);
    cancel_unheard();
    const auto due = rig.executor->step({rig.now, rig.elapsed});
    ASSERT_TRUE(due);
    EXPECT_LE(*due, 1s);
    EXPECT_EQ(state(), "cancelling");
    rig.step(1s);
    rig.step(100ms);
    expect_cancelled_for_good();
}

TEST_F(ExecutorCancelTest, WhatItDoesNotHoldIsFoundForgotten) {
    start_sleeping();
    const auto execution = key();
    rig.executor.reset();
    rig.executor = rig.make_executor(0);  // the same life, and it remembers nothing
    rig.to_executor.emplace(rig.bus, std::vector<std::string>{"executor.0"});
    EXPECT_EQ(cancel(execution).state, ExecutionState::kCancelling);
    rig.db.run("UPDATE execution SET claimed_at = claimed_at - interval '1 minute'");
    rig.step(11s);
    EXPECT_EQ(rig.db.table("SELECT state, attempt FROM execution"), "cancelled|1");
    EXPECT_EQ(asked_by(), "alice");
}

TEST_F(ExecutorCancelTest, WhatHasEndedStaysAsItIs) {
    start("core.echo");
    fire();
    rig.step(1s);
    const auto reply = cancel();
    EXPECT_EQ(reply.outcome, CancelOutcome::kEnded);
    EXPECT_EQ(reply.state, ExecutionState::kSucceeded);
}

TEST_F(ExecutorCancelTest, WhatIsNotThereIsUnknown) {
    start("core.echo");
    EXPECT_EQ(cancel({ExecutionId{1}, rig.now}).outcome, CancelOutcome::kUnknown);
}

TEST_F(ExecutorCancelTest, AskedAgainItAnswersTheSame) {
    start_running();
    EXPECT_EQ(cancel().state, ExecutionState::kCancelling);
    const auto again = cancel();
    EXPECT_EQ(again.outcome, CancelOutcome::kCancelled);
    EXPECT_EQ(again.state, ExecutionState::kCancelling);
}

TEST_F(ExecutorCancelTest, WhatTheDatabaseRefusesIsAnswered) {
    start_sleeping();
    rig.db.run("ALTER TABLE execution ADD CONSTRAINT poison CHECK (state <> 'cancelling')");
    const auto reply = cancel();
    EXPECT_EQ(reply.outcome, CancelOutcome::kRefused);
    EXPECT_THAT(reply.fault, testing::HasSubstr("poison"));
    EXPECT_EQ(state(), "scheduled");
}

TEST_F(ExecutorCancelTest, EndingGivesBackNothingThatIsToBeCancelled) {
    start_sleeping();
    cancel_unheard();
    rig.executor->end({rig.now, rig.elapsed});
    EXPECT_EQ(state(), "cancelled");
}

// The reply of a COMMIT gets lost, or the COMMIT itself.
class ExecutorCancelDoubtTest
    : public ExecutorCancelTest,
      public testing::WithParamInterface<std::tuple<PgProxy::Loss, int>> {
protected:
    void lose_and_wait() {
        proxy.lose(std::get<0>(GetParam()), std::get<1>(GetParam()));
        ask(key());
        for (int n = 0; n < 50; ++n) rig.step(100ms);
        EXPECT_EQ(answer().outcome, CancelOutcome::kCancelled);
        EXPECT_FALSE(rig.asker.receive());
    }

    PgProxy proxy{rig.db.database().url};
};

TEST_P(ExecutorCancelDoubtTest, ItIsCancelledAndAnsweredAllTheSame) {
    start("core.sleep", "{seconds: 600}", Database{.url = proxy.url()});
    fire();
    lose_and_wait();
    EXPECT_TRUE(proxy.has_lost());
    expect_cancelled_for_good();
}

// The cancellation, the outcome.
INSTANTIATE_TEST_SUITE_P(Commits, ExecutorCancelDoubtTest,
                         testing::Combine(testing::Values(PgProxy::Loss::kCommitReply,
                                                          PgProxy::Loss::kCommit),
                                          testing::Values(0, 1)));

}  // namespace
}  // namespace attune
