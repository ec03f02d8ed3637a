#include "daemon/sensor/timer_worker.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include "core/limits.h"
#include "core/zone.h"
#include "tests/support/times.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SensorId kTick{7};
constexpr SensorId kTock{8};
constexpr Generation kRev{3};

Timer armed(SensorId sensor, Schedule schedule, TimePoint cursor = at("12:00:00"),
            Generation rev = kRev) {
    return {{sensor, rev, cursor, 0}, std::move(schedule)};
}

Confirmation recorded(const Decision& decision) {
    return {decision.sensor, decision.spec_rev, decision.through, true};
}

Confirmation found_void(const Decision& decision) {
    return {decision.sensor, decision.spec_rev, decision.through, false};
}

MATCHER_P2(Fires, sensor, when, "") {
    return arg.fires && arg.sensor == sensor && arg.through == when;
}

class TimerWorkerTest : public testing::Test {
protected:
    TimerWorkerTest() { worker.arm(armed(kTick, every(10s))); }

    // Steps and records at once, as long as there is something to decide.
    std::vector<Decision> run(TimePoint now) {
        std::vector<Decision> all;
        for (;;) {
            const auto step = worker.step(now);
            if (step.decisions.empty()) return all;
            for (const auto& decision : step.decisions) {
                all.push_back(decision);
                worker.confirm(recorded(decision));
            }
        }
    }

    TimerWorker worker{/*credits=*/4};
};

TEST_F(TimerWorkerTest, FiresAtItsMomentAndNotBefore) {
    EXPECT_THAT(worker.step(at("12:00:10") - 1us).decisions, IsEmpty());
    EXPECT_THAT(worker.step(at("12:00:10")).decisions,
                ElementsAre(Fires(kTick, at("12:00:10"))));
}

TEST_F(TimerWorkerTest, SaysWhenToBeCalledNext) {
    EXPECT_EQ(worker.step(at("12:00:09")).wake_at, at("12:00:10"));
}

TEST_F(TimerWorkerTest, WithoutTimersWaitsForNews) {
    worker.disarm(kTick);
    EXPECT_EQ(worker.step(at("12:00:09")).wake_at, std::nullopt);
    EXPECT_EQ(worker.armed(), 0U);
}

TEST_F(TimerWorkerTest, StaysInFlightUntilItsDecisionIsRecorded) {
    const auto first = worker.step(at("12:00:10")).decisions.at(0);
    EXPECT_EQ(worker.in_flight(), 1U);
    EXPECT_THAT(worker.step(at("12:00:10") + 999ms).decisions, IsEmpty());

    worker.confirm(recorded(first));
    EXPECT_EQ(worker.in_flight(), 0U);
    EXPECT_THAT(worker.step(at("12:00:19")).decisions, IsEmpty());
    EXPECT_THAT(worker.step(at("12:00:20")).decisions,
                ElementsAre(Fires(kTick, at("12:00:20"))));
}

TEST_F(TimerWorkerTest, SeveralSensorsOfOneTriggerFireEachOnItsOwn) {
    worker.arm(armed(kTock, every(4s)));
    EXPECT_THAT(run(at("12:00:12")),
                testing::UnorderedElementsAre(
                    Fires(kTock, at("12:00:04")), Fires(kTock, at("12:00:08")),
                    Fires(kTick, at("12:00:10")), Fires(kTock, at("12:00:12"))));
}

TEST_F(TimerWorkerTest, DecidesInTheOrderThingsFellDue) {
    worker.arm(armed(kTock, every(4s)));
    EXPECT_THAT(worker.step(at("12:00:12")).decisions,
                ElementsAre(Fires(kTock, at("12:00:04")), Fires(kTick, at("12:00:10"))));
}

TEST_F(TimerWorkerTest, CountsFiresTowardsTheirLimit) {
    worker.arm(armed(kTock, every(4s, R"("max_fires":2)")));
    EXPECT_THAT(run(at("12:00:09")), SizeIs(2));
    EXPECT_EQ(worker.armed(), 1U);
    EXPECT_THAT(run(at("12:00:13")), ElementsAre(Fires(kTick, at("12:00:10"))));
}

TEST_F(TimerWorkerTest, ForgetsAOneShotThatFired) {
    worker.arm(
        armed(kTock, timer("core.datetimetimer", R"({"fire_at":"2026-11-23T12:00:05Z"})")));
    EXPECT_THAT(run(at("12:00:06")), ElementsAre(Fires(kTock, at("12:00:05"))));
    EXPECT_EQ(worker.armed(), 1U);
    EXPECT_EQ(worker.specs(), 1U);
}

// ---- Lost and late messages.

TEST_F(TimerWorkerTest, PushesAgainWhatIsNotConfirmed) {
    const auto start = at("12:00:10");
    EXPECT_THAT(worker.step(start).decisions, SizeIs(1));
    auto due = start;
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        EXPECT_THAT(worker.step(due + pause - 1ms).decisions, IsEmpty()) << pause.count();
        due += pause;
        EXPECT_THAT(worker.step(due).decisions, ElementsAre(Fires(kTick, start)))
            << pause.count();
    }
}

TEST_F(TimerWorkerTest, WakesForWhatIsNotConfirmed) {
    EXPECT_EQ(worker.step(at("12:00:10")).wake_at, at("12:00:11"));
}

TEST_F(TimerWorkerTest, IgnoresNewsOfAnotherDecision) {
    const auto first = worker.step(at("12:00:10")).decisions.at(0);
    auto other = recorded(first);
    other.through += 1s;
    worker.confirm(other);
    other = recorded(first);
    other.spec_rev = Generation{99};
    worker.confirm(other);
    other = recorded(first);
    other.sensor = SensorId{99};
    worker.confirm(other);
    EXPECT_EQ(worker.in_flight(), 1U);

    worker.confirm(recorded(first));
    worker.confirm(recorded(first));
    EXPECT_EQ(worker.in_flight(), 0U);
    EXPECT_EQ(run(at("12:00:20")).size(), 1U);
}

TEST_F(TimerWorkerTest, AsksForTheRowOfAVoidDecisionAndIsSilentUntilItComes) {
    const auto first = worker.step(at("12:00:10")).decisions.at(0);
    worker.confirm(found_void(first));
    const auto step = worker.step(at("12:05:00"));
    EXPECT_THAT(step.reload, ElementsAre(kTick));
    EXPECT_THAT(step.decisions, IsEmpty());
    EXPECT_THAT(worker.step(at("12:05:01")).reload, IsEmpty());

    worker.arm(armed(kTick, every(10s), at("12:05:00")));
    EXPECT_THAT(run(at("12:05:10")), ElementsAre(Fires(kTick, at("12:05:10"))));
}

TEST_F(TimerWorkerTest, TakesBackWhatTheBusRefused) {
    const auto refused = worker.step(at("12:00:10")).decisions;
    worker.unsent(refused, at("12:00:10"));
    EXPECT_EQ(worker.in_flight(), 0U);

    const auto soon = worker.step(at("12:00:10") + 1ms);
    EXPECT_THAT(soon.decisions, IsEmpty());
    EXPECT_EQ(soon.wake_at, at("12:00:10") + 10ms);
    EXPECT_THAT(worker.step(at("12:00:10") + 10ms).decisions,
                ElementsAre(Fires(kTick, at("12:00:10"))));
}

TEST_F(TimerWorkerTest, KeepsWaitingForWhatWasSentBeforeTheBusRefusedIt) {
    worker.step(at("12:00:10"));
    const auto again = worker.step(at("12:00:11")).decisions;
    worker.unsent(again, at("12:00:11"));
    EXPECT_EQ(worker.in_flight(), 1U);
    worker.confirm(recorded(again.at(0)));
    EXPECT_THAT(run(at("12:00:20")), ElementsAre(Fires(kTick, at("12:00:20"))));
}

// ---- Credits.

TEST_F(TimerWorkerTest, LeavesTimersDueWhenItHasNoCredit) {
    for (int i = 0; i < 10; ++i) worker.arm(armed(SensorId{100 + i}, every(10s)));
    const auto step = worker.step(at("12:00:10"));
    EXPECT_THAT(step.decisions, SizeIs(4));
    EXPECT_EQ(step.wake_at, at("12:00:11"));
    EXPECT_THAT(worker.step(at("12:00:10")).decisions, IsEmpty());

    worker.confirm(recorded(step.decisions[0]));
    EXPECT_THAT(worker.step(at("12:00:10")).decisions, SizeIs(1));
}

TEST(TimerWorkerLimits, AStepTakesABoundedNumber) {
    TimerWorker worker(100'000);
    for (int i = 1; i <= 3000; ++i) worker.arm(armed(SensorId{i}, every(10s)));
    const auto step = worker.step(at("12:00:10"));
    EXPECT_THAT(step.decisions, SizeIs(limits::kDecisionsPerStep));
    EXPECT_EQ(step.wake_at, at("12:00:10"));
}

// ---- Changes.

TEST_F(TimerWorkerTest, ANewScheduleReplacesTheOld) {
    worker.arm(armed(kTick, every(3s), at("12:00:05"), Generation{4}));
    EXPECT_EQ(worker.armed(), 1U);
    EXPECT_EQ(worker.specs(), 1U);
    const auto decided = run(at("12:00:06"));
    ASSERT_THAT(decided, ElementsAre(Fires(kTick, at("12:00:06"))));
    EXPECT_EQ(decided[0].spec_rev, Generation{4});
}

TEST_F(TimerWorkerTest, ADecisionOfTheOldScheduleIsLateNews) {
    const auto old = worker.step(at("12:00:10")).decisions.at(0);
    worker.arm(armed(kTick, every(3s), at("12:00:10"), Generation{4}));
    EXPECT_EQ(worker.in_flight(), 0U);
    worker.confirm(recorded(old));
    EXPECT_THAT(run(at("12:00:12")), ElementsAre(Fires(kTick, at("12:00:12"))));
}

TEST_F(TimerWorkerTest, ADecisionInFlightOutlivesAChangeThatIsNoneOfItsBusiness) {
    const auto sent = worker.step(at("12:00:10")).decisions.at(0);
    worker.arm(armed(kTick, every(10s, R"("misfire":{"policy":"skip"})")));
    EXPECT_EQ(worker.in_flight(), 1U);
    worker.confirm(recorded(sent));
    EXPECT_THAT(run(at("12:00:20")), ElementsAre(Fires(kTick, at("12:00:20"))));
}

TEST_F(TimerWorkerTest, ADisarmedTimerIsSilentEvenWithADecisionInFlight) {
    const auto sent = worker.step(at("12:00:10")).decisions.at(0);
    worker.disarm(kTick);
    worker.disarm(kTick);
    worker.confirm(recorded(sent));
    EXPECT_THAT(worker.step(at("12:10:00")).decisions, IsEmpty());
    EXPECT_EQ(worker.in_flight(), 0U);
}

// ---- Sharing.

TEST_F(TimerWorkerTest, TimersWithOneScheduleShareIt) {
    worker.arm(armed(kTock, every(10s, "", at("11:59:57"))));
    EXPECT_EQ(worker.specs(), 1U);
    EXPECT_THAT(run(at("12:00:10")),
                ElementsAre(Fires(kTock, at("12:00:07")), Fires(kTick, at("12:00:10"))));
    worker.arm(armed(kTock, every(10s, R"("misfire":{"grace":5})")));
    EXPECT_EQ(worker.specs(), 2U);
    worker.disarm(kTock);
    EXPECT_EQ(worker.specs(), 1U);
}

TEST_F(TimerWorkerTest, OneShotsShareAllButTheirMoment) {
    worker.arm(armed(SensorId{21},
                     timer("core.datetimetimer", R"({"fire_at":"2026-11-23T12:00:03Z"})")));
    worker.arm(armed(SensorId{22},
                     timer("core.datetimetimer", R"({"fire_at":"2026-11-23T12:00:02Z"})")));
    EXPECT_EQ(worker.specs(), 2U);
    EXPECT_THAT(run(at("12:00:03")), ElementsAre(Fires(SensorId{22}, at("12:00:02")),
                                                 Fires(SensorId{21}, at("12:00:03"))));
}

// ---- New rules of a zone.

// One zone, "Home", whose rules are those of another one until they are set.
class HomeZone final : public ZoneSource {
public:
    explicit HomeZone(const std::string& rules) { set(rules); }

    void set(const std::string& rules) {
        std::ifstream file("/usr/share/zoneinfo/" + rules, std::ios::binary);
        const std::string bytes{std::istreambuf_iterator<char>(file), {}};
        zone_ = Zone::from_tzif("Home", bytes).value();
    }

    Result<std::shared_ptr<const Zone>> find(std::string_view name) const override {
        return name == "Home" ? zone_ : Zone::utc();
    }
    std::string version() const override { return "test"; }

private:
    std::shared_ptr<const Zone> zone_;
};

// A country that gives up summer time: Berlin's rules become one hour before UTC for ever.
class NewRules : public testing::Test {
protected:
    Schedule daily(const std::string& time = "30 12") const {
        const Json config = {{"expression", time + " * * *"}, {"timezone", "Home"}};
        return compile_schedule(*Ref::parse("core.crontimer"), config, at("12:00:00"),
                                *Ref::parse("test.sensor"), zones)
            .value();
    }
    static std::optional<TimePoint> wakes(TimerWorker& worker, TimePoint now) {
        return worker.step(now).wake_at;
    }

    HomeZone zones{"Europe/Berlin"};
    TimerWorker worker{4};
};

TEST_F(NewRules, ComeToWhatArmingWithThemComesTo) {
    // Before, inside and after the months that are different.
    for (const auto* cursor :
         {"2027-02-01T00:00:00Z", "2027-03-28T00:30:00Z", "2027-03-28T00:59:59Z",
          "2027-07-01T10:30:00Z", "2027-07-01T11:00:00Z", "2027-10-31T00:59:59Z",
          "2027-12-01T00:00:00Z"}) {
        for (const auto* time : {"30 12", "30 2", "*/20 2", "0 0"}) {
            zones.set("Europe/Berlin");
            TimerWorker kept(4);
            kept.arm(armed(kTick, daily(time), at(cursor)));
            zones.set("Etc/GMT-1");
            ASSERT_THAT(kept.rezone(zones), SizeIs(1));
            EXPECT_EQ(wakes(kept, at(cursor)), *next_after(daily(time), at(cursor)))
                << cursor << " " << time;
        }
    }
}

TEST_F(NewRules, SayWhatTheyChange) {
    worker.arm(armed(kTick, daily(), at("2027-07-01T00:00:00Z")));
    worker.arm(armed(kTock, daily(), at("2027-07-01T00:00:00Z")));
    worker.arm(armed(SensorId{9}, every(10s), at("12:00:00")));
    zones.set("Etc/GMT-1");
    const auto changes = worker.rezone(zones);
    ASSERT_THAT(changes, SizeIs(1));
    EXPECT_EQ(changes[0].schedule, "cron 30 12 * * * in Home");
    EXPECT_EQ(changes[0].timers, 2U);
    EXPECT_EQ(changes[0].before, at("2027-07-01T10:30:00Z"));
    EXPECT_EQ(changes[0].after, at("2027-07-01T11:30:00Z"));
    EXPECT_THAT(worker.rezone(zones), IsEmpty());
}

TEST_F(NewRules, LeaveOtherTimersAsTheyAre) {
    worker.arm(armed(kTick, every(10s), at("12:00:00")));
    worker.arm(armed(kTock, timer("core.crontimer", R"({"expression":"0 13 * * *"})")));
    zones.set("Etc/GMT-1");
    EXPECT_THAT(worker.rezone(zones), IsEmpty());
    EXPECT_EQ(wakes(worker, at("12:00:00")), at("12:00:10"));
}

TEST_F(NewRules, AreForWhatFollowsADecisionInFlight) {
    worker.arm(armed(kTick, daily(), at("2027-07-01T00:00:00Z")));
    const auto sent = worker.step(at("2027-07-01T10:30:00Z")).decisions.at(0);
    zones.set("Etc/GMT-1");
    worker.rezone(zones);
    EXPECT_EQ(worker.in_flight(), 1U);
    worker.confirm(recorded(sent));
    // Its instant was decided by the old rules and stays so; half past twelve by the new ones
    // is another.
    EXPECT_EQ(wakes(worker, at("2027-07-01T10:30:01Z")), at("2027-07-01T11:30:00Z"));
}

TEST_F(NewRules, WakeNoTimerThatWaitsForItsRow) {
    worker.arm(armed(kTick, daily(), at("2027-07-01T00:00:00Z")));
    const auto sent = worker.step(at("2027-07-01T10:30:00Z")).decisions.at(0);
    worker.confirm(found_void(sent));
    zones.set("Etc/GMT-1");
    worker.rezone(zones);
    EXPECT_THAT(worker.step(at("2027-07-02T12:00:00Z")).decisions, IsEmpty());
}

TEST_F(NewRules, AnInstantTheyPlaceBetweenCursorAndNowIsAMisfire) {
    worker.arm(armed(kTick, daily(), at("2027-07-01T00:00:00Z")));
    // By the old rules it is not noon yet, by the new ones of another country long past.
    EXPECT_EQ(wakes(worker, at("2027-07-01T10:00:00Z")), at("2027-07-01T10:30:00Z"));
    zones.set("Asia/Tokyo");
    worker.rezone(zones);
    const auto decided = worker.step(at("2027-07-01T10:00:00Z")).decisions;
    ASSERT_THAT(decided, ElementsAre(Fires(kTick, at("2027-07-01T03:30:00Z"))));
    EXPECT_TRUE(decided[0].misfire);
}

// ---- Clocks.

TEST_F(TimerWorkerTest, AClockSetForwardMakesMisfires) {
    run(at("12:00:10"));
    const auto decided = run(at("2026-11-24T12:00:04Z"));
    // What is within the minute of grace fires, the day before is one skip.
    EXPECT_THAT(decided, SizeIs(6));
    EXPECT_EQ(decided[0].skipped, 8633);
    EXPECT_FALSE(decided[0].misfire);
}

TEST_F(TimerWorkerTest, AClockSetBackALittleFiresNothingTwice) {
    run(at("12:00:30"));
    EXPECT_THAT(run(at("12:00:20")), IsEmpty());
    EXPECT_THAT(run(at("12:00:30")), IsEmpty());
    EXPECT_THAT(run(at("12:00:40")), ElementsAre(Fires(kTick, at("12:00:40"))));
}

TEST_F(TimerWorkerTest, AClockSetBackFarRewindsTheCursor) {
    run(at("12:30:00"));
    const auto step = worker.step(at("12:20:05"));
    EXPECT_EQ(step.regressed, 1U);
    ASSERT_THAT(step.decisions, SizeIs(1));
    const auto& rewind = step.decisions[0];
    EXPECT_FALSE(rewind.fires);
    EXPECT_EQ(rewind.skipped, 0);
    EXPECT_EQ(rewind.from, at("12:30:00"));
    EXPECT_EQ(rewind.through, at("12:20:05"));
    EXPECT_EQ(rewind.next_at, at("12:20:10"));
    worker.confirm(recorded(rewind));
    EXPECT_THAT(run(at("12:20:10")), ElementsAre(Fires(kTick, at("12:20:10"))));
}

TEST_F(TimerWorkerTest, AClockThatSlippedBackInSmallStepsIsNoticedToo) {
    run(at("12:30:00"));
    EXPECT_EQ(worker.step(at("12:27:00")).regressed, 0U);
    EXPECT_EQ(worker.step(at("12:24:00")).regressed, 1U);
}

TEST_F(TimerWorkerTest, ACursorFromTheFutureIsRewoundWhenLoaded) {
    worker.arm(armed(kTock, every(10s), at("2030-01-01T00:00:00Z")));
    EXPECT_EQ(worker.step(at("12:00:05")).regressed, 1U);
    worker.arm(armed(SensorId{9}, every(10s), at("2030-01-01T00:00:00Z")));
    EXPECT_EQ(worker.step(at("12:00:06")).regressed, 1U);
}

TEST_F(TimerWorkerTest, NeverRewindsBelowItsFloor) {
    worker.set_rewind_floor(at("12:25:00"));
    run(at("12:30:00"));
    const auto step = worker.step(at("12:10:00"));
    ASSERT_THAT(step.decisions, SizeIs(1));
    EXPECT_EQ(step.decisions[0].through, at("12:25:00"));
}

TEST_F(TimerWorkerTest, ARewindWaitsForTheDecisionInFlight) {
    run(at("12:30:00"));
    const auto sent = worker.step(at("12:30:10")).decisions.at(0);
    EXPECT_EQ(worker.step(at("12:10:00")).regressed, 0U);
    worker.confirm(recorded(sent));
    EXPECT_EQ(worker.step(at("12:10:00")).regressed, 1U);
}

TEST_F(TimerWorkerTest, AClockSetBackDoesNotPostponeTheRepeat) {
    worker.step(at("12:00:10"));
    EXPECT_EQ(worker.step(at("11:58:00")).wake_at, at("11:58:01"));
    EXPECT_THAT(worker.step(at("11:58:01")).decisions, SizeIs(1));
}

}  // namespace
}  // namespace attune
