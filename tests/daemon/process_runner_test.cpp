// What a process is given, and what becomes its result.
#include <stdlib.h>

#include <fstream>

#include "tests/daemon/process_runner_rig.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::size_t resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word && word != "VmRSS:") {
    }
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes;
}

TEST_F(ProcessRunnerTest, RunsAFileOfThePackToItsEnd) {
    const auto outcome = run(script("echo out; echo err >&2; exit 0"));
    EXPECT_EQ(outcome.state, ExecutionState::kSucceeded);
    const auto result = Json::parse(outcome.result);
    EXPECT_EQ(result.at("exit_code"), 0);
    EXPECT_EQ(result.at("stdout"), "out\n");
    EXPECT_EQ(result.at("stderr"), "err\n");
    EXPECT_FALSE(result.contains("left_behind"));
}

TEST_F(ProcessRunnerTest, RunsAProgramOfTheFixedPathWithItsArguments) {
    const auto result = result_of(program({"printf", "%s|", "it's", "$(id)", "a b", ""}));
    EXPECT_EQ(result.at("stdout"), "it's|$(id)|a b||");
}

TEST_F(ProcessRunnerTest, FailsWithTheExitCodeOfTheProcess) {
    const auto outcome = run(script("exit 42"));
    EXPECT_EQ(outcome.state, ExecutionState::kFailed);
    EXPECT_EQ(Json::parse(outcome.result).at("exit_code"), 42);
}

TEST_F(ProcessRunnerTest, RunsInThePacksDirectory) {
    EXPECT_EQ(result_of(script("pwd")).at("stdout"), (directory / "ops") + "\n");
}

TEST_F(ProcessRunnerTest, HandsHostileParametersOverByteForByte) {
    const Json params = {{"quote", "it's"},
                         {"double", "\"; rm -rf / #"},
                         {"shell", "$(id) `id` ${HOME} && || ;"},
                         {"lines", "a\nb\r\n\tc"},
                         {"unicode", "\u00e4\u20ac\U0001F600\u2028"},
                         {"control", "\u0001\u007f"},
                         {"env", "context"},
                         {"parameters", Json::object()},
                         {"number", 12345678901234567},
                         {"", "empty name"}};
    auto claim = program({"cat"});
    claim.output = OutputFormat::kJson;
    claim.params = compact(params);
    EXPECT_EQ(result_of(claim).at("data"), params);
    claim = program({"cat"});
    claim.params = compact(params);
    EXPECT_EQ(result_of(claim).at("stdout"), compact(params) + "\n");
}

TEST_F(ProcessRunnerTest, ShowsParametersNeitherInEnvironmentNorArguments) {
    auto claim = script("cat /proc/$$/environ /proc/$$/cmdline");
    claim.params = R"({"password":"s3cret"})";
    EXPECT_THAT(result_of(claim).at("stdout").get<std::string>(), Not(HasSubstr("s3cret")));
}

TEST_F(ProcessRunnerTest, GivesACleanEnvironment) {
    ::setenv("ATTUNE_TEST_SECRET", "of the daemon", 1);
    auto claim = program({"env"});
    claim.env = {{"MODE", "a b'c"}, {"LANG", "C"}, {"ATTUNE_ACTION", "forged"}};
    const std::string key = "ops.timer@2026-11-23T12:00:00.000000Z/ops.nightly";
    EXPECT_EQ(result_of(claim).at("stdout"),
              "ATTUNE_ACTION=ops.sweep\nATTUNE_ATTEMPT=1\nATTUNE_EVENT_ID=7\n"
              "ATTUNE_EXECUTION_ID=" +
                  std::to_string(claim.key.id.value) + "\nATTUNE_IDEMPOTENCY_KEY=" + key +
                  "\nATTUNE_RULE=ops.nightly\nHOME=" + own_account().home +
                  "\nLANG=C\nMODE=a b'c\nPATH=/usr/local/bin:/usr/bin:/bin\n");
}

TEST_F(ProcessRunnerTest, NamesNeitherRuleNorEventWhereThereIsNone) {
    auto claim = program({"env"});
    claim.rule_ref.clear();
    claim.event = {};
    EXPECT_THAT(result_of(claim).at("stdout").get<std::string>(),
                AllOf(Not(HasSubstr("ATTUNE_RULE")), Not(HasSubstr("ATTUNE_EVENT_ID"))));
}

TEST_F(ProcessRunnerTest, NeverBlocksOnParametersThatNobodyReads) {
    auto claim = script("echo started; exec sleep 0.1");
    claim.params = '"' + std::string(1024 * 1024, 'x') + '"';
    EXPECT_EQ(run(claim).state, ExecutionState::kSucceeded);
}

TEST_F(ProcessRunnerTest, MindsNoProcessThatClosesItsInput) {
    auto claim = script("exec 0<&-; sleep 0.1; echo fine");
    claim.params = '"' + std::string(1024 * 1024, 'x') + '"';
    const auto outcome = run(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kSucceeded);
    EXPECT_EQ(Json::parse(outcome.result).at("stdout"), "fine\n");
}

TEST_F(ProcessRunnerTest, HandsOverParametersThatAreLargerThanAPipe) {
    auto claim = program({"wc", "-c"});
    claim.params = '"' + std::string(1024 * 1024, 'x') + '"';
    EXPECT_EQ(result_of(claim).at("stdout"), "1048579\n");
}

TEST_F(ProcessRunnerTest, KeepsItsMemoryFlatUnderAGigabyteOfOutput) {
    constexpr std::uint64_t bytes = 1'000'000'000;
    run(script("true"));
    const auto before = resident_kilobytes();
    auto claim = program({"head", "-c", std::to_string(bytes), "/dev/zero"});
    start(claim);
    std::size_t most = 0;
    while (!outcomes.contains(claim.key.id)) {
        turn();
        most = std::max(most, resident_kilobytes());
    }
    // Far less than is written; a sanitizer holds on to freed memory for a while.
    EXPECT_LT(most, before + 40'000);
    const auto result = Json::parse(outcomes.at(claim.key.id).result);
    EXPECT_EQ(result.at("exit_code"), 0);
    EXPECT_GT(result.at("truncated").at("stdout"), bytes - 131072);
    EXPECT_THAT(result.at("stdout").get<std::string>(), HasSubstr("bytes dropped ...]"));
}

TEST_F(ProcessRunnerTest, TellsThatTheInterpreterIsMissing) {
    auto claim = script("");
    directory.write_script("ops/" + claim.command.front(), "#!/nowhere/python\n");
    const auto outcome = run(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kFailed);
    EXPECT_THAT(Json::parse(outcome.result).at("error").get<std::string>(),
                AllOf(HasSubstr("cannot execute files/run"), HasSubstr("interpreter")));
}

TEST_F(ProcessRunnerTest, TellsThatAScriptHasNoFirstLine) {
    auto claim = script("");
    directory.write_script("ops/" + claim.command.front(), "echo no interpreter\n");
    EXPECT_THAT(result_of(claim).at("error").get<std::string>(), HasSubstr("#!/bin/sh"));
}

TEST_F(ProcessRunnerTest, TellsWhyACommandIsRefused) {
    EXPECT_EQ(result_of(program({"files/missing.sh"})).at("error"),
              "files/missing.sh does not exist");
    EXPECT_EQ(result_of(program({"../other/run.sh"})).at("error"),
              "../other/run.sh does not exist");
    EXPECT_EQ(result_of(program({"no-such-program"})).at("error"),
              "no-such-program is not found in /usr/local/bin:/usr/bin:/bin");
    EXPECT_THAT(starts, IsEmpty());
}

}  // namespace
}  // namespace attune
