#include "daemon/builtin_actions.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

Outcome outcome(std::string_view action, std::string_view params) {
    return std::get<Outcome>(run_builtin(action, params, kNow));
}

void expect(const Outcome& is, ExecutionState state, std::string_view result) {
    EXPECT_EQ(is.state, state);
    EXPECT_EQ(is.result, result);
    EXPECT_EQ(is.finished_at, kNow);
}

TEST(Echo, SaysItsMessage) {
    expect(outcome("core.echo", R"({"message":"it's\n\"here\""})"), ExecutionState::kSucceeded,
           R"({"message":"it's\n\"here\""})");
}

TEST(Echo, SaysHelloWorldWhenItIsToldNothing) {
    expect(outcome("core.echo", "{}"), ExecutionState::kSucceeded,
           R"({"message":"Hello World"})");
}

TEST(Echo, FailsForAMessageThatIsNoText) {
    expect(outcome("core.echo", R"({"message":7})"), ExecutionState::kFailed,
           R"({"error":"message must be a string"})");
}

TEST(Noop, SucceedsUnlessToldOtherwise) {
    expect(outcome("core.noop", "{}"), ExecutionState::kSucceeded, R"({"exit_code":0})");
    expect(outcome("core.noop", R"({"exit_code":3,"message":"why"})"), ExecutionState::kFailed,
           R"({"exit_code":3,"message":"why"})");
}

TEST(Noop, RefusesWhatIsNoExitCode) {
    for (const auto* params :
         {R"({"exit_code":-1})", R"({"exit_code":256})", R"({"exit_code":"0"})",
          R"({"exit_code":0.5})", R"({"exit_code":18446744073709551615})"}) {
        expect(outcome("core.noop", params), ExecutionState::kFailed,
               R"({"error":"exit_code must be an integer from 0 to 255"})");
    }
}

TEST(Sleep, TellsHowLongItIsToBe) {
    EXPECT_EQ(std::get<Duration>(run_builtin("core.sleep", R"({"seconds":2.5})", kNow)),
              2500ms);
    EXPECT_EQ(std::get<Duration>(run_builtin("core.sleep", R"({"seconds":0})", kNow)), 0ms);
    EXPECT_EQ(std::get<Duration>(run_builtin("core.sleep", R"({"seconds":3600})", kNow)), 1h);
}

TEST(Sleep, RefusesWhatIsTooLongOrNoTime) {
    for (const auto* params :
         {"{}", R"({"seconds":3600.5})", R"({"seconds":-1})", R"({"seconds":"1"})"}) {
        expect(outcome("core.sleep", params), ExecutionState::kFailed,
               R"({"error":"seconds must be a number from 0 to 3600"})");
    }
}

TEST(Sleep, EndsSayingHowLongItWas) {
    expect(finish_sleep(R"({"seconds":2.5})", kNow), ExecutionState::kSucceeded,
           R"({"seconds":2.5})");
}

TEST(Builtin, FailsForWhatItDoesNotKnow) {
    expect(outcome("core.new", "{}"), ExecutionState::kFailed,
           R"({"error":"core.new is no builtin action of this version"})");
    expect(outcome("core.echo", "[]"), ExecutionState::kFailed,
           R"({"error":"the parameters are no JSON object"})");
    expect(outcome("core.echo", "{"), ExecutionState::kFailed,
           R"({"error":"the parameters are no JSON object"})");
}

}  // namespace
}  // namespace attune
