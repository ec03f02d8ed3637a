// How a process ends, by itself or not, and what is left of it then.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/pidfd.h"
#include "os/pipe.h"
#include "os/process_info.h"
#include "tests/daemon/process_runner_rig.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

bool ends_within(pid_t pid, Duration patience) {
    const UniqueFd process = open_pidfd(pid);
    if (!process) return true;
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(patience / 1ms)) == 1;
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
