// The process runner with real processes. Times are short where a test must wait for them;
// nothing is checked by sleeping.
#include "daemon/runner/process_runner.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "core/json.h"
#include "os/files.h"
#include "os/pidfd.h"
#include "os/pipe.h"
#include "os/process_info.h"
#include "os/random.h"
#include "os/system_clock.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{}));
}

std::size_t resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word && word != "VmRSS:") {
    }
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes;
}

bool ends_within(pid_t pid, Duration patience) {
    const UniqueFd process = open_pidfd(pid);
    if (!process) return true;
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(patience / 1ms)) == 1;
}

class ProcessRunnerTest : public testing::Test {
protected:
    // A claim of an action whose script is `text`, in a pack of its own.
    ProcessClaim script(const std::string& text) {
        const std::string name = "files/run" + std::to_string(++last_id) + ".sh";
        directory.write_script("ops/" + name, "#!/bin/sh\n" + text + "\n");
        ProcessClaim claim;
        claim.key = {ExecutionId{last_id}, TimePoint{1h}};
        claim.token = random_claim_token();
        claim.executor = 1;
        claim.action_ref = "ops.sweep";
        claim.rule_ref = "ops.nightly";
        claim.event = EventId{7};
        claim.idempotency_key = "ops.timer@2026-11-23T12:00:00.000000Z/ops.nightly";
        claim.command = {name};
        claim.pack_directory = directory / "ops";
        claim.params = "{}";
        claim.timeout = 60s;
        return claim;
    }

    ProcessClaim program(std::vector<std::string> command) {
        ProcessClaim claim = script("");
        claim.command = std::move(command);
        return claim;
    }

    // Waits for a descriptor or the time, steps once, and does what an executor would do.
    void turn() {
        const auto wait =
            wake_at ? std::clamp<Duration>(*wake_at - clock.elapsed(), 0s, 5s) : 5s;
        const auto fds = runner->descriptors();
        ::poll(fds.data(), fds.size(),
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
        const auto step = runner->step(clock.now(), clock.elapsed());
        wake_at = step.wake_at;
        for (const auto& report : step.reports) {
            EXPECT_EQ(report.executor, 1);
            if (const auto* started = std::get_if<ProcessStarted>(&report.message)) {
                starts.push_back(*started);
                if (opens_gates) runner->go({started->key, started->token}, clock.elapsed());
            } else {
                const auto& finished = std::get<ProcessFinished>(report.message);
                outcomes[finished.key.id] = finished.outcome;
                if (gives_receipts) runner->abort({finished.key, finished.token});
            }
        }
    }

    void start(const ProcessClaim& claim) {
        runner->start(claim, clock.now(), clock.elapsed());
        wake_at = clock.elapsed();
    }

    void await_start() {
        const auto before = starts.size();
        while (starts.size() == before) turn();
    }

    Outcome await(const ProcessClaim& claim) {
        const auto give_up = clock.elapsed() + 60s;
        while (!outcomes.contains(claim.key.id)) {
            turn();
            if (clock.elapsed() > give_up) throw std::runtime_error("it does not end");
        }
        return outcomes.at(claim.key.id);
    }

    Outcome run(const ProcessClaim& claim) {
        start(claim);
        return await(claim);
    }

    Json result_of(const ProcessClaim& claim) { return Json::parse(run(claim).result); }

    // Turns until the script has written `name` below the pack, and returns what is in it.
    std::string await_file(const std::string& name) {
        const auto path = directory.path() / "ops" / name;
        while (!fs::exists(path) || fs::file_size(path) == 0) {
            wake_at = clock.elapsed() + 5ms;
            turn();
        }
        return read_file(path.string(), 1000);
    }

    TempDirectory directory;
    SystemClock clock;
    std::optional<ProcessRunner> runner{RunnerTimes{.term_grace = 300ms, .linger = 100ms}};
    std::optional<Duration> wake_at;
    std::vector<ProcessStarted> starts;
    std::map<ExecutionId, Outcome> outcomes;
    bool opens_gates = true;
    bool gives_receipts = true;
    std::int64_t last_id = 0;
};

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

// 200 MB; with ATTUNE_LONG_TESTS set, 1 GB.
TEST_F(ProcessRunnerTest, KeepsItsMemoryFlatUnderEndlessOutput) {
    const std::uint64_t bytes = ::getenv("ATTUNE_LONG_TESTS") ? 1'000'000'000 : 200'000'000;
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

TEST_F(ProcessRunnerTest, EndsAProcessAtItsTimeoutAndKeepsWhatItSaid) {
    auto claim = script("echo partial; exec sleep 1000");
    claim.timeout = 200ms;
    const auto outcome = run(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kTimedOut);
    const auto result = Json::parse(outcome.result);
    EXPECT_EQ(result.at("stdout"), "partial\n");
    EXPECT_EQ(result.at("signal"), "SIGTERM");
    EXPECT_LT(result.at("duration_ms"), 5000);
}

TEST_F(ProcessRunnerTest, GivesAProcessTheGraceToEndItself) {
    auto claim = script("trap 'echo cleaned up; exit 0' TERM; sleep 1000 & wait");
    claim.timeout = 100ms;
    const auto outcome = run(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kTimedOut);
    EXPECT_EQ(Json::parse(outcome.result).at("stdout"), "cleaned up\n");
}

TEST_F(ProcessRunnerTest, KillsAProcessThatIgnoresTerm) {
    auto claim = script("trap '' TERM; echo $$ >pid; while :; do sleep 0.05; done");
    claim.timeout = 200ms;
    start(claim);
    const pid_t pid = std::stoi(await_file("pid"));
    const auto outcome = await(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kTimedOut);
    EXPECT_EQ(Json::parse(outcome.result).at("signal"), "SIGKILL");
    EXPECT_FALSE(read_process_stat(pid));
}

TEST_F(ProcessRunnerTest, TimesOutOnTimeWhileAGrandchildHoldsTheOutput) {
    auto claim = script(
        "(sh -c 'trap \"\" TERM; echo $$ >pid; sleep 1000 & wait; wait' &)\n"
        "exec sleep 1000");
    claim.timeout = 200ms;
    start(claim);
    const pid_t grandchild = std::stoi(await_file("pid"));
    const auto outcome = await(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kTimedOut);
    EXPECT_LT(Json::parse(outcome.result).at("duration_ms"), 5000);
    EXPECT_TRUE(ends_within(grandchild, 10s));
}

TEST_F(ProcessRunnerTest, EndsWithItsProcessAndKillsWhatIsLeftInTheGroup) {
    auto claim = script("(sleep 1000 & echo $! >pid)\nexit 0");
    start(claim);
    const auto outcome = await(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kSucceeded);
    EXPECT_EQ(Json::parse(outcome.result).at("left_behind"), true);
    EXPECT_TRUE(ends_within(std::stoi(await_file("pid")), 10s));
}

TEST_F(ProcessRunnerTest, KillsWhatIsLeftEvenIfItHoldsNoOutput) {
    auto claim = script("sleep 1000 >/dev/null 2>&1 & echo $! >pid\nexit 0");
    EXPECT_EQ(run(claim).state, ExecutionState::kSucceeded);
    EXPECT_TRUE(ends_within(std::stoi(await_file("pid")), 10s));
}

TEST_F(ProcessRunnerTest, WaitsForNobodyWhoHasLeftTheGroup) {
    auto claim = script("setsid sh -c 'echo $$ >pid; exec sleep 1000' &\nexec sleep 1000");
    claim.timeout = 200ms;
    start(claim);
    const pid_t escaped = std::stoi(await_file("pid"));
    const auto outcome = await(claim);
    EXPECT_EQ(outcome.state, ExecutionState::kTimedOut);
    EXPECT_EQ(Json::parse(outcome.result).at("left_behind"), true);
    EXPECT_TRUE(read_process_stat(escaped));
    ::kill(escaped, SIGKILL);
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

TEST_F(ProcessRunnerTest, RunsNothingBeforeItIsToldToGo) {
    opens_gates = false;
    auto claim = script("echo ran >proof");
    start(claim);
    await_start();
    EXPECT_EQ(starts.at(0).token, claim.token);
    EXPECT_EQ(read_process_stat(starts[0].process_group)->group, starts[0].process_group);
    EXPECT_EQ(read_process_stat(starts[0].process_group)->start_ticks, starts[0].start_ticks);

    runner->abort({claim.key, claim.token});
    while (runner->living() > 0) turn();
    EXPECT_FALSE(fs::exists(directory / "ops/proof"));
    EXPECT_FALSE(outcomes.contains(claim.key.id));
}

TEST_F(ProcessRunnerTest, StartsNothingTwice) {
    auto claim = script("echo ran >>proof; exec sleep 0.1");
    start(claim);
    start(claim);
    await_start();
    start(claim);
    await(claim);
    EXPECT_EQ(starts.size(), 1u);
    EXPECT_EQ(await_file("proof"), "ran\n");
}

TEST_F(ProcessRunnerTest, SaysAgainWhatMayHaveBeenLost) {
    opens_gates = false;
    const auto claim = script("exit 0");
    const auto reports_at = [&](Duration elapsed) {
        return runner->step(TimePoint{}, elapsed).reports.size();
    };
    runner->start(claim, TimePoint{}, 100s);
    EXPECT_EQ(reports_at(100s), 1u);
    EXPECT_EQ(reports_at(100'999ms), 0u);
    EXPECT_EQ(reports_at(101s), 1u);
    EXPECT_EQ(reports_at(102'999ms), 0u);
    EXPECT_EQ(reports_at(103s), 1u);
    for (int times = 0; times < 10; ++times) reports_at(200s + times * 30s);
    EXPECT_EQ(reports_at(529s), 1u);
    EXPECT_EQ(reports_at(558s), 0u);
    EXPECT_EQ(reports_at(559s), 1u);
}

TEST_F(ProcessRunnerTest, KeepsAnOutcomeUntilItIsTaken) {
    gives_receipts = false;
    const auto claim = script("exit 5");
    run(claim);
    outcomes.clear();
    EXPECT_EQ(Json::parse(await(claim).result).at("exit_code"), 5);
    // A claim that is repeated because the answer was lost gets the answer, not a second run.
    outcomes.clear();
    EXPECT_EQ(Json::parse(run(claim).result).at("exit_code"), 5);
    EXPECT_EQ(starts.size(), 1u);

    runner->abort({claim.key, claim.token});
    EXPECT_EQ(runner->step(clock.now(), clock.elapsed() + 1h).reports.size(), 0u);
}

TEST_F(ProcessRunnerTest, ForgetsAnOutcomeThatNobodyTakes) {
    gives_receipts = false;
    const auto claim = script("exit 0");
    run(claim);
    EXPECT_EQ(runner->step(clock.now(), clock.elapsed() + 9min).reports.size(), 1u);
    runner->step(clock.now(), clock.elapsed() + 11min);
    EXPECT_EQ(runner->step(clock.now(), clock.elapsed() + 12min).reports.size(), 0u);
}

TEST_F(ProcessRunnerTest, CaresNothingForMessagesOfAnotherClaim) {
    opens_gates = false;
    const auto claim = script("exit 0");
    start(claim);
    await_start();
    const ClaimToken other = random_claim_token();
    const ExecutionKey elsewhere{claim.key.id, claim.key.scheduled_at + 1s};
    runner->go({claim.key, other}, clock.elapsed());
    runner->go({elsewhere, claim.token}, clock.elapsed());
    runner->cancel({claim.key, other}, clock.elapsed());
    runner->abort({elsewhere, claim.token});
    EXPECT_EQ(runner->living(), 1u);
    runner->go({claim.key, claim.token}, clock.elapsed());
    EXPECT_EQ(await(claim).state, ExecutionState::kSucceeded);
}

TEST_F(ProcessRunnerTest, CancelsAProcessThatRuns) {
    auto claim = script("echo $$ >pid; exec sleep 1000");
    start(claim);
    await_file("pid");
    runner->cancel({claim.key, claim.token}, clock.elapsed());
    EXPECT_EQ(await(claim).state, ExecutionState::kCancelled);
}

TEST_F(ProcessRunnerTest, CancelsAProcessAtItsGate) {
    opens_gates = false;
    const auto claim = script("echo ran >proof");
    start(claim);
    await_start();
    runner->cancel({claim.key, claim.token}, clock.elapsed());
    EXPECT_EQ(await(claim).state, ExecutionState::kCancelled);
    EXPECT_FALSE(fs::exists(directory / "ops/proof"));
}

TEST_F(ProcessRunnerTest, RunsManyAtOnceAndLeaksNothing) {
    run(script("true"));
    const auto before = open_descriptors();
    std::vector<ProcessClaim> claims;
    for (int i = 0; i < 60; ++i) {
        claims.push_back(script("echo " + std::to_string(i) + "; exec sleep 0.05"));
        start(claims.back());
    }
    for (int i = 0; i < 60; ++i) {
        const auto outcome = await(claims[static_cast<std::size_t>(i)]);
        EXPECT_EQ(Json::parse(outcome.result).at("stdout"), std::to_string(i) + "\n");
    }
    EXPECT_EQ(runner->living(), 0u);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_THAT(ended_children(), IsEmpty());
}

TEST_F(ProcessRunnerTest, SleepsWhileNothingHappens) {
    start(script("exec sleep 1000"));
    await_start();
    turn();
    const auto fds = runner->descriptors();
    EXPECT_EQ(::poll(fds.data(), fds.size(), 100), 0);
    EXPECT_GT(*runner->step(clock.now(), clock.elapsed()).wake_at, clock.elapsed() + 50s);
}

TEST_F(ProcessRunnerTest, TakesItsProcessesWithIt) {
    auto claim = script("sleep 1000 & echo $! >pid; wait");
    start(claim);
    const pid_t grandchild = std::stoi(await_file("pid"));
    runner.reset();
    EXPECT_TRUE(ends_within(starts.at(0).process_group, 10s));
    EXPECT_TRUE(ends_within(grandchild, 10s));
}

// The daemon is killed outright: the process dies with it, and what it has started is found
// by what the claim has recorded.
TEST_F(ProcessRunnerTest, LeavesNothingThatTheNextDaemonCannotFind) {
    const auto claim = script("sleep 1000 & echo $! >pid; wait");
    Pipe pipe = make_pipe();
    const pid_t daemon = ::fork();
    if (daemon == 0) {
        start(claim);
        await_file("pid");
        const RecordedGroup recorded{starts[0].process_group, starts[0].start_ticks, {}};
        if (::write(pipe.write.get(), &recorded.group, sizeof recorded.group) < 0 ||
            ::write(pipe.write.get(), &recorded.leader_start_ticks, 8) < 0) {
            ::_exit(1);
        }
        ::pause();
    }
    RecordedGroup recorded{0, 0, boot_id()};
    ASSERT_EQ(::read(pipe.read.get(), &recorded.group, sizeof recorded.group), 4);
    ASSERT_EQ(::read(pipe.read.get(), &recorded.leader_start_ticks, 8), 8);
    const pid_t grandchild = std::stoi(read_file(directory / "ops/pid", 100));
    ::kill(daemon, SIGKILL);
    ::waitpid(daemon, nullptr, 0);

    EXPECT_TRUE(ends_within(recorded.group, 10s));
    EXPECT_TRUE(read_process_stat(grandchild));
    EXPECT_EQ(kill_recorded_group(recorded,
                                  "ATTUNE_EXECUTION_ID=" + std::to_string(claim.key.id.value)),
              1);
    EXPECT_TRUE(ends_within(grandchild, 10s));
}

}  // namespace
}  // namespace attune
