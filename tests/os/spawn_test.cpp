#include "os/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "os/pidfd.h"
#include "os/pipe.h"
#include "os/process_info.h"
#include "os/system_error.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SpawnOptions shell(const std::string& script) {
    SpawnOptions options;
    options.argv = {"/bin/sh", "-c", script};
    options.env = {"PATH=/usr/bin:/bin"};
    return options;
}

std::string output_of(const SpawnOptions& options) {
    std::string output;
    run_to_end(options, &output, 20s);
    return output;
}

std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n') line += byte;
    return line;
}

// Waits for the process to be gone, without asking again and again.
bool ends_within(pid_t pid, Duration patience) {
    const UniqueFd process = open_pidfd(pid);
    if (!process) return true;
    pollfd ended{process.get(), POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(patience / 1ms)) == 1;
}

TEST(Spawn, PassesEveryArgumentByteForByte) {
    SpawnOptions options;
    options.argv = {"/usr/bin/printf", "%s|",       "it's", "a \"b\"",
                    "$(id)",           "new\nline", "",     "\xff"};
    EXPECT_EQ(output_of(options), "it's|a \"b\"|$(id)|new\nline||\xff|");
}

TEST(Spawn, GivesExactlyTheEnvironmentItWasTold) {
    SpawnOptions options;
    options.argv = {"/usr/bin/env"};
    options.env = {"ONE=1", "TWO=a b"};
    EXPECT_EQ(output_of(options), "ONE=1\nTWO=a b\n");
}

TEST(Spawn, RunsInTheDirectoryItWasTold) {
    SpawnOptions options = shell("pwd");
    options.directory = "/usr/share";
    EXPECT_EQ(output_of(options), "/usr/share\n");
}

TEST(Spawn, LeaksNoDescriptor) {
    // Not close-on-exec, as a careless library would open it.
    const UniqueFd careless(::open("/dev/null", O_RDONLY));
    const UniqueFd high(::fcntl(careless.get(), F_DUPFD, 500));
    SpawnOptions options;
    options.argv = {"/bin/ls", "/proc/self/fd"};
    EXPECT_EQ(output_of(options), "0\n1\n2\n3\n");  // 3 is the directory that ls reads
}

TEST(Spawn, StartsWithDefaultSignals) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    const std::string output = output_of(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status"));
    ::signal(SIGPIPE, before);
    pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
    EXPECT_EQ(output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Spawn, TellsWhyAProgramCannotBeExecuted) {
    SpawnOptions options;
    options.argv = {"/nowhere/program"};
    try {
        spawn(options);
        FAIL() << "it was started";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.error(), ENOENT);
        EXPECT_THAT(error.what(), HasSubstr("cannot execute /nowhere/program"));
    }
}

TEST(Spawn, TellsThatTheDirectoryIsMissing) {
    SpawnOptions options = shell("true");
    options.directory = "/nowhere";
    try {
        spawn(options);
        FAIL() << "it was started";
    } catch (const SystemError& error) {
        EXPECT_THAT(error.what(), HasSubstr("working directory"));
    }
}

TEST(Spawn, TellsExitCodeAndSignalApart) {
    EXPECT_EQ(run_to_end(shell("exit 7"), nullptr, 20s).code, 7);
    const auto killed = run_to_end(shell("kill -USR1 $$"), nullptr, 20s);
    EXPECT_EQ(killed.signal, SIGUSR1);
    EXPECT_EQ(describe(killed), "killed by SIGUSR1");
}

TEST(Spawn, BecomesAnotherUserWithItsGroups) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    SpawnOptions options = shell("id -u; id -g; id -G; grep CapEff /proc/self/status");
    options.account = find_account("nobody");
    ASSERT_TRUE(options.account);
    EXPECT_EQ(output_of(options), "65534\n65534\n65534\nCapEff:\t0000000000000000\n");
}

TEST(Spawn, WorksFromManyThreadsAtOnce) {
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&] {
            for (int round = 0; round < 10; ++round) {
                if (output_of(shell("echo here")) == "here\n") ++right;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(right, 40);
}

TEST(Spawn, KillsTheWholeGroupOfAChildThatIsDropped) {
    Pipe pipe = make_pipe();
    SpawnOptions options = shell("sleep 1000 & echo $!; wait");
    options.own_group = true;
    options.stdout_fd = pipe.write.get();
    pid_t grandchild = 0;
    {
        const Child child = spawn(options);
        grandchild = std::stoi(read_line(pipe.read.get()));
    }
    EXPECT_TRUE(ends_within(grandchild, 10s));
}

TEST(Spawn, KeepsTheGroupReachableUntilItsLeaderIsReaped) {
    Pipe pipe = make_pipe();
    SpawnOptions options = shell("sleep 1000 & echo $!");
    options.own_group = true;
    options.stdout_fd = pipe.write.get();
    Child child = spawn(options);
    const pid_t grandchild = std::stoi(read_line(pipe.read.get()));
    pollfd ended{child.pidfd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ended, 1, 10'000), 1);
    ASSERT_TRUE(child.has_ended());
    child.signal_group(SIGKILL);
    EXPECT_TRUE(ends_within(grandchild, 10s));
    EXPECT_TRUE(child.poll()->succeeded());
}

TEST(Spawn, SurvivesThatSomebodyElseReapsItsChild) {
    Child child = spawn(shell("exit 3"));
    ASSERT_EQ(::waitpid(child.pid(), nullptr, 0), child.pid());
    EXPECT_TRUE(child.has_ended());
    EXPECT_EQ(child.wait().error, ECHILD);
    EXPECT_FALSE(child.wait().succeeded());
}

TEST(Gate, HoldsTheProgramBackUntilItIsOpened) {
    Pipe pipe = make_pipe();
    SpawnOptions options = shell("echo ran");
    options.gated = true;
    options.stdout_fd = pipe.write.get();
    Child child = spawn(options);
    pipe.write.reset();
    pollfd said{pipe.read.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&said, 1, 100), 0);
    child.open_gate();
    EXPECT_EQ(read_line(pipe.read.get()), "ran");
    EXPECT_TRUE(child.wait().succeeded());
}

TEST(Gate, TellsByTheStatusThatTheProgramCannotBeExecuted) {
    SpawnOptions options;
    options.argv = {"/nowhere/program"};
    options.gated = true;
    Child child = spawn(options);
    child.open_gate();
    EXPECT_EQ(child.wait().error, ENOENT);
    EXPECT_THAT(describe(child.wait()), HasSubstr("cannot execute"));
}

// A process that holds three gated children dies by SIGKILL. None of them may run, although
// the later ones were forked while the gates of the earlier ones were open in it.
TEST(Gate, LetsNothingRunWhenTheParentDies) {
    const auto proof =
        std::filesystem::temp_directory_path() / ("attune-gate-" + std::to_string(::getpid()));
    Pipe pids = make_pipe();
    const pid_t parent = ::fork();
    if (parent == 0) {
        SpawnOptions options = shell("echo ran >> " + proof.string());
        options.gated = true;
        std::vector<Child> children;
        for (int i = 0; i < 3; ++i) {
            children.push_back(spawn(options));
            const std::string line = std::to_string(children.back().pid()) + "\n";
            if (::write(pids.write.get(), line.data(), line.size()) < 0) ::_exit(1);
        }
        ::pause();
        ::_exit(0);
    }
    std::vector<pid_t> gated;
    for (int i = 0; i < 3; ++i) gated.push_back(std::stoi(read_line(pids.read.get())));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    for (const pid_t pid : gated) EXPECT_TRUE(ends_within(pid, 10s)) << pid;
    EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST(RunToEnd, StopsWhatRunsTooLong) {
    try {
        run_to_end(shell("sleep 1000"), nullptr, 100ms);
        FAIL() << "it ended by itself";
    } catch (const SystemError& error) {
        EXPECT_EQ(error.error(), ETIMEDOUT);
    }
}

TEST(RunToEnd, KeepsABoundedOutputOfAProgramThatWritesMore) {
    std::string output;
    EXPECT_TRUE(run_to_end(shell("head -c 3000000 /dev/zero"), &output, 20s).succeeded());
    EXPECT_EQ(output.size(), kRunOutputBytes);
}

TEST(RunToEnd, DoesNotWaitForAGrandchildThatHoldsTheOutput) {
    std::string output;
    EXPECT_TRUE(run_to_end(shell("sleep 1000 & echo done"), &output, 20s).succeeded());
    EXPECT_EQ(output, "done\n");
}

TEST(Orphans, AreReapedWithoutTakingAnOwnedChildsStatus) {
    adopt_orphans();
    reap_orphans();  // of other tests
    Pipe pipe = make_pipe();
    SpawnOptions options = shell("(setsid sh -c 'echo $$; exec sleep 1000' &)");
    options.stdout_fd = pipe.write.get();
    Child child = spawn(options);
    const pid_t orphan = std::stoi(read_line(pipe.read.get()));
    pollfd ended{child.pidfd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ended, 1, 10'000), 1);
    ::kill(orphan, SIGKILL);
    ASSERT_TRUE(ends_within(orphan, 10s));

    EXPECT_GE(reap_orphans(), 1);
    EXPECT_FALSE(read_process_stat(orphan));
    EXPECT_TRUE(child.poll()->succeeded());
}

class RecordedGroupTest : public testing::Test {
protected:
    RecordedGroupTest() {
        SpawnOptions options = shell("sleep 1000 & echo $!; read line; exit 0");
        options.env.emplace_back("ATTUNE_EXECUTION_ID=17");
        options.own_group = true;
        options.stdin_fd = input.read.get();
        options.stdout_fd = output.write.get();
        leader.emplace(spawn(options));
        member = std::stoi(read_line(output.read.get()));
        recorded = {leader->pid(), read_process_stat(leader->pid())->start_ticks, boot_id()};
    }

    void let_the_leader_go() {
        input.write.reset();
        leader->wait();
    }

    ~RecordedGroupTest() override { ::kill(member, SIGKILL); }

    Pipe input = make_pipe();
    Pipe output = make_pipe();
    std::optional<Child> leader;
    pid_t member = 0;
    RecordedGroup recorded;
};

TEST_F(RecordedGroupTest, IsKilledWhileItsLeaderIsTheRecordedOne) {
    EXPECT_EQ(kill_recorded_group(recorded, "ATTUNE_EXECUTION_ID=17"), 2);
    EXPECT_TRUE(ends_within(member, 10s));
    EXPECT_EQ(leader->wait().signal, SIGKILL);
}

TEST_F(RecordedGroupTest, IsSparedWhenTheNumberBelongsToAnotherProcess) {
    recorded.leader_start_ticks += 1;
    EXPECT_EQ(kill_recorded_group(recorded, "ATTUNE_EXECUTION_ID=17"), 0);
    EXPECT_FALSE(leader->has_ended());
}

TEST_F(RecordedGroupTest, IsSparedAfterAnotherBoot) {
    recorded.boot_id = "00000000-0000-0000-0000-000000000000";
    EXPECT_EQ(kill_recorded_group(recorded, "ATTUNE_EXECUTION_ID=17"), 0);
    EXPECT_FALSE(leader->has_ended());
}

TEST_F(RecordedGroupTest, IsKilledWithoutItsLeaderWhereItsMembersCarryTheMark) {
    let_the_leader_go();
    EXPECT_EQ(kill_recorded_group(recorded, "ATTUNE_EXECUTION_ID=17"), 1);
    EXPECT_TRUE(ends_within(member, 10s));
}

TEST_F(RecordedGroupTest, SparesMembersWithoutTheMarkOnceTheLeaderIsGone) {
    let_the_leader_go();
    EXPECT_EQ(kill_recorded_group(recorded, "ATTUNE_EXECUTION_ID=1"), 0);
    EXPECT_TRUE(read_process_stat(member));
}

}  // namespace
}  // namespace attune
