// What clocks do to timers, in virtual time: steps in both directions, suspends, leap seconds,
// changes of summer time under thousands of timers, a month of absence.
#include <gmock/gmock.h>

#include "core/json.h"
#include "daemon/sensor/timer_worker.h"
#include "tests/daemon/sensor/virtual_ledger.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SensorId kTick{7};

class ClockTest : public testing::Test {
protected:
    void arm(Schedule schedule, TimePoint cursor = at("12:00:00"), SensorId sensor = kTick) {
        worker.arm(ledger.add(sensor, std::move(schedule), cursor));
    }
    std::size_t run(TimePoint now) { return ledger.run(worker, now); }
    VirtualLedger::History& tick() { return ledger.of(kTick); }

    TimerWorker worker{8192};
    VirtualLedger ledger;
};

// ---- Steps forward; a suspend is one.

struct Forward {
    Duration by;
    std::size_t fires;  // of a timer of 20 s that had fired at 12:00:20
};

class StepForward : public ClockTest, public testing::WithParamInterface<Forward> {};

TEST_P(StepForward, IsAMatterOfGraceAndPolicy) {
    arm(every(20s));
    run(at("12:00:20"));
    EXPECT_EQ(run(at("12:00:20") + GetParam().by), GetParam().fires);
    EXPECT_EQ(tick().misfires, 0);
    EXPECT_EQ(static_cast<std::int64_t>(tick().fired.size() + tick().skipped.size()),
              count_between(tick().timer.schedule, at("12:00:00"), tick().timer.row.cursor));
}

INSTANTIATE_TEST_SUITE_P(Table, StepForward,
                         testing::ValuesIn(std::vector<Forward>{
                             {1s, 0},   // nothing was due
                             {59s, 2},  // 12:00:40 and 12:01:00
                             {61s, 3},  // and 12:01:20; all within grace
                             {1h,
                              4},  // the last minute's, both ends included; the rest is skipped
                             {1h + 5s, 3},       // the last minute's
                             {days(365), 4}}));  // the same after a year

TEST_F(ClockTest, AStepOverASlowTimersInstantIsOneMisfire) {
    arm(every(3600s));
    EXPECT_EQ(run(at("15:30:00")), 1U);
    EXPECT_EQ(tick().misfires, 1);
    EXPECT_THAT(tick().fired, ElementsAre(at("15:00:00")));
    VirtualLedger::expect_complete(tick(), at("12:00:00"));
}

// ---- Steps back.

TEST_F(ClockTest, AStepBackWithinTheToleranceWaits) {
    arm(every(10s));
    run(at("12:10:00"));
    const auto before = tick().fired.size();
    for (const auto back : {1s, 59s, 300s}) {
        EXPECT_EQ(run(at("12:10:00") - back), 0U) << back.count();
    }
    EXPECT_EQ(ledger.regressed, 0U);
    EXPECT_EQ(run(at("12:10:10")), 1U);
    EXPECT_THAT(tick().fired, SizeIs(before + 1));
    EXPECT_EQ(tick().refused, 0);
}

class StepBack : public ClockTest, public testing::WithParamInterface<Duration> {};

TEST_P(StepBack, FiresOnFromThereAndNothingTwice) {
    const auto start = at("12:00:00") - GetParam() - 1h;
    arm(every(10s, "", start), at("12:00:00") - 100s);
    run(at("12:00:00"));
    const auto events = tick().events;
    const auto back = at("12:00:00") - GetParam();
    run(back);
    EXPECT_EQ(ledger.regressed, 1U);
    EXPECT_EQ(tick().timer.row.cursor, back);
    run(back + 10s);
    EXPECT_EQ(tick().events.size(), events.size() + 1);
    EXPECT_TRUE(tick().events.contains(back + 10s));
}

INSTANTIATE_TEST_SUITE_P(Table, StepBack,
                         testing::Values(Duration(1h), Duration(days(1)), Duration(days(365))));

TEST_F(ClockTest, TheRepeatedHourAfterAStepBackIsRefusedByItsKey) {
    arm(every(10s));
    for (auto now = at("12:00:00"); now <= at("13:00:00"); now += 10s) run(now);
    const auto events = tick().events;
    EXPECT_THAT(events, SizeIs(360));
    for (auto now = at("12:30:00"); now <= at("13:00:00"); now += 10s) run(now);
    EXPECT_EQ(tick().events, events);
    EXPECT_EQ(tick().refused, 180);
    EXPECT_EQ(run(at("13:00:10")), 1U);
    EXPECT_THAT(tick().fired, SizeIs(361));
}

TEST_F(ClockTest, AStepDuringACommitLosesNothingAndDoublesNothing) {
    arm(every(10s));
    const auto sent = worker.step(at("12:00:10")).decisions;
    ASSERT_THAT(sent, SizeIs(1));
    worker.step(at("11:00:00"));  // an hour back, the decision still on its way
    worker.confirm(ledger.record(sent[0]));
    run(at("11:00:01"));
    EXPECT_EQ(ledger.regressed, 1U);
    for (auto now = at("11:00:10"); now <= at("12:00:20"); now += 10s) run(now);
    EXPECT_EQ(tick().refused, 1);  // 12:00:10 came again, and was on record
    EXPECT_THAT(tick().fired, ElementsAre(at("12:00:10"), at("12:00:20")));
}

// A box that woke up in 2038, fired there, and was told the right time.
TEST_F(ClockTest, AClockYearsAheadThatIsCorrectedSilencesNothing) {
    arm(every(3600s, R"("misfire":{"policy":"skip","grace":5})"));
    run(at("2038-01-19T03:14:07Z"));
    run(at("12:10:00"));
    EXPECT_EQ(ledger.regressed, 1U);
    EXPECT_EQ(run(at("13:00:00")), 1U);
    EXPECT_EQ(run(at("14:00:00")), 1U);
}

// POSIX time shows 23:59:59 twice, or runs a day a little slower.
TEST_F(ClockTest, ALeapSecondFiresNothingTwice) {
    arm(timer("core.crontimer", R"({"expression":"* * * * * *"})"), at("2028-12-31T23:59:57Z"));
    for (const auto* now :
         {"2028-12-31T23:59:58Z", "2028-12-31T23:59:59Z", "2028-12-31T23:59:59.9Z",
          "2028-12-31T23:59:59Z", "2028-12-31T23:59:59.9Z", "2029-01-01T00:00:00Z"}) {
        run(at(now));
    }
    EXPECT_THAT(tick().fired, SizeIs(3));
    EXPECT_EQ(tick().refused, 0);
}

// ---- Cursors that nobody can have written.

TEST_F(ClockTest, ACursorFromTheFutureIsSaidAndHealed) {
    arm(every(10s), at("2300-01-01T00:00:00Z"));
    run(at("12:00:05"));
    EXPECT_EQ(ledger.regressed, 1U);
    EXPECT_EQ(run(at("12:00:10")), 1U);
}

TEST_F(ClockTest, ACursorFromTheDawnOfTimeIsAMisfireAndBounded) {
    arm(every(10s, R"("misfire":{"policy":"catch_up","max_catch_up":3})", at("12:00:00") - 24h),
        at("1970-01-01T00:00:00Z"));
    // Three misfires, and the minute of grace.
    EXPECT_EQ(run(at("12:00:05")), 3U + 6U);
}

// ---- One-shots at the edge.

TEST_F(ClockTest, AOneShotFiresOnceAcrossRestarts) {
    const auto once = timer("core.datetimetimer", R"({"fire_at":"2026-11-23T12:00:00.001Z"})");
    arm(once);
    EXPECT_EQ(run(at("12:00:00")), 0U);
    EXPECT_EQ(run(at("12:00:00") + 1ms), 1U);
    for (int life = 0; life < 5; ++life) {
        TimerWorker next(8192);
        next.arm(tick().timer);
        EXPECT_EQ(ledger.run(next, at("12:00:00") + 1ms), 0U);
        EXPECT_EQ(ledger.run(next, at("2030-01-01T00:00:00Z")), 0U);
    }
    EXPECT_THAT(tick().fired, SizeIs(1));
}

// ---- A month of absence.

class MonthAway : public ClockTest, public testing::WithParamInterface<const char*> {};

TEST_P(MonthAway, IsBoundedAndAccountedFor) {
    constexpr std::int64_t kSeconds = 30 * 86'400;
    const std::string policy = GetParam();
    arm(every(1s, R"("misfire":{"policy":")" + policy + R"(","grace":10,"max_catch_up":20})",
              at("12:00:00") - 31 * 24h),
        at("12:00:00") - 30 * 24h);
    std::int64_t fired = 0;
    std::int64_t skipped = 0;
    int decisions = 0;
    for (;;) {
        const auto step = worker.step(at("12:00:00"));
        if (step.decisions.empty()) break;
        for (const auto& decision : step.decisions) {
            ++decisions;
            fired += decision.fires ? 1 : 0;
            skipped += decision.skipped;
            worker.confirm({decision.sensor, decision.spec_rev, decision.through, true});
        }
    }
    EXPECT_EQ(fired + skipped, kSeconds);
    const std::int64_t within_grace = 11;
    EXPECT_EQ(fired, policy == "catch_up" ? within_grace + 20 : within_grace);
    EXPECT_LE(decisions, 40);
}

INSTANTIATE_TEST_SUITE_P(Policies, MonthAway, testing::Values("fire_once", "skip", "catch_up"));

// ---- Changes of summer time, live.

TEST_F(ClockTest, AYearOfSummerTimesUnderThousandsOfTimersLosesAndDoublesNothing) {
    const std::vector<std::string> kZones{
        "Europe/Berlin",     "Europe/London",     "America/New_York", "America/Los_Angeles",
        "America/Sao_Paulo", "America/Santiago",  "Australia/Sydney", "Australia/Lord_Howe",
        "Africa/Cairo",      "Africa/Casablanca", "Antarctica/Troll", "Asia/Beirut",
        "Asia/Kolkata",      "Asia/Tokyo",        "Pacific/Auckland", "Pacific/Chatham",
        "Pacific/Apia",      "America/Havana",    "Europe/Dublin",    "UTC"};
    const std::vector<std::string> kExpressions{"30 2 * * *", "0 0 * * *", "0 */6 * * *",
                                                "15,45 1-3 * * *", "0 3 * * SUN"};
    const auto start = at("2027-01-01T00:00:00Z");
    std::int64_t id = 0;
    for (int copy = 0; copy < 2; ++copy) {
        for (const auto& zone : kZones) {
            for (const auto& expression : kExpressions) {
                const Json config = {{"expression", expression}, {"timezone", zone}};
                arm(timer("core.crontimer", compact(config)), start, SensorId{++id});
            }
        }
    }
    auto now = start;
    while (now < start + days(366)) {
        const auto step = worker.step(now);
        for (const auto& decision : step.decisions) {
            ASSERT_TRUE(decision.fires);
            ASSERT_FALSE(decision.misfire);
            worker.confirm(ledger.record(decision));
        }
        now = step.decisions.empty() ? *step.wake_at : now;
    }
    for (auto& [sensor, history] : ledger.all()) {
        VirtualLedger::expect_complete(history, start);
        ASSERT_THAT(history.skipped, IsEmpty());
        ASSERT_EQ(history.refused, 0);
    }
}

// ---- Herds.

TEST_F(ClockTest, AHerdIsOneSearchAndEveryOneFires) {
    constexpr std::int64_t kHerd = 20'000;
    const auto hourly = timer("core.crontimer", R"({"expression":"0 * * * *"})");
    for (std::int64_t id = 1; id <= kHerd; ++id) {
        arm(hourly, at("12:30:00"), SensorId{id});
    }
    EXPECT_EQ(worker.specs(), 1U);
    EXPECT_EQ(run(at("13:00:00") - 1us), 0U);
    EXPECT_EQ(run(at("13:00:00")), static_cast<std::size_t>(kHerd));
    EXPECT_EQ(run(at("13:00:01")), 0U);
}

}  // namespace
}  // namespace attune
