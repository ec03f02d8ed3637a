#include "daemon/runner/spool.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "os/files.h"
#include "os/random.h"
#include "os/system_error.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kBoot = "00000000-0000-0000-0000-0000000000b0";

class SpoolTest : public testing::Test {
protected:
    static ProcessFinished finished(std::int64_t id) {
        return {{ExecutionId{id}, TimePoint(Duration(id))},
                random_claim_token(),
                {ExecutionState::kSucceeded, R"({"stdout":"hello"})", TimePoint(Duration(9))}};
    }
    static ProcessStarted started(const ProcessFinished& run) {
        return {run.key, run.token, 4711, 99};
    }

    Spool::Left stock() {
        return Spool(path).take_stock(
            [&](const Spool::LostRun& run) { lost.push_back(run.execution.value); });
    }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }

    TempDirectory directory;
    std::string path = directory / "spool";
    Spool spool{path};
    std::vector<std::int64_t> lost;
};

TEST_F(SpoolTest, KeepsAnOutcomeOverADeath) {
    const auto kept = finished(7);
    spool.note_run(started(kept), kBoot);
    spool.keep(kept);
    const auto left = stock();
    ASSERT_THAT(left.outcomes, SizeIs(1));
    EXPECT_EQ(left.outcomes[0].key, kept.key);
    EXPECT_EQ(left.outcomes[0].token, kept.token);
    EXPECT_EQ(left.outcomes[0].outcome.state, ExecutionState::kSucceeded);
    EXPECT_EQ(left.outcomes[0].outcome.result, kept.outcome.result);
    EXPECT_EQ(left.outcomes[0].outcome.finished_at, kept.outcome.finished_at);
    EXPECT_EQ(left.lost, 0);
    EXPECT_THAT(stock().outcomes, SizeIs(1));  // until it is acknowledged
}

TEST_F(SpoolTest, ForgetsWhatIsAcknowledged) {
    const auto kept = finished(7);
    spool.note_run(started(kept), kBoot);
    spool.keep(kept);
    spool.forget(kept.token);
    spool.forget(kept.token);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(SpoolTest, TellsWhichRunsHaveNoEnd) {
    const auto run = finished(7);
    spool.note_run(started(run), kBoot);
    Spool::LostRun told;
    const auto left = Spool(path).take_stock([&](const Spool::LostRun& end) { told = end; });
    EXPECT_EQ(left.lost, 1);
    EXPECT_EQ(told.execution.value, 7);
    EXPECT_EQ(told.group.group, 4711);
    EXPECT_EQ(told.group.leader_start_ticks, 99U);
    EXPECT_EQ(told.group.boot_id, kBoot);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(SpoolTest, ARunWhoseEndIsKeptIsNotLost) {
    const auto kept = finished(7);
    spool.keep(kept);
    spool.note_run(started(kept), kBoot);  // as if the note had not been removed any more
    EXPECT_EQ(stock().lost, 0);
    EXPECT_THAT(files(), ElementsAre(to_string(kept.token) + ".outcome"));
}

// Killed in the middle of writing: the outcome was told to nobody, its run is lost.
TEST_F(SpoolTest, WhatWasBeingWrittenIsNoOutcome) {
    const auto kept = finished(7);
    spool.note_run(started(kept), kBoot);
    std::ofstream(path + "/" + to_string(kept.token) + ".outcome.1.tmp") << "half of i";
    const auto left = stock();
    EXPECT_THAT(left.outcomes, IsEmpty());
    EXPECT_EQ(left.lost, 1);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(SpoolTest, ARunWhoseNoteIsHalfWrittenWasNotLetGo) {
    std::ofstream(path + "/" + to_string(random_claim_token()) + ".run") << "7 4711 9";
    EXPECT_EQ(stock().lost, 0);
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(SpoolTest, ADamagedOutcomeIsPutAside) {
    const auto kept = finished(7);
    spool.keep(kept);
    const auto file = path + "/" + to_string(kept.token) + ".outcome";
    auto text = read_file(file, 100'000);
    text.back() = static_cast<char>(text.back() ^ 1);
    write_file_atomically(file, text);
    const auto left = stock();
    EXPECT_THAT(left.outcomes, IsEmpty());
    EXPECT_THAT(left.unreadable, ElementsAre(file));
    EXPECT_THAT(files(), ElementsAre(to_string(kept.token) + ".outcome.unreadable"));
}

// A process that does nothing but keep outcomes, killed at any moment: each file that has its
// name is whole.
TEST_F(SpoolTest, IsWholeWheneverItsWriterIsKilled) {
    std::size_t kept = 0;
    for (int round = 0; round < 10; ++round) {
        const pid_t writer = ::fork();
        if (writer == 0) {
            for (std::int64_t id = 1;; ++id) spool.keep(finished(id));
        }
        const auto more = kept + 3;
        while (files().size() < more) ::usleep(100);
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
        const auto left = stock();
        EXPECT_THAT(left.unreadable, IsEmpty());
        EXPECT_GE(left.outcomes.size(), more - 1);  // the last may have been under way
        kept = left.outcomes.size();
        EXPECT_THAT(files(), SizeIs(kept));
    }
}

TEST_F(SpoolTest, SaysSoWhenItCannotKeepSomething) {
    fs::remove_all(path);
    EXPECT_THROW(spool.keep(finished(7)), SystemError);
    EXPECT_THROW(spool.note_run(started(finished(7)), kBoot), SystemError);
}

}  // namespace
}  // namespace attune
