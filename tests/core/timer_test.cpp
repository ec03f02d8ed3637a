// Decisions: what a timer does about the instants since its cursor.
#include "core/timer.h"

#include <gmock/gmock.h>

#include "tests/support/times.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SensorId kSensor{7};
constexpr Generation kRev{3};

TimerCursor row(TimePoint cursor, std::int64_t fires = 0) {
    return {kSensor, kRev, cursor, fires};
}

// Everything decided at `now`, one decision after the other.
std::vector<Decision> decisions(const Schedule& schedule, TimerCursor timer, TimePoint now) {
    std::vector<Decision> result;
    while (const auto decision = decide(schedule, timer, now)) {
        result.push_back(*decision);
        timer.cursor = decision->through;
        timer.fires += decision->fires ? 1 : 0;
    }
    return result;
}

// "12:00:10", with "!" for a misfire.
std::vector<std::string> fired(const std::vector<Decision>& decided) {
    std::vector<std::string> result;
    for (const auto& decision : decided) {
        if (!decision.fires) continue;
        result.push_back(format_rfc3339(decision.through).substr(11, 8) +
                         (decision.misfire ? "!" : ""));
    }
    return result;
}

// ---- On time.

TEST(Decide, WaitsUntilTheInstantIsDue) {
    const auto schedule = every(10s);
    EXPECT_EQ(decide(schedule, row(at("12:00:00")), at("12:00:10") - 1us), std::nullopt);
    EXPECT_EQ(wake_at(schedule, row(at("12:00:00"))), at("12:00:10"));

    const auto decision = decide(schedule, row(at("12:00:00")), at("12:00:10")).value();
    EXPECT_EQ(decision.sensor, kSensor);
    EXPECT_EQ(decision.spec_rev, kRev);
    EXPECT_EQ(decision.from, at("12:00:00"));
    EXPECT_EQ(decision.through, at("12:00:10"));
    EXPECT_TRUE(decision.fires);
    EXPECT_FALSE(decision.misfire);
    EXPECT_FALSE(decision.exhausted);
    EXPECT_EQ(decision.skipped, 0);
    EXPECT_EQ(decision.due_at, at("12:00:10"));
    EXPECT_EQ(decision.fired_at, at("12:00:10"));
    EXPECT_EQ(decision.next_at, at("12:00:20"));
    EXPECT_EQ(decision.occurrence, 1);
}

TEST(Decide, WaitsForItsShareOfTheJitter) {
    const auto schedule = every(60s, R"("jitter":30)");
    const auto due = at("12:01:00") + schedule.delay;
    EXPECT_EQ(wake_at(schedule, row(at("12:00:00"))), due);
    EXPECT_EQ(decide(schedule, row(at("12:00:00")), due - 1us), std::nullopt);
    const auto decision = decide(schedule, row(at("12:00:00")), due).value();
    EXPECT_EQ(decision.through, at("12:01:00"));
    EXPECT_EQ(decision.due_at, due);
}

TEST(Decide, FiresWhatIsWithinGraceOneByOne) {
    EXPECT_THAT(fired(decisions(every(10s), row(at("12:00:00")), at("12:00:35"))),
                ElementsAre("12:00:10", "12:00:20", "12:00:30"));
}

TEST(Decide, StillWithinGraceAtItsLastMoment) {
    const auto schedule = every(3600s);
    EXPECT_FALSE(decide(schedule, row(at("12:00:00")), at("13:01:00"))->misfire);
    EXPECT_TRUE(decide(schedule, row(at("12:00:00")), at("13:01:00") + 1us)->misfire);
}

// ---- Too late.

TEST(FireOnce, FiresTheNewestWhenNoneIsWithinGrace) {
    const auto decided = decisions(every(3600s), row(at("12:00:00")), at("15:30:00"));
    EXPECT_THAT(fired(decided), ElementsAre("15:00:00!"));
    ASSERT_EQ(decided.size(), 1U);
    EXPECT_EQ(decided[0].skipped, 2);
    EXPECT_EQ(decided[0].skip_through, at("14:00:00"));
    EXPECT_EQ(decided[0].reason, SkipReason::kMisfire);
    EXPECT_EQ(decided[0].occurrence, 3);
}

TEST(FireOnce, FiresNoMisfireWhenOneIsWithinGrace) {
    const auto decided = decisions(every(3600s), row(at("12:00:00")), at("15:00:30"));
    EXPECT_THAT(fired(decided), ElementsAre("15:00:00"));
    ASSERT_EQ(decided.size(), 1U);
    EXPECT_EQ(decided[0].skipped, 2);
    EXPECT_EQ(decided[0].skip_through, at("14:00:00"));
}

TEST(FireOnce, FiresNothingOlderThanItsWindow) {
    const auto schedule = timer("core.crontimer", R"({"expression":"0 0 1 * *"})");
    const auto decided =
        decisions(schedule, row(at("2026-11-23T12:00:00Z")), at("2026-12-02T12:00:00Z"));
    ASSERT_EQ(decided.size(), 1U);
    EXPECT_FALSE(decided[0].fires);
    EXPECT_EQ(decided[0].skipped, 1);
    EXPECT_EQ(decided[0].reason, SkipReason::kWindow);
    EXPECT_EQ(decided[0].through, at("2026-12-01T00:00:00Z"));
}

TEST(Skip, FiresNothingThatIsTooLate) {
    const auto schedule = every(3600s, R"("misfire":{"policy":"skip"})");
    const auto late = decisions(schedule, row(at("12:00:00")), at("15:30:00"));
    EXPECT_THAT(fired(late), IsEmpty());
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].skipped, 3);
    EXPECT_EQ(late[0].through, at("15:00:00"));
    EXPECT_THAT(fired(decisions(schedule, row(at("12:00:00")), at("15:00:30"))),
                ElementsAre("15:00:00"));
}

TEST(CatchUp, FiresTheNewestFewOldestFirst) {
    const auto schedule = every(600s, R"("misfire":{"policy":"catch_up","max_catch_up":3})");
    const auto decided = decisions(schedule, row(at("12:00:00")), at("13:05:00"));
    EXPECT_THAT(fired(decided), ElementsAre("12:40:00!", "12:50:00!", "13:00:00!"));
    EXPECT_EQ(decided[0].skipped, 3);
    EXPECT_EQ(decided[0].reason, SkipReason::kMisfire);
    EXPECT_EQ(decided[1].skipped, 0);
}

TEST(CatchUp, FiresWhatIsWithinGraceToo) {
    const auto schedule = every(600s, R"("misfire":{"policy":"catch_up","max_catch_up":1})");
    EXPECT_THAT(fired(decisions(schedule, row(at("12:00:00")), at("12:30:05"))),
                ElementsAre("12:20:00!", "12:30:00"));
}

TEST(CatchUp, StopsAtItsWindow) {
    const auto schedule = every(600s, R"("misfire":{"policy":"catch_up","window":"25m"})");
    const auto decided = decisions(schedule, row(at("12:00:00")), at("13:05:00"));
    EXPECT_THAT(fired(decided), ElementsAre("12:40:00!", "12:50:00!", "13:00:00!"));
    EXPECT_EQ(decided[0].reason, SkipReason::kWindow);
}

TEST(CatchUp, OfThirtyDaysOfSecondsIsBounded) {
    const auto schedule =
        timer("core.crontimer", R"({"expression":"* * * * * *","timezone":"Europe/Berlin",
                                    "misfire":{"policy":"catch_up","grace":1,"max_catch_up":5}})");
    const auto decided =
        decisions(schedule, row(at("12:00:00") - 24h * 30), at("12:00:00") + 500ms);
    // Five misfires, and the one that is within the second of grace.
    ASSERT_EQ(decided.size(), 6U);
    EXPECT_EQ(decided[0].skipped, 30 * 86'400 - 6);
}

TEST(MaxFires, EndTheTimer) {
    const auto schedule = every(10s, R"("max_fires":2)");
    const auto decided = decisions(schedule, row(at("12:00:00")), at("12:00:45"));
    EXPECT_THAT(fired(decided), ElementsAre("12:00:10", "12:00:20"));
    EXPECT_FALSE(decided[0].exhausted);
    EXPECT_TRUE(decided[1].exhausted);
    EXPECT_EQ(decided[1].next_at, kNever);
    EXPECT_EQ(wake_at(schedule, row(at("12:00:20"), 2)), std::nullopt);
}

// ---- One-shots.

Schedule once(std::string_view fire_at, std::string_view misfire = "{}") {
    return timer("core.datetimetimer", std::string(R"({"fire_at":")") + std::string(fire_at) +
                                           R"(","misfire":)" + std::string(misfire) + "}");
}

TEST(OneShotDecision, EndsItsTimer) {
    const auto decided =
        decisions(once("2026-11-23T12:30:00Z"), row(at("12:00:00")), at("12:30:00"));
    ASSERT_EQ(decided.size(), 1U);
    EXPECT_TRUE(decided[0].fires);
    EXPECT_TRUE(decided[0].exhausted);
    EXPECT_EQ(decided[0].occurrence, 1);
}

TEST(OneShotDecision, MissedByAYearFiresOnce) {
    const auto decided = decisions(once("2026-11-23T12:30:00Z"), row(at("12:00:00")),
                                   at("2027-11-23T12:30:00Z"));
    EXPECT_THAT(fired(decided), ElementsAre("12:30:00!"));
}

TEST(OneShotDecision, MissedUnderSkipNeverFires) {
    const auto decided = decisions(once("2026-11-23T12:30:00Z", R"({"policy":"skip"})"),
                                   row(at("12:00:00")), at("12:32:00"));
    ASSERT_EQ(decided.size(), 1U);
    EXPECT_FALSE(decided[0].fires);
    EXPECT_TRUE(decided[0].exhausted);
    EXPECT_EQ(decided[0].skipped, 1);
}

// ---- Arming.

TEST(Arm, ANewTimerBeginsNow) {
    const auto arming = arm(every(10s), std::nullopt, 0, at("12:00:00"));
    EXPECT_EQ(arming.state, TimerState::kArmed);
    EXPECT_EQ(arming.cursor, at("12:00:00"));
    EXPECT_EQ(arming.armed_from, at("12:00:00"));
    EXPECT_EQ(arming.next_at, at("12:00:10"));
    EXPECT_FALSE(arming.skip);
}

TEST(Arm, AChangedTimerFiresNothingFromBeforeTheChange) {
    const auto arming = arm(every(10s), at("12:00:00"), 5, at("13:00:05"));
    EXPECT_EQ(arming.cursor, at("13:00:05"));
    EXPECT_EQ(arming.next_at, at("13:00:10"));
    EXPECT_EQ(arm(every(10s), at("14:00:00"), 5, at("13:00:05")).cursor, at("14:00:00"));
}

// Paused at an instant and resumed at an instant: what was recorded before stays the one fire,
// what was not is skipped; the instant of the resume belongs to the pause.
TEST(Arm, APauseThatEndsAtAnInstantDoesNotFireIt) {
    const auto schedule = every(10s);
    for (const auto cursor : {at("12:00:00"), at("12:00:10")}) {
        const auto resumed = arm(schedule, cursor, 1, at("12:00:10"));
        EXPECT_EQ(resumed.cursor, at("12:00:10"));
        EXPECT_THAT(fired(decisions(schedule, row(resumed.cursor), at("12:00:10"))), IsEmpty());
        const auto again = arm(schedule, resumed.cursor, 1, at("12:00:20"));
        EXPECT_THAT(fired(decisions(schedule, row(again.cursor), at("12:00:30"))),
                    ElementsAre("12:00:30"));
    }
}

TEST(Arm, APastOneShotIsSkippedAndExhausted) {
    for (const auto* fire_at : {"2026-11-23T11:00:00Z", "2026-11-23T12:00:00Z"}) {
        const auto arming = arm(once(fire_at), std::nullopt, 0, at("12:00:00"));
        EXPECT_EQ(arming.state, TimerState::kExhausted);
        EXPECT_EQ(arming.cursor, at("12:00:00"));
        ASSERT_TRUE(arming.skip);
        EXPECT_EQ(arming.skip->through, at(fire_at));
        EXPECT_EQ(arming.skip->after, at(fire_at) - 1us);
        EXPECT_EQ(arming.skip->reason, SkipReason::kPastOneShot);
    }
}

TEST(Arm, APastOneShotFiresWhenItsOwnerAsksForIt) {
    const auto schedule = once("2026-11-23T11:59:50Z", R"({"policy":"fire_once"})");
    const auto arming = arm(schedule, std::nullopt, 0, at("12:00:00"));
    EXPECT_EQ(arming.state, TimerState::kArmed);
    EXPECT_THAT(fired(decisions(schedule, row(arming.cursor), at("12:00:01"))),
                ElementsAre("11:59:50!"));

    const auto windowed =
        once("2026-11-23T11:00:00Z", R"({"policy":"fire_once","window":"30m"})");
    EXPECT_EQ(arm(windowed, std::nullopt, 0, at("12:00:00")).state, TimerState::kExhausted);
}

TEST(Arm, AnOneShotEditedIntoThePastDoesNotFire) {
    const auto schedule = once("2026-11-23T11:59:50Z", R"({"policy":"fire_once"})");
    const auto arming = arm(schedule, at("11:00:00"), 0, at("12:00:00"));
    EXPECT_EQ(arming.state, TimerState::kExhausted);
    EXPECT_FALSE(arming.skip);
}

TEST(Arm, ATimerThatFiredEnoughIsExhausted) {
    const auto schedule = every(10s, R"("max_fires":5)");
    EXPECT_EQ(arm(schedule, at("12:00:00"), 5, at("12:00:00")).state, TimerState::kExhausted);
    EXPECT_EQ(arm(schedule, at("12:00:00"), 4, at("12:00:00")).state, TimerState::kArmed);
}

TEST(Anchor, IsKeptWhileThePeriodIs) {
    const auto a = Json::parse(R"({"unit":"seconds","interval":60})");
    const auto same = Json::parse(R"({"unit":"minutes","interval":1,"jitter":5})");
    const auto other = Json::parse(R"({"unit":"minutes","interval":2})");
    const auto created = at("12:00:00") + 700ms;
    const auto later = at("13:00:00") + 300ms;
    EXPECT_EQ(anchor_for(a, created, std::nullopt, later), at("12:00:00"));
    const AnchoredConfig previous{a, at("12:00:00")};
    EXPECT_EQ(anchor_for(same, created, previous, later), at("12:00:00"));
    EXPECT_EQ(anchor_for(other, created, previous, later), at("13:00:00"));
}

TEST(Clock, IsImplausibleBeforeItsBuildOrTheNewestFire) {
    EXPECT_TRUE(is_plausible(at("12:00:00"), at("11:00:00"), std::nullopt));
    EXPECT_FALSE(is_plausible(TimePoint{}, at("11:00:00"), std::nullopt));
    EXPECT_TRUE(is_plausible(at("12:00:00"), at("11:00:00"), at("12:05:00")));
    EXPECT_FALSE(is_plausible(at("12:00:00"), at("11:00:00"), at("12:05:01")));
}

// ---- Payloads.

Json payload(const Schedule& schedule, TimePoint cursor, TimePoint now) {
    return Json::parse(timer_payload(schedule, decide(schedule, row(cursor), now).value()));
}

TEST(Payload, OfAnIntervalTellsItsPeriod) {
    EXPECT_EQ(payload(every(10s), at("12:00:00"), at("12:00:10") + 1500us), Json::parse(R"({
        "type": "interval",
        "scheduled_at": "2026-11-23T12:00:10Z",
        "due_at": "2026-11-23T12:00:10Z",
        "fired_at": "2026-11-23T12:00:10.0015Z",
        "lateness_ms": 1,
        "occurrence": 1,
        "misfire": false,
        "missed_count": 0,
        "next_at": "2026-11-23T12:00:20Z",
        "interval_seconds": 10
    })"));
}

TEST(Payload, OfCronTellsExpressionAndZone) {
    const auto made = payload(
        timer("core.crontimer", R"({"expression":"0\t* * * *","timezone":"Europe/Berlin"})"),
        at("12:00:00"), at("14:30:00"));
    EXPECT_EQ(made["type"], "cron");
    EXPECT_EQ(made["expression"], "0\t* * * *");
    EXPECT_EQ(made["timezone"], "Europe/Berlin");
    EXPECT_EQ(made["misfire"], true);
    EXPECT_EQ(made["missed_count"], 1);
    EXPECT_EQ(made["lateness_ms"], 1'800'000);
}

TEST(Payload, OfAOneShotTellsItsMomentAndNoNext) {
    const auto made = payload(once("2026-11-23T12:30:00Z"), at("12:00:00"), at("12:30:00"));
    EXPECT_EQ(made["type"], "one_shot");
    EXPECT_EQ(made["fire_at"], "2026-11-23T12:30:00Z");
    EXPECT_EQ(made["next_at"], nullptr);
}

}  // namespace
}  // namespace attune
