#include "daemon/executor/outcome_log.h"

#include <sstream>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class OutcomeLogTest : public testing::Test {
protected:
    OutcomeLogTest() {
        attempt.key.id = ExecutionId{12};
        attempt.action_ref = "ops.sweep";
        attempt.rule_ref = "ops.disk";
    }

    void ends(ExecutionState state, const std::string& result, Duration elapsed = 10s) {
        outcomes.tell(attempt, {state, result, {}}, elapsed);
    }
    void use_level(spdlog::level::level_enum level) { log->set_level(level); }
    int lines() const {
        const auto text = written.str();
        return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    }

    std::ostringstream written;
    std::shared_ptr<Log> log = make_log(
        "info", LogStyle::kJournal, std::make_shared<spdlog::sinks::ostream_sink_mt>(written));
    OutcomeLog outcomes{*log};
    Attempt attempt;
};

TEST_F(OutcomeLogTest, AFailureSaysWhoFailedForWhomAndWhy) {
    ends(ExecutionState::kFailed, R"({"exit_code": 3, "stdout": ""})");
    EXPECT_EQ(written.str(),
              "<4>execution 12 of ops.sweep for rule ops.disk failed: exit code 3\n");
}

TEST_F(OutcomeLogTest, ARunByHandHasNoRule) {
    attempt.rule_ref.clear();
    ends(ExecutionState::kTimedOut, R"({"signal": "SIGKILL", "error": "it ran too long"})");
    EXPECT_EQ(written.str(), "<4>execution 12 of ops.sweep timed_out: it ran too long\n");
}

TEST_F(OutcomeLogTest, ASuccessIsForDebugging) {
    ends(ExecutionState::kSucceeded, "{}");
    EXPECT_EQ(written.str(), "");
    use_level(spdlog::level::debug);
    ends(ExecutionState::kSucceeded, "{}");
    EXPECT_EQ(written.str(), "<7>execution 12 of ops.sweep for rule ops.disk succeeded\n");
}

TEST_F(OutcomeLogTest, WhatWasCancelledIsNoFailure) {
    outcomes.tell_cancel(attempt, ExecutionState::kCancelling, "alice", "the disk is full");
    ends(ExecutionState::kCancelled, R"({"error": "it was cancelled"})");
    outcomes.tell_cancel(attempt, ExecutionState::kCancelled, "bob", "");
    EXPECT_EQ(
        written.str(),
        "<6>execution 12 of ops.sweep for rule ops.disk is being stopped by alice: the disk "
        "is full\n"
        "<6>execution 12 of ops.sweep for rule ops.disk is cancelled\n"
        "<6>execution 12 of ops.sweep for rule ops.disk is cancelled by bob\n");
}

TEST_F(OutcomeLogTest, AStormOfFailuresIsCounted) {
    for (int i = 0; i < 500; ++i) ends(ExecutionState::kFailed, "{}", 10s);
    EXPECT_EQ(lines(), OutcomeLog::kFailuresPerSecond);
    ends(ExecutionState::kFailed, "{}", 11s);
    EXPECT_EQ(lines(), OutcomeLog::kFailuresPerSecond + 2);
    EXPECT_THAT(written.str(), HasSubstr("<4>490 more executions have failed;"));
}

TEST(WhyFailed, IsTheErrorElseTheSignalElseTheExitCode) {
    EXPECT_EQ(why_failed(R"({"error": "no", "exit_code": 1})"), "no");
    EXPECT_EQ(why_failed(R"({"signal": "SIGKILL"})"), "killed by SIGKILL");
    EXPECT_EQ(why_failed(R"({"exit_code": 7})"), "exit code 7");
    EXPECT_EQ(why_failed("[]"), "its result says no more");
    EXPECT_EQ(why_failed("{}"), "its result says no more");
}

}  // namespace
}  // namespace attune
