// What the runner and an executor say to each other, and what it is worth when some is lost.
#include <poll.h>

#include "os/process_info.h"
#include "os/spawn.h"
#include "tests/daemon/process_runner_rig.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::IsEmpty;

std::size_t open_descriptors() {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator{}));
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

}  // namespace
}  // namespace attune
