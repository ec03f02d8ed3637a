#include "daemon/executor/executor.h"

#include <gmock/gmock.h>

#include "tests/daemon/executor/executor_rig.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ExecutorTest : public testing::Test {
protected:
    void one_timer() {
        rig.tree.interval("tick", 10);
        rig.tree.rule("echo", "tick", "core.echo", R"({message: "{{ sensor.ref }}"})");
        rig.apply();
        rig.start();
    }

    ExecutorRig rig;
};

TEST_F(ExecutorTest, RecordsAnEventItsEnforcementAndItsExecution) {
    one_timer();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    EXPECT_THAT(rig.confirmed(), AllOf(SizeIs(1), Each(Field(&Confirmation::recorded, true))));
    rig.step(1s);
    EXPECT_EQ(
        rig.db.table("SELECT v.sensor_ref, e.rule_ref, e.state, x.state, x.result->>'message' "
                     "FROM event v JOIN enforcement e ON e.event_id = v.id JOIN execution x "
                     "ON x.enforcement_id = e.id"),
        "ops.tick|ops.echo|processed|succeeded|ops.tick");
}

TEST_F(ExecutorTest, TheSameDecisionTwiceIsRecordedOnce) {
    one_timer();
    const auto decisions = rig.due_after(10s);
    rig.push(decisions);
    rig.step(10s);
    rig.confirmed();
    rig.push(decisions);
    rig.step();
    EXPECT_THAT(rig.confirmed(), AllOf(SizeIs(1), Each(Field(&Confirmation::recorded, false))));
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "1");
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution"), "1");
}

TEST_F(ExecutorTest, ACatalogAppliedBetweenEvaluationAndCommitIsEvaluatedAgain) {
    one_timer();
    const auto decisions = rig.due_after(10s);
    // The executor still holds the catalog of before.
    rig.tree.rule("echo", "tick", "core.echo", R"({message: changed})");
    rig.tree.rule("second", "tick", "core.noop");
    rig.apply();
    rig.push(decisions);
    rig.step(10s);
    rig.step(1s);
    EXPECT_EQ(rig.db.table("SELECT e.rule_ref, x.params->>'message' FROM enforcement e JOIN "
                           "execution x ON x.enforcement_id = e.id ORDER BY 1"),
              "ops.echo|changed\nops.second|");
    EXPECT_EQ(rig.value("SELECT generation = (SELECT generation FROM config_state) FROM event"),
              "t");
}

TEST_F(ExecutorTest, NoEventFollowsTheCommitThatRetiresItsSensor) {
    one_timer();
    const auto decisions = rig.due_after(10s);
    rig.db.run("UPDATE timer SET state = 'retired'");
    rig.push(decisions);
    rig.step(10s);
    EXPECT_THAT(rig.confirmed(), AllOf(SizeIs(1), Each(Field(&Confirmation::recorded, false))));
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "0");
}

TEST_F(ExecutorTest, OneRefusedRowDoesNotHoldUpTheOthers) {
    for (int i = 0; i < 500; ++i) rig.tree.interval("t" + std::to_string(i), 10);
    rig.tree.rule("echo", "t250", "core.echo");
    rig.apply();
    rig.start();
    rig.db.run(
        "ALTER TABLE event ADD CONSTRAINT poison CHECK (sensor_ref <> 'ops.t250' OR "
        "payload IS NULL OR payload = 'null')");
    rig.push(rig.due_after(10s));
    rig.step(10s);
    for (int i = 0; i < 60; ++i) rig.step(1s);
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "500");
    EXPECT_EQ(rig.value("SELECT count(*) FROM event WHERE payload IS NULL OR payload = 'null'"),
              "1");
    EXPECT_THAT(rig.value("SELECT reason FROM enforcement WHERE state = 'errored'"),
                HasSubstr("23514"));
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution"), "0");
}

TEST_F(ExecutorTest, ASensorRefusedEvenWithoutPayloadIsFaultedAndTheRestGoesOn) {
    for (int i = 0; i < 20; ++i) rig.tree.interval("t" + std::to_string(i), 10);
    rig.apply();
    rig.start();
    rig.db.run("ALTER TABLE event ADD CONSTRAINT poison CHECK (sensor_ref <> 'ops.t7')");
    rig.push(rig.due_after(10s));
    rig.step(10s);
    for (int i = 0; i < 40; ++i) rig.step(1s);
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "19");
    EXPECT_EQ(rig.value("SELECT s.ref FROM timer t JOIN sensor s ON s.id = t.sensor_id WHERE "
                        "t.state = 'faulted'"),
              "ops.t7");
}

// It rides in a recording, and is neither to hold that up nor to be held up for ever.
TEST_F(ExecutorTest, AnOutcomeThatIsRefusedLosesItsResultAndNothingElse) {
    for (int i = 0; i < 20; ++i) {
        const auto name = "t" + std::to_string(i);
        rig.tree.interval(name, 10);
        rig.tree.rule("echo_" + name, name, "core.echo",
                      i == 7 ? "{message: bad}" : "{message: good}");
    }
    rig.apply();
    rig.start();
    rig.db.run(
        "ALTER TABLE execution ADD CONSTRAINT poison CHECK (result->>'message' <> 'bad')");
    rig.push(rig.due_after(10s));
    rig.step(10s);
    rig.push(rig.due_after(10s));
    rig.step(10s);
    for (int i = 0; i < 5; ++i) rig.step(1s);
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "40");
    EXPECT_EQ(rig.db.table("SELECT state, result->>'message', result ? 'error', count(*) FROM "
                           "execution GROUP BY 1, 2, 3 ORDER BY 2"),
              "succeeded|good|f|38\nsucceeded||t|2");
}

// A failover to a server that had not got the newest changes.
TEST_F(ExecutorTest, ADatabaseThatHasLostAGenerationIsFollowed) {
    one_timer();
    const auto held = rig.catalog->get()->generation();
    rig.db.run("UPDATE config_state SET generation = generation - 1");
    rig.push(rig.due_after(10s));
    rig.step(10s);
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "1");
    EXPECT_LT(rig.catalog->get()->generation(), held);
}

TEST_F(ExecutorTest, AProcessIsHeldAtItsGateUntilItsRowSaysRunning) {
    rig.tree.write("packs/ops/actions/nap.yaml",
                   "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                   "  runner: process\n  command: [sleep, \"1\"]\n");
    rig.tree.interval("tick", 10);
    rig.tree.rule("nap", "tick", "ops.nap");
    rig.apply();
    rig.start();
    // The first look at the backlog finds none; from then on work is claimed at birth.
    rig.step();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    const auto start = std::get<StartProcess>(*decode(rig.runner.receive().value()));
    EXPECT_EQ(rig.value("SELECT state FROM execution"), "scheduled");
    EXPECT_EQ(start.claim.command, (std::vector<std::string>{"sleep", "1"}));

    rig.to_executor->send(encode(ProcessStarted{start.claim.key, start.claim.token, 4711, 99}));
    rig.step();
    EXPECT_EQ(rig.value("SELECT state || ' ' || claim_pgid FROM execution"), "running 4711");
    EXPECT_TRUE(std::holds_alternative<GoProcess>(*decode(rig.runner.receive().value())));

    rig.to_executor->send(encode(ProcessFinished{
        start.claim.key, start.claim.token, {ExecutionState::kSucceeded, "{}", rig.now}}));
    rig.step();
    rig.step(1s);
    EXPECT_EQ(rig.value("SELECT state FROM execution"), "succeeded");
    EXPECT_TRUE(std::holds_alternative<AbortProcess>(*decode(rig.runner.receive().value())));
    EXPECT_EQ(rig.slots.free(), 4);
}

TEST_F(ExecutorTest, AnAnswerThatTheActionDidNotPromiseIsAFailure) {
    rig.tree.write("packs/ops/actions/count.yaml",
                   "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.count}\nspec:\n"
                   "  runner: process\n  command: [\"true\"]\n  output: json\n"
                   "  out_schema: {type: integer}\n");
    rig.tree.interval("tick", 10);
    rig.tree.rule("count", "tick", "ops.count");
    rig.apply();
    rig.start();
    rig.step();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    const auto start = std::get<StartProcess>(*decode(rig.runner.receive().value()));
    rig.to_executor->send(encode(ProcessStarted{start.claim.key, start.claim.token, 4711, 99}));
    rig.step();
    rig.to_executor->send(
        encode(ProcessFinished{start.claim.key,
                               start.claim.token,
                               {ExecutionState::kSucceeded, R"({"data":"many"})", rig.now}}));
    rig.step();
    rig.step(1s);
    EXPECT_EQ(rig.value("SELECT state || ' ' || (result->>'error' LIKE '%out_schema%') FROM "
                        "execution"),
              "failed true");
}

TEST_F(ExecutorTest, WhatTheRunnerDoesNotHearIsSaidAgain) {
    rig.tree.write("packs/ops/actions/nap.yaml",
                   "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                   "  runner: process\n  command: [sleep, \"1\"]\n");
    rig.tree.interval("tick", 10);
    rig.tree.rule("nap", "tick", "ops.nap");
    rig.apply();
    rig.start();
    rig.step();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    EXPECT_TRUE(rig.runner.receive());
    rig.step(100ms);
    EXPECT_FALSE(rig.runner.receive());
    rig.step(2s);
    EXPECT_TRUE(std::holds_alternative<StartProcess>(*decode(rig.runner.receive().value())));
}

TEST_F(ExecutorTest, MoreProcessesThanSlotsWaitAsRequested) {
    rig.tree.write("packs/ops/actions/nap.yaml",
                   "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                   "  runner: process\n  command: [sleep, \"1\"]\n");
    for (int i = 0; i < 10; ++i) {
        const auto name = "t" + std::to_string(i);
        rig.tree.interval(name, 10);
        rig.tree.rule("nap_" + name, name, "ops.nap");
    }
    rig.apply();
    rig.start();
    rig.step();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution WHERE state = 'scheduled'"), "4");
    EXPECT_EQ(rig.value("SELECT count(*) FROM execution WHERE state = 'requested'"), "6");
}

TEST_F(ExecutorTest, AFireFromOutsideIsAnsweredAfterItsCommitAndAKeyIsUsedOnce) {
    rig.tree.write(
        "packs/ops/triggers/alert.yaml",
        "apiVersion: attune/v1\nkind: Trigger\nmetadata: {ref: ops.alert}\nspec: {}\n");
    rig.tree.write("packs/ops/sensors/door.yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.door}\nspec: "
                   "{trigger: ops.alert, runtime: core.sensor.external}\n");
    rig.apply();
    rig.start();
    const auto door = rig.catalog->get()->sensors().find("ops.door")->id;
    const auto fire = [&](std::uint64_t request) {
        rig.to_executor->send(
            encode(FireRequest{request, "asker", door, rig.now, "k1", R"({"open":true})"}));
        rig.step(1ms);
        return std::get<FireReply>(*decode(rig.asker.receive().value()));
    };
    const auto first = fire(1);
    EXPECT_EQ(first.outcome, RequestOutcome::kRecorded);
    const auto second = fire(2);
    EXPECT_EQ(second.outcome, RequestOutcome::kDuplicate);
    EXPECT_EQ(second.event, first.event);
    EXPECT_EQ(rig.value("SELECT count(*) FROM event"), "1");
}

TEST_F(ExecutorTest, EndingGivesBackWhatWasNotStarted) {
    rig.tree.interval("tick", 10);
    rig.tree.rule("sleep", "tick", "core.sleep", "{seconds: 600}");
    rig.apply();
    rig.start();
    rig.push(rig.due_after(10s));
    rig.step(10s);
    EXPECT_EQ(rig.value("SELECT state FROM execution"), "scheduled");
    rig.executor->end({rig.now, rig.elapsed});
    EXPECT_EQ(rig.value("SELECT state FROM execution"), "requested");
    EXPECT_EQ(rig.value("SELECT attempt FROM execution"), "1");
}

}  // namespace
}  // namespace attune
