#include "daemon/runner/process_result.h"

#include <signal.h>

#include <gmock/gmock.h>

#include "core/json.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

class ProcessResultTest : public testing::Test {
protected:
    Outcome outcome() const { return make_outcome(end, output, errors, kNow); }
    Json result() const { return Json::parse(outcome().result); }

    // What `output: json` makes of `text` on stdout.
    Outcome outcome_of_json(std::string_view text) {
        end.format = OutputFormat::kJson;
        output.add(text);
        return outcome();
    }
    std::string error_of_json(std::string_view text) {
        const auto refused = outcome_of_json(text);
        EXPECT_EQ(refused.state, ExecutionState::kFailed);
        return Json::parse(refused.result).at("error");
    }

    ProcessEnd end;
    OutputCapture output;
    OutputCapture errors;
};

TEST_F(ProcessResultTest, SucceedsWithExitCodeZero) {
    end.ran_for = 1234567us;
    output.add("done\n");
    errors.add("careful\n");
    EXPECT_EQ(outcome().state, ExecutionState::kSucceeded);
    EXPECT_EQ(outcome().finished_at, kNow);
    EXPECT_EQ(outcome().result,
              R"({"duration_ms":1234,"exit_code":0,"stderr":"careful\n","stdout":"done\n"})");
}

TEST_F(ProcessResultTest, FailsWithAnyOtherExitCode) {
    end.status.code = 3;
    EXPECT_EQ(outcome().state, ExecutionState::kFailed);
    EXPECT_EQ(result().at("exit_code"), 3);
}

TEST_F(ProcessResultTest, NamesTheSignalThatKilledIt) {
    end.status.signal = SIGSEGV;
    EXPECT_EQ(outcome().state, ExecutionState::kFailed);
    EXPECT_EQ(result().at("signal"), "SIGSEGV");
    EXPECT_FALSE(result().contains("exit_code"));
}

TEST_F(ProcessResultTest, TimesOutEvenIfTheProcessEndedWell) {
    end.stop = ProcessStop::kTimeout;
    end.timeout = 90s;
    EXPECT_EQ(outcome().state, ExecutionState::kTimedOut);
    EXPECT_EQ(result().at("error"), "it ran longer than its timeout of 1m30s");
}

TEST_F(ProcessResultTest, IsCancelledUnlessItHadSucceededAlready) {
    end.stop = ProcessStop::kCancelled;
    EXPECT_EQ(outcome().state, ExecutionState::kSucceeded);
    end.status.signal = SIGTERM;
    EXPECT_EQ(outcome().state, ExecutionState::kCancelled);
}

TEST_F(ProcessResultTest, SaysWhyTheProgramWasNotExecuted) {
    end.command = "files/sweep.py";
    end.status.error = ENOENT;
    end.status.failed_step = "cannot execute";
    EXPECT_EQ(outcome().state, ExecutionState::kFailed);
    EXPECT_EQ(result().at("error"),
              "cannot execute files/sweep.py: No such file or directory; is the interpreter in "
              "its first line installed?");
}

TEST_F(ProcessResultTest, TakesJsonForDataWhenItIsPromised) {
    const auto data = outcome_of_json("{\"freed\": [1, 2.5, \"it's\"]}\n");
    EXPECT_EQ(data.state, ExecutionState::kSucceeded);
    EXPECT_EQ(data.result,
              R"({"data":{"freed":[1,2.5,"it's"]},"duration_ms":0,"exit_code":0,"stderr":""})");
}

TEST_F(ProcessResultTest, FailsForOutputThatIsNoJson) {
    EXPECT_EQ(
        error_of_json("{\"a\": 1,\n  oops}"),
        "stdout is not the JSON that `output: json` promises: it breaks off or goes wrong "
        "at line 2, byte 3");
    EXPECT_EQ(result().at("stdout"), "{\"a\": 1,\n  oops}");
}

TEST_F(ProcessResultTest, FailsForEmptyOutputWhereJsonIsPromised) {
    EXPECT_THAT(error_of_json(" \n"), HasSubstr("it is empty"));
}

TEST_F(ProcessResultTest, FailsForTwoJsonTexts) {
    EXPECT_THAT(error_of_json("{}{}"), HasSubstr("line 1, byte 3"));
}

TEST_F(ProcessResultTest, RefusesJsonThatIsNestedWithoutEnd) {
    EXPECT_THAT(error_of_json(std::string(60'000, '[') + std::string(60'000, ']')),
                HasSubstr("nested deeper than 64 levels"));
}

TEST_F(ProcessResultTest, RefusesANumberThatNothingHolds) {
    EXPECT_THAT(error_of_json("[1e999]"), HasSubstr("number"));
}

TEST_F(ProcessResultTest, RefusesJsonThatNoResultHolds) {
    EXPECT_THAT(error_of_json('"' + std::string(70'000, 'x') + '"'),
                HasSubstr("it has 70002 bytes, and a result 65536 at most"));
}

TEST_F(ProcessResultTest, RefusesJsonOfWhichPartWasDropped) {
    EXPECT_THAT(error_of_json('"' + std::string(200'000, 'x') + '"'),
                HasSubstr("more than the 131072 that are kept"));
}

TEST_F(ProcessResultTest, KeepsTheExitCodeWhereBrokenJsonExplainsNothing) {
    end.status.code = 4;
    const auto broken = outcome_of_json("oops");
    EXPECT_EQ(broken.state, ExecutionState::kFailed);
    EXPECT_FALSE(Json::parse(broken.result).contains("error"));
}

TEST_F(ProcessResultTest, MakesJsonStorableThatPostgresRefuses) {
    EXPECT_EQ(Json::parse(outcome_of_json(R"({"a\u0000b": ["\u0000"]})").result).at("data"),
              Json::parse(R"({"a\ufffdb": ["\ufffd"]})"));
}

TEST_F(ProcessResultTest, FitsAnyOutputIntoTheLimit) {
    for (const char byte : {'x', '\n', '\x01', '"', '\xff', '\0'}) {
        OutputCapture much;
        much.add(std::string(1'000'000, byte));
        const auto fitted = make_outcome(end, much, much, kNow).result;
        EXPECT_LE(fitted.size(), limits::kResultBytes);
        EXPECT_GT(fitted.size(), limits::kResultBytes * 9 / 10);
        EXPECT_TRUE(Json::accept(fitted));
        EXPECT_EQ(fitted.find('\n'), std::string::npos);
    }
}

TEST_F(ProcessResultTest, SaysHowMuchWasDropped) {
    output.add(std::string(1'000'000, 'x'));
    errors.add("short");
    const auto cut = result();
    const std::string stdout_text = cut.at("stdout");
    const auto kept = static_cast<std::uint64_t>(std::ranges::count(stdout_text, 'x'));
    EXPECT_EQ(cut.at("truncated").at("stdout"), 1'000'000 - kept);
    EXPECT_FALSE(cut.at("truncated").contains("stderr"));
    EXPECT_EQ(cut.at("stderr"), "short");
}

}  // namespace
}  // namespace attune
