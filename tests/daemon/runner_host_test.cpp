// The runner with real processes, driven as its program drives it, and an attuned that comes
// and goes: the other end of its socket.
#include "daemon/runner/runner_host.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>

#include "core/json.h"
#include "os/random.h"
#include "os/system_clock.h"
#include "os/system_error.h"
#include "tests/support/as_user.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RunnerHostTest : public testing::Test {
protected:
    RunnerHostTest() { live(); }

    // A new life of the runner over the same state, as after a kill.
    void live() {
        host.reset();
        host.emplace(
            RunnerHostOptions{
                .boot_id = boot_id(),
                .times = {.term_grace = 300ms, .linger = 100ms, .outcome_kept = std::nullopt}},
            UnixListener::bind(socket, std::nullopt, SOCK_SEQPACKET),
            Spool(directory / "spool"), log);
    }

    // A connection of attuned: says hello and hears the roster.
    std::vector<RosterRun> connect() {
        daemon.emplace(connect_unix(socket, 1s, SOCK_SEQPACKET));
        say(RunnerHello{"1.0.0"});
        return std::get<RunnerRoster>(await<RunnerRoster>()).runs;
    }

    void say(const Message& message) { daemon->send(encode(message)); }

    // Turns until a message of this kind comes; others are put aside.
    template <class Kind>
    Message await() {
        const auto give_up = clock.elapsed() + 30s;
        while (clock.elapsed() < give_up) {
            if (auto bytes = daemon->receive()) {
                auto message = decode(*bytes).value();
                if (std::holds_alternative<Kind>(message)) return message;
                continue;
            }
            turn();
        }
        throw std::runtime_error("it does not come");
    }

    void turn() {
        const auto wait = host->step({clock.now(), clock.elapsed()}).value_or(50ms);
        const auto fds = host->descriptors();
        const auto longest =
            std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(wait, 20ms));
        ::poll(fds.data(), fds.size(), static_cast<int>(longest.count()));
    }
    template <class Done>
    void turn_until(Done done) {
        const auto give_up = clock.elapsed() + 30s;
        while (!done()) {
            if (clock.elapsed() > give_up) throw std::runtime_error("it does not happen");
            turn();
        }
    }

    ProcessClaim claim(const std::string& script) {
        ProcessClaim claim;
        claim.key = {ExecutionId{++last_id}, TimePoint{1h}};
        claim.token = random_claim_token();
        claim.action_ref = "ops.work";
        claim.idempotency_key = "run:k";
        claim.command = {"sh", "-c", script};
        claim.params = "{}";
        claim.timeout = 60s;
        return claim;
    }

    // Starts it and lets it go.
    ProcessClaim let_go(const std::string& script) {
        const auto made = claim(script);
        say(StartProcess{made});
        await<ProcessStarted>();
        say(GoProcess{made.key, made.token});
        return made;
    }

    // Lets end what waits with `until_opened`.
    void open() { std::ofstream(directory / "gate").put('x'); }
    std::string text_of(const std::string& name) {
        std::ifstream file(directory / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::size_t spooled() {
        const std::filesystem::directory_iterator files(directory / "spool");
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }
    std::ptrdiff_t spooled_outcomes() {
        const std::filesystem::directory_iterator files(directory / "spool");
        return std::count_if(begin(files), end(files), [](const auto& file) {
            return file.path().extension() == ".outcome";
        });
    }

    TempDirectory directory;
    const std::string socket = directory / "runner.sock";
    SystemClock clock;
    Log log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    const std::string until_opened =
        "while [ ! -e " + directory / "gate" + " ]; do sleep 0.02; done; ";
    std::optional<RunnerHost> host;
    std::optional<PacketSocket> daemon;
    std::int64_t last_id = 0;
};

TEST_F(RunnerHostTest, RunsWhatItIsToldTo) {
    EXPECT_THAT(connect(), IsEmpty());
    const auto made = let_go("echo hello");
    const auto finished = std::get<ProcessFinished>(await<ProcessFinished>());
    EXPECT_EQ(finished.token, made.token);
    EXPECT_EQ(finished.outcome.state, ExecutionState::kSucceeded);
    EXPECT_EQ(Json::parse(finished.outcome.result)["stdout"], "hello\n");
}

TEST_F(RunnerHostTest, AnOutcomeIsOnDiskBeforeItIsToldAndUntilItIsAcknowledged) {
    connect();
    const auto made = let_go("true");
    await<ProcessFinished>();
    EXPECT_EQ(spooled(), 1U);
    say(AbortProcess{made.key, made.token});
    turn_until([&] { return spooled() == 0; });
}

TEST_F(RunnerHostTest, ActionsGoOnWhileAttunedIsAway) {
    connect();
    const auto made = let_go(until_opened + "echo through");
    daemon.reset();
    turn_until([&] { return !host->connected(); });
    EXPECT_EQ(host->living(), 1U);
    EXPECT_THAT(connect(), ElementsAre(RosterRun{made.key, made.token}));
    open();
    const auto finished = std::get<ProcessFinished>(await<ProcessFinished>());
    EXPECT_EQ(Json::parse(finished.outcome.result)["stdout"], "through\n");
}

TEST_F(RunnerHostTest, WhatEndsWhileAttunedIsAwayIsToldWhenItIsBack) {
    connect();
    const auto made = let_go(until_opened + "exit 3");
    daemon.reset();
    open();
    turn_until([&] { return spooled_outcomes() == 1; });
    EXPECT_THAT(connect(), ElementsAre(RosterRun{made.key, made.token}));
    const auto finished = std::get<ProcessFinished>(await<ProcessFinished>());
    EXPECT_EQ(finished.token, made.token);
    EXPECT_EQ(finished.outcome.state, ExecutionState::kFailed);
}

TEST_F(RunnerHostTest, WhatWaitsAtItsGateDoesSoForTheNextConnection) {
    connect();
    const auto made = claim("echo ran >> " + directory / "ran");
    say(StartProcess{made});
    await<ProcessStarted>();
    connect();
    const auto started = std::get<ProcessStarted>(await<ProcessStarted>());
    EXPECT_EQ(started.token, made.token);
    EXPECT_EQ(text_of("ran"), "");
    say(GoProcess{made.key, made.token});
    await<ProcessFinished>();
    EXPECT_EQ(text_of("ran"), "ran\n");
}

TEST_F(RunnerHostTest, NothingIsStartedTwice) {
    connect();
    const auto made = let_go("echo ran >> " + directory / "ran");
    say(StartProcess{made});
    await<ProcessFinished>();
    say(StartProcess{made});
    say(GoProcess{made.key, made.token});
    await<ProcessFinished>();
    live();  // a runner that knows of it from its spool alone
    EXPECT_THAT(connect(), SizeIs(1));
    say(StartProcess{made});
    say(GoProcess{made.key, made.token});
    await<ProcessFinished>();
    await<ProcessFinished>();
    EXPECT_EQ(text_of("ran"), "ran\n");
}

TEST_F(RunnerHostTest, WhatRanWhenTheRunnerDiedIsNotInItsNextRoster) {
    connect();
    const auto lost = let_go(until_opened);
    const auto kept = let_go("true");
    await<ProcessFinished>();
    live();
    EXPECT_THAT(connect(), ElementsAre(RosterRun{kept.key, kept.token}));
    EXPECT_EQ(spooled(), 1U);
}

TEST_F(RunnerHostTest, ANewConnectionTakesTheOldOnesPlace) {
    connect();
    PacketSocket old = std::move(*daemon);
    connect();
    EXPECT_THROW(old.receive(), SystemError);
    let_go("true");
    await<ProcessFinished>();
}

TEST_F(RunnerHostTest, WhoeverDoesNotGreetIsNotServed) {
    daemon.emplace(connect_unix(socket, 1s, SOCK_SEQPACKET));
    say(StartProcess{claim("echo ran >> " + directory / "ran")});
    EXPECT_THROW(await<ProcessStarted>(), SystemError);
    EXPECT_EQ(host->living(), 0U);
}

TEST_F(RunnerHostTest, NonsenseEndsTheConnectionAndNothingElse) {
    connect();
    const auto made = let_go(until_opened);
    daemon->send("nonsense");
    EXPECT_THROW(await<ProcessFinished>(), SystemError);
    EXPECT_THAT(connect(), ElementsAre(RosterRun{made.key, made.token}));
    say(CatalogChanged{});
    EXPECT_THROW(await<ProcessFinished>(), SystemError);
    EXPECT_EQ(host->living(), 1U);
}

TEST_F(RunnerHostTest, OthersAreTurnedAway) {
    if (!may_become_others()) GTEST_SKIP() << "needs root";
    ::chmod(directory.path().c_str(), 0755);
    ::chmod(socket.c_str(), 0666);
    as_user(kNobody, kNobody, {},
            [&] { daemon.emplace(connect_unix(socket, 1s, SOCK_SEQPACKET)); });
    EXPECT_THROW(
        {
            say(RunnerHello{});
            await<RunnerRoster>();
        },
        SystemError);
    EXPECT_FALSE(host->connected());
}

TEST_F(RunnerHostTest, WhatCannotBeNotedIsNotLetGo) {
    connect();
    const auto made = claim("true");
    say(StartProcess{made});
    await<ProcessStarted>();
    std::filesystem::remove_all(directory / "spool");
    say(GoProcess{made.key, made.token});
    await<ProcessStarted>();  // it is said again: whoever hears it says go again
    std::filesystem::create_directory(directory / "spool");
    say(GoProcess{made.key, made.token});
    await<ProcessFinished>();
}

TEST_F(RunnerHostTest, AFullDiskKeepsNobodyFromHearingOfAnOutcome) {
    connect();
    let_go(until_opened);
    turn_until([&] { return spooled() == 1; });  // let go and noted
    std::filesystem::remove_all(directory / "spool");
    open();
    await<ProcessFinished>();
    std::filesystem::create_directory(directory / "spool");
    await<ProcessFinished>();
    EXPECT_EQ(spooled_outcomes(), 1);
}

}  // namespace
}  // namespace attune
