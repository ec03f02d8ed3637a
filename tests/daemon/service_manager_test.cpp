#include "daemon/service_manager.h"

#include <unistd.h>

#include <gmock/gmock.h>

#include "os/system_clock.h"
#include "tests/support/notify_socket.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Phase = ServiceManager::Phase;

class ServiceManagerTest : public testing::Test {
protected:
    ~ServiceManagerTest() override {
        ::unsetenv("WATCHDOG_USEC");
        ::unsetenv("WATCHDOG_PID");
    }

    std::vector<std::string> say(ServiceManager& manager, Phase phase, Duration elapsed,
                                 const std::string& status = "", bool alive = true) {
        manager.step({.phase = phase, .status = status, .alive = alive}, elapsed);
        return systemd.heard();
    }
    static void watchdog_of_20_seconds() { ::setenv("WATCHDOG_USEC", "20000000", 1); }

    NotifySocket systemd;
};

TEST_F(ServiceManagerTest, IsTheServiceReadyOnce) {
    ServiceManager manager;
    EXPECT_THAT(say(manager, Phase::kReady, 1s, "12 timers"),
                ElementsAre("READY=1", "STATUS=12 timers"));
    EXPECT_THAT(say(manager, Phase::kReady, 2s, "12 timers"), IsEmpty());
}

TEST_F(ServiceManagerTest, AStatusIsToldWhenItIsNews) {
    ServiceManager manager;
    say(manager, Phase::kReady, 1s, "12 timers");
    EXPECT_THAT(say(manager, Phase::kReady, 2s, "13 timers"), ElementsAre("STATUS=13 timers"));
}

TEST_F(ServiceManagerTest, AStartThatTakesItsTimeAsksForMore) {
    ServiceManager manager;
    EXPECT_THAT(
        say(manager, Phase::kStarting, 1s, "starting: the database is away"),
        ElementsAre("STATUS=starting: the database is away", "EXTEND_TIMEOUT_USEC=30000000"));
}

TEST_F(ServiceManagerTest, AReloadBeginsWithItsMomentAndEndsReady) {
    ServiceManager manager;
    say(manager, Phase::kReady, 1s);
    const auto before = monotonic_time();
    const auto begun = say(manager, Phase::kReloading, 2s);
    const auto after = monotonic_time();
    ASSERT_THAT(begun, ElementsAre("RELOADING=1", StartsWith("MONOTONIC_USEC="),
                                   StartsWith("EXTEND_TIMEOUT_USEC=")));
    const std::chrono::microseconds told(std::stoll(begun[1].substr(15)));
    EXPECT_GE(told, std::chrono::floor<std::chrono::microseconds>(before));
    EXPECT_LE(told, after);
    EXPECT_THAT(say(manager, Phase::kReady, 3s), ElementsAre("READY=1"));
}

TEST_F(ServiceManagerTest, ADrainMayTakeAsLongAsItTakes) {
    ServiceManager manager;
    say(manager, Phase::kReady, 1s);
    EXPECT_THAT(say(manager, Phase::kStopping, 2s),
                ElementsAre("STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000"));
    EXPECT_THAT(say(manager, Phase::kStopping, 2100ms), IsEmpty());
    EXPECT_THAT(say(manager, Phase::kStopping, 3s),
                ElementsAre("EXTEND_TIMEOUT_USEC=30000000"));
}

TEST_F(ServiceManagerTest, WithoutAWatchdogNoneIsFed) {
    ServiceManager manager;
    EXPECT_FALSE(manager.watchdog());
    EXPECT_THAT(say(manager, Phase::kReady, 1s), Not(Contains("WATCHDOG=1")));
}

TEST_F(ServiceManagerTest, AWatchdogOfAnotherProcessIsNotOurs) {
    watchdog_of_20_seconds();
    ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
    EXPECT_FALSE(ServiceManager().watchdog());
}

TEST_F(ServiceManagerTest, TheWatchdogIsFedFourTimesAPeriod) {
    watchdog_of_20_seconds();
    ServiceManager manager;
    EXPECT_EQ(manager.watchdog(), 20s);
    EXPECT_THAT(say(manager, Phase::kReady, 1s), Contains("WATCHDOG=1"));
    EXPECT_THAT(say(manager, Phase::kReady, 5s), IsEmpty());
    EXPECT_THAT(say(manager, Phase::kReady, 6s), ElementsAre("WATCHDOG=1"));
}

// systemd starts to count with the first WATCHDOG=1, also in the middle of a start.
TEST_F(ServiceManagerTest, TheWatchdogSleepsUntilTheServiceIsReady) {
    watchdog_of_20_seconds();
    ServiceManager manager;
    manager.expect_silence("starting", 1h);
    EXPECT_THAT(say(manager, Phase::kStarting, 1s, "starting"),
                ElementsAre("STATUS=starting", "EXTEND_TIMEOUT_USEC=3600000000",
                            "EXTEND_TIMEOUT_USEC=30000000"));
}

TEST_F(ServiceManagerTest, WhileALoopHangsTheWatchdogGoesHungry) {
    watchdog_of_20_seconds();
    ServiceManager manager;
    say(manager, Phase::kReady, 1s);
    EXPECT_THAT(say(manager, Phase::kReady, 10s, "", /*alive=*/false), IsEmpty());
    EXPECT_THAT(say(manager, Phase::kReady, 11s, "", /*alive=*/true),
                ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, WhileALoopHangsADrainGetsNoMoreTime) {
    ServiceManager manager;
    EXPECT_THAT(say(manager, Phase::kStopping, 1s, "", /*alive=*/false),
                ElementsAre("STOPPING=1"));
}

TEST_F(ServiceManagerTest, SilenceThatIsToldBeforehandHarmsNobody) {
    watchdog_of_20_seconds();
    ServiceManager manager;
    say(manager, Phase::kReady, 1s);
    manager.expect_silence("starting the database again", 4min);
    EXPECT_THAT(systemd.heard(), ElementsAre("STATUS=starting the database again", "WATCHDOG=1",
                                             "WATCHDOG_USEC=240000000"));
    EXPECT_THAT(say(manager, Phase::kReady, 200s, "12 timers"),
                ElementsAre("STATUS=12 timers", "WATCHDOG_USEC=20000000", "WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, SilenceOfAStopExtendsItsTimeout) {
    ServiceManager manager;
    say(manager, Phase::kStopping, 1s);
    manager.expect_silence("stopping", 3min);
    EXPECT_THAT(systemd.heard(),
                ElementsAre("STATUS=stopping", "EXTEND_TIMEOUT_USEC=180000000"));
}

TEST(ServiceManager, WithoutOneNothingHappens) {
    ServiceManager manager;
    manager.step({.phase = Phase::kReady, .status = "12 timers", .alive = true}, 1s);
    manager.expect_silence("busy", 1min);
    EXPECT_FALSE(manager.watchdog());
}

}  // namespace
}  // namespace attune
