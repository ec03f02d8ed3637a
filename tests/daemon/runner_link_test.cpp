// The daemon's end of the runner's socket, between two executors and a runner that a test
// plays.
#include "daemon/runner/runner_link.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include "os/random.h"
#include "os/system_error.h"
#include "tests/support/temp_directory.h"
#include "wire/inboxes.h"
#include "wire/unix_socket.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class RunnerLinkTest : public testing::Test {
protected:
    static RosterRun run(std::int64_t id) {
        return {{ExecutionId{id}, TimePoint{1h}}, random_claim_token()};
    }
    static StartProcess start_of(const RosterRun& run, int executor) {
        ProcessClaim claim;
        claim.key = run.key;
        claim.token = run.token;
        claim.executor = executor;
        return {claim};
    }

    void step(Duration later = Duration{0}) {
        elapsed += later;
        link.step({TimePoint{elapsed}, elapsed});
    }

    // The runner hears the greeting and answers with what it has.
    void greet(const std::vector<RosterRun>& runs) {
        step();
        runner.emplace(listener.accept());
        EXPECT_EQ(std::get<RunnerHello>(heard().at(0)).version, "1.2.3");
        runner->send(encode(RunnerRoster{0, runs}));
        step();
    }
    void take(int executor, const std::vector<ClaimToken>& held) {
        say(RosterTaken{connection, executor, held});
    }
    void say(const Message& message) {
        to_link.send(encode(message));
        step();
    }
    // As after a start with nothing to settle.
    void open() {
        greet({});
        told(first);
        told(second);
        take(0, {});
        take(1, {});
        told(first);
        told(second);
    }

    // What the runner has been told.
    std::vector<Message> heard() {
        std::vector<Message> all;
        while (const auto bytes = runner->receive()) all.push_back(decode(*bytes).value());
        return all;
    }
    // What an executor has been told, by kind, except for rosters.
    std::vector<std::size_t> told(Inbox& inbox) {
        std::vector<std::size_t> kinds;
        while (const auto bytes = inbox.receive()) {
            const auto message = decode(*bytes).value();
            if (const auto* roster = std::get_if<RunnerRoster>(&message)) {
                connection = roster->connection;
                ++rosters;
            } else {
                kinds.push_back(message.index());
            }
        }
        return kinds;
    }
    static std::size_t kind(const Message& message) { return message.index(); }

    TempDirectory directory;
    UnixListener listener =
        UnixListener::bind(directory / "runner.sock", std::nullopt, SOCK_SEQPACKET);
    Bus bus;
    Slots slots{4, /*open=*/false};
    Log log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    Inbox first{bus, executor_inbox(0)};
    Inbox second{bus, executor_inbox(1)};
    RunnerLink link{{directory / "runner.sock", 2, "1.2.3"}, bus, slots, log};
    Outbox to_link{bus, {kRunnerInbox}};
    std::optional<PacketSocket> runner;
    std::uint64_t connection = 0;
    int rosters = 0;
    Duration elapsed = 1h;
};

TEST_F(RunnerLinkTest, OpensOnceEveryExecutorHasTakenTheRoster) {
    greet({});
    EXPECT_THAT(told(first), IsEmpty());
    EXPECT_THAT(told(second), IsEmpty());
    EXPECT_EQ(rosters, 2);
    take(0, {});
    EXPECT_EQ(slots.take(1).count(), 0);
    say(start_of(run(1), 0));
    EXPECT_THAT(heard(), IsEmpty());  // too early
    take(1, {});
    EXPECT_EQ(slots.take(1).count(), 1);
    EXPECT_THAT(told(first), ElementsAre(kind(Wake{})));
    say(start_of(run(2), 0));
    EXPECT_EQ(std::get<StartProcess>(heard().at(0)).claim.key.id.value, 2);
}

TEST_F(RunnerLinkTest, RepeatsTheRosterToWhoHasNotTakenIt) {
    greet({});
    told(first);
    told(second);
    take(0, {});
    step(2s);
    told(first);
    EXPECT_EQ(rosters, 2);
    told(second);
    EXPECT_EQ(rosters, 3);
}

TEST_F(RunnerLinkTest, EndsWhatNobodyAnswersFor) {
    const auto held = run(1);
    const auto nobodys = run(2);
    greet({held, nobodys});
    told(first);
    take(0, {held.token});
    take(1, {});
    const auto said = heard();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(std::get<AbortProcess>(said[0]).token, nobodys.token);
}

TEST_F(RunnerLinkTest, ReportsGoToWhoAnswersForThem) {
    const auto adopted = run(1);
    greet({adopted});
    told(first);
    take(0, {});
    take(1, {adopted.token});
    told(first);
    told(second);
    const auto started = run(2);
    say(start_of(started, 0));
    heard();
    runner->send(encode(ProcessFinished{adopted.key, adopted.token, {}}));
    runner->send(encode(ProcessStarted{started.key, started.token, 1, 1}));
    step();
    EXPECT_THAT(told(first), ElementsAre(kind(ProcessStarted{})));
    EXPECT_THAT(told(second), ElementsAre(kind(ProcessFinished{})));

    say(AbortProcess{adopted.key, adopted.token});
    heard();
    // Said again before the receipt came: it is given once more.
    runner->send(encode(ProcessFinished{adopted.key, adopted.token, {}}));
    step();
    EXPECT_EQ(std::get<AbortProcess>(heard().at(0)).token, adopted.token);
    EXPECT_THAT(told(second), IsEmpty());
}

// Before that nobody knows what they are about.
TEST_F(RunnerLinkTest, ReportsWaitUntilItIsOpen) {
    const auto adopted = run(1);
    greet({adopted});
    runner->send(encode(ProcessFinished{adopted.key, adopted.token, {}}));
    step();
    EXPECT_THAT(told(first), IsEmpty());
    take(0, {adopted.token});
    take(1, {});
    EXPECT_THAT(told(first), ElementsAre(kind(Wake{}), kind(ProcessFinished{})));
}

TEST_F(RunnerLinkTest, ClosesTheSlotsWhenTheRunnerGoesAndAsksAgainWhenItIsBack) {
    open();
    EXPECT_EQ(slots.take(1).count(), 1);
    runner.reset();
    EXPECT_THROW(step(), SystemError);
    EXPECT_EQ(slots.take(1).count(), 0);
    const auto before = connection;
    open();
    EXPECT_EQ(connection, before + 1);
    EXPECT_EQ(slots.take(1).count(), 1);
}

TEST_F(RunnerLinkTest, AnAnswerToAnEarlierRosterIsNone) {
    open();
    runner.reset();
    EXPECT_THROW(step(), SystemError);
    greet({});
    take(0, {});
    take(1, {});  // both of the connection before
    EXPECT_EQ(slots.take(1).count(), 0);
}

TEST_F(RunnerLinkTest, WithoutARunnerItSaysSo) {
    Bus other;
    RunnerLink away({directory / "nobody.sock", 2, "1.2.3"}, other, slots, log);
    EXPECT_THROW(away.step({TimePoint{elapsed}, elapsed}), SystemError);
}

TEST_F(RunnerLinkTest, ARunnerThatSaysNothingIsNone) {
    step();
    step(9s);
    EXPECT_THROW(step(2s), SystemError);
}

TEST_F(RunnerLinkTest, ARunnerOfAnotherReleaseIsTold) {
    step();
    runner.emplace(listener.accept());
    runner->send("\x7f no message of ours");
    EXPECT_THROW(step(), SystemError);
}

}  // namespace
}  // namespace attune
