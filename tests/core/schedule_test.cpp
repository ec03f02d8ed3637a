#include "core/schedule.h"

#include <gmock/gmock.h>

#include "core/cron.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Fault refusal(std::string_view trigger, std::string_view config) {
    const auto compiled =
        compile_schedule(Ref::parse(trigger).value(), Json::parse(config), at("12:00:00"),
                         *Ref::parse("test.sensor"), system_zones());
    EXPECT_FALSE(compiled) << config;
    return compiled ? Fault{} : compiled.error();
}

std::vector<std::string> fires(const Schedule& schedule, TimePoint after, int count) {
    std::vector<std::string> result;
    for (auto next = next_after(schedule, after); next && count > 0; --count) {
        result.push_back(format_rfc3339(*next));
        next = next_after(schedule, *next);
    }
    return result;
}

// ---- Intervals.

TEST(Interval, FiresOnePeriodAfterItsCreationAndThenOnTheGrid) {
    const auto schedule = every(10s);
    EXPECT_THAT(
        fires(schedule, at("12:00:00"), 3),
        ElementsAre("2026-11-23T12:00:10Z", "2026-11-23T12:00:20Z", "2026-11-23T12:00:30Z"));
    EXPECT_EQ(next_after(schedule, at("11:00:00")), at("12:00:10"));
    EXPECT_EQ(latest_at(schedule, at("12:00:09")), std::nullopt);
    EXPECT_EQ(latest_at(schedule, at("12:00:10")), at("12:00:10"));
}

TEST(Interval, IsAnchoredAtTheFlooredSecondOfItsCreation) {
    const auto schedule = every(10s, "", at("12:00:00") + 999ms);
    EXPECT_EQ(next_after(schedule, at("12:00:00")), at("12:00:10"));
}

TEST(Interval, CountsElapsedTimeInItsUnit) {
    const auto period = [](std::string_view config) {
        return std::get<IntervalSchedule>(timer("core.intervaltimer", config).kind).period;
    };
    EXPECT_EQ(period(R"({"unit":"seconds","interval":90})"), 90s);
    EXPECT_EQ(period(R"({"unit":"minutes","interval":5})"), 5min);
    EXPECT_EQ(period(R"({"unit":"hours","interval":87600})"), kLongestDuration);
}

TEST(Interval, AnchoredAtTheEpochFiresOnTheRoundTime) {
    const auto schedule =
        timer("core.intervaltimer", R"({"unit":"minutes","interval":15,"anchor":"epoch"})");
    EXPECT_EQ(next_after(schedule, at("12:07:31")), at("12:15:00"));
    const auto shifted =
        timer("core.intervaltimer",
              R"({"unit":"minutes","interval":15,"anchor":"epoch","phase":"2m"})");
    EXPECT_EQ(next_after(shifted, at("12:07:31")), at("12:17:00"));
}

TEST(Interval, AnchoredAtAMomentFiresBeforeItToo) {
    const auto schedule =
        timer("core.intervaltimer",
              R"({"unit":"hours","interval":1,"anchor":"2030-01-01T00:30:00+00:00"})");
    EXPECT_EQ(next_after(schedule, at("12:00:00")), at("12:30:00"));
}

TEST(Interval, DoesNotDriftInAMillionPeriods) {
    const auto schedule = every(7s);
    EXPECT_EQ(next_after(schedule, at("12:00:00") + 7s * 999'999),
              at("12:00:00") + 7s * 1'000'000);
    EXPECT_EQ(count_between(schedule, at("12:00:00"), at("12:00:00") + 7s * 1'000'000),
              1'000'000);
}

TEST(Interval, RefusesWhatIsNoPeriod) {
    const auto reason = [](std::string_view config) {
        const auto fault = refusal("core.intervaltimer", config);
        return fault.code + " " + fault.reason + " " + fault.pointer;
    };
    EXPECT_EQ(reason(R"({"unit":"seconds","interval":0})"), "ATT4004 out_of_range /interval");
    EXPECT_EQ(reason(R"({"unit":"seconds","interval":-5})"), "ATT4004 out_of_range /interval");
    EXPECT_EQ(reason(R"({"unit":"hours","interval":87601})"), "ATT4004 out_of_range /interval");
    EXPECT_EQ(reason(R"({"unit":"hours","interval":9223372036854775807})"),
              "ATT4004 out_of_range /interval");
    EXPECT_EQ(reason(R"({"unit":"hours","interval":18446744073709551615})"),
              "ATT4004 out_of_range /interval");
    EXPECT_EQ(reason(R"({"unit":"seconds","interval":1.5})"), "ATT4005 shape /interval");
    EXPECT_EQ(reason(R"({"unit":"seconds","interval":"5"})"), "ATT4005 shape /interval");
    EXPECT_EQ(reason(R"({"unit":"days","interval":1})"), "ATT4005 shape /unit");
    EXPECT_EQ(reason(R"({"unit":5,"interval":1})"), "ATT4005 shape /unit");
}

TEST(Interval, RefusesAPhaseWithoutAnEpochOrNotLessThanThePeriod) {
    EXPECT_EQ(
        refusal("core.intervaltimer", R"({"unit":"minutes","interval":1,"phase":5})").pointer,
        "/phase");
    EXPECT_EQ(refusal("core.intervaltimer",
                      R"({"unit":"minutes","interval":1,"anchor":"epoch","phase":60})")
                  .reason,
              "out_of_range");
    EXPECT_EQ(
        refusal("core.intervaltimer", R"({"unit":"minutes","interval":1,"anchor":"yesterday"})")
            .pointer,
        "/anchor");
}

// ---- Shapes.

TEST(Shape, IsChosenByTheTriggerAndNeverMixed) {
    const auto pointer = [](std::string_view trigger, std::string_view config) {
        const auto fault = refusal(trigger, config);
        EXPECT_EQ(fault.code, "ATT4005") << config;
        return fault.pointer;
    };
    EXPECT_EQ(pointer("core.crontimer", R"({"unit":"seconds","interval":5})"), "/interval");
    EXPECT_EQ(pointer("core.crontimer", R"({"expression":"* * * * *","unit":"seconds"})"),
              "/unit");
    EXPECT_EQ(pointer("core.intervaltimer",
                      R"({"unit":"seconds","interval":5,"expression":"* * * * *"})"),
              "/expression");
    EXPECT_EQ(
        pointer("core.intervaltimer", R"({"unit":"seconds","interval":5,"timezone":"UTC"})"),
        "/timezone");
    EXPECT_EQ(
        pointer("core.datetimetimer", R"({"fire_at":"2027-01-01T00:00:00Z","max_fires":1})"),
        "/max_fires");
    EXPECT_EQ(pointer("core.crontimer", R"({"expression":"* * * * *","type":"cron"})"),
              "/type");
}

TEST(Shape, LacksNothingItNeeds) {
    EXPECT_EQ(refusal("core.intervaltimer", R"({"unit":"seconds"})").message,
              "core.intervaltimer needs interval");
    EXPECT_EQ(refusal("core.crontimer", "{}").message, "core.crontimer needs expression");
    EXPECT_EQ(refusal("core.datetimetimer", "{}").message, "core.datetimetimer needs fire_at");
    EXPECT_EQ(refusal("core.datetimetimer", "[]").code, "ATT4005");
    EXPECT_EQ(refusal("core.datetimetimer", "null").code, "ATT4005");
    EXPECT_EQ(refusal("ops.other", "{}").message, "ops.other is no timer trigger");
}

// ---- Cron.

TEST(CronTimer, RunsInUtcUnlessToldOtherwise) {
    EXPECT_EQ(
        next_after(timer("core.crontimer", R"({"expression":"30 9 * * *"})"), at("12:00:00")),
        at("2026-11-24T09:30:00Z"));
    EXPECT_EQ(next_after(timer("core.crontimer",
                               R"({"expression":"30 9 * * *","timezone":"Asia/Tokyo"})"),
                         at("12:00:00")),
              at("2026-11-24T00:30:00Z"));
}

TEST(CronTimer, MayBeAskedBetweenTwoSeconds) {
    const auto schedule = timer("core.crontimer", R"({"expression":"* * * * * *"})");
    EXPECT_EQ(next_after(schedule, at("12:00:00") + 1us), at("12:00:01"));
    EXPECT_EQ(next_after(schedule, at("12:00:00") + 999'999us), at("12:00:01"));
    EXPECT_EQ(next_after(schedule, at("12:00:01")), at("12:00:02"));
    EXPECT_EQ(latest_at(schedule, at("12:00:01") + 999'999us), at("12:00:01"));
    EXPECT_FALSE(is_instant(schedule, at("12:00:01") + 1us));
}

TEST(CronTimer, RefusesWhatNeverFires) {
    const auto fault = refusal("core.crontimer", R"({"expression":"0 0 30 2 *"})");
    EXPECT_EQ(fault.code, "ATT4002");
    EXPECT_EQ(fault.reason, "never");
    EXPECT_EQ(fault.pointer, "/expression");
}

TEST(CronTimer, PassesTheParsersFaultOn) {
    const auto fault = refusal("core.crontimer", R"({"expression":"0 0 25 * * *"})");
    EXPECT_EQ(fault.code, "ATT4001");
    EXPECT_EQ(fault.reason, "out_of_range");
    EXPECT_EQ(fault.field, "hour");
    EXPECT_EQ(fault.column, 5U);
    EXPECT_EQ(fault.pointer, "/expression");
}

TEST(CronTimer, RefusesAnUnknownZone) {
    for (const auto* zone : {"\"Europe/Atlantis\"", "\"\"", "\"localtime\"",
                             "\"/etc/localtime\"", "\"../UTC\"", "5"}) {
        const auto fault =
            refusal("core.crontimer",
                    std::string(R"({"expression":"* * * * *","timezone":)") + zone + "}");
        EXPECT_EQ(fault.reason, "unknown_zone") << zone;
        EXPECT_EQ(fault.pointer, "/timezone") << zone;
    }
}

// ---- One-shots.

TEST(OneShot, FiresAtItsMomentWhateverItsOffset) {
    const auto schedule =
        timer("core.datetimetimer", R"({"fire_at":"2027-03-28T02:30:00+01:00"})");
    EXPECT_THAT(fires(schedule, at("12:00:00"), 3), ElementsAre("2027-03-28T01:30:00Z"));
    EXPECT_EQ(latest_at(schedule, at("2027-03-28T01:29:59Z")), std::nullopt);
}

TEST(OneShot, HasNoWindowUnlessGiven) {
    EXPECT_EQ(
        timer("core.datetimetimer", R"({"fire_at":"2027-03-28T02:30:00Z"})").misfire.window,
        std::nullopt);
    EXPECT_EQ(timer("core.datetimetimer",
                    R"({"fire_at":"2027-03-28T02:30:00Z","misfire":{"window":"1h"}})")
                  .misfire.window,
              1h);
}

TEST(OneShot, RefusesABadMoment) {
    EXPECT_EQ(refusal("core.datetimetimer", R"({"fire_at":"2027-03-28T24:00:00Z"})").code,
              "ATT4010");
    EXPECT_EQ(refusal("core.datetimetimer", R"({"fire_at":"tomorrow"})").pointer, "/fire_at");
}

// ---- Bounds, jitter, misfire.

TEST(Bounds, AreHalfOpen) {
    const auto schedule =
        every(10s, R"("start_at":"2026-11-23T12:00:20Z","end_at":"2026-11-23T12:00:40Z")");
    EXPECT_THAT(fires(schedule, at("12:00:00"), 9),
                ElementsAre("2026-11-23T12:00:20Z", "2026-11-23T12:00:30Z"));
    EXPECT_EQ(latest_at(schedule, at("13:00:00")), at("12:00:30"));
    EXPECT_EQ(latest_at(schedule, at("12:00:19")), std::nullopt);
    EXPECT_EQ(count_between(schedule, at("12:00:00"), at("13:00:00")), 2);
    EXPECT_TRUE(is_instant(schedule, at("12:00:20")));
    EXPECT_FALSE(is_instant(schedule, at("12:00:40")));
    EXPECT_FALSE(is_instant(schedule, at("12:00:10")));
}

TEST(Bounds, MustLeaveRoom) {
    EXPECT_EQ(refusal("core.intervaltimer",
                      R"({"unit":"seconds","interval":5,"start_at":"2026-11-23T12:00:00Z",
                          "end_at":"2026-11-23T12:00:00Z"})")
                  .pointer,
              "/end_at");
    EXPECT_EQ(refusal("core.intervaltimer", R"({"unit":"seconds","interval":5,"max_fires":0})")
                  .pointer,
              "/max_fires");
}

TEST(Jitter, DelaysASensorByTheSameShareEveryTime) {
    const auto schedule = every(60s, R"("jitter":30)");
    EXPECT_GE(schedule.delay, 0s);
    EXPECT_LT(schedule.delay, 30s);
    EXPECT_EQ(due_at(schedule, at("12:01:00")) - at("12:01:00"), schedule.delay);
    EXPECT_EQ(due_at(schedule, at("12:02:00")) - at("12:02:00"), schedule.delay);
    EXPECT_EQ(every(60s, R"("jitter":"30s")").delay, schedule.delay);
    EXPECT_EQ(every(60s).delay, 0s);
}

TEST(Jitter, NeverReachesTheNextInstant) {
    const auto schedule = every(1s, R"("jitter":86400)");
    EXPECT_GT(schedule.delay, 1s);
    EXPECT_EQ(due_at(schedule, at("12:00:01")), at("12:00:02") - 1ms);
    EXPECT_EQ(refusal("core.intervaltimer", R"({"unit":"hours","interval":48,"jitter":86401})")
                  .pointer,
              "/jitter");
}

// The hash is part of the contract: an upgrade must not move anyone's fires.
TEST(Jitter, IsTheSameInEveryVersion) {
    const auto delay = [](std::string_view sensor) {
        return timer("core.intervaltimer", R"({"unit":"hours","interval":48,"jitter":86400})",
                     at("12:00:00"), sensor)
            .delay;
    };
    EXPECT_EQ(delay("ops.every_10m"), std::chrono::milliseconds(81409624));
    EXPECT_EQ(delay("ops.nightly"), std::chrono::milliseconds(18826722));
}

TEST(MisfireConfig, IsReadStrictly) {
    const auto schedule = every(
        10s, R"("misfire":{"policy":"catch_up","grace":"5s","max_catch_up":7,"window":3600})");
    EXPECT_EQ(schedule.misfire.policy, MisfirePolicy::kCatchUp);
    EXPECT_TRUE(schedule.misfire.policy_given);
    EXPECT_EQ(schedule.misfire.grace, 5s);
    EXPECT_EQ(schedule.misfire.max_catch_up, 7);
    EXPECT_EQ(schedule.misfire.window, 1h);

    const auto pointer = [](std::string_view trigger, std::string_view config) {
        return refusal(trigger, config).pointer;
    };
    constexpr auto kInterval = "core.intervaltimer";
    EXPECT_EQ(pointer(kInterval, R"({"unit":"seconds","interval":5,"misfire":"skip"})"),
              "/misfire");
    EXPECT_EQ(
        pointer(kInterval, R"({"unit":"seconds","interval":5,"misfire":{"policy":"run"}})"),
        "/misfire/policy");
    EXPECT_EQ(pointer(kInterval, R"({"unit":"seconds","interval":5,"misfire":{"graze":1}})"),
              "/misfire/graze");
    EXPECT_EQ(pointer(kInterval, R"({"unit":"seconds","interval":5,"misfire":{"grace":-1}})"),
              "/misfire/grace");
    EXPECT_EQ(pointer(kInterval,
                      R"({"unit":"seconds","interval":5,"misfire":{"max_catch_up":1001}})"),
              "/misfire/max_catch_up");
    EXPECT_EQ(pointer("core.datetimetimer",
                      R"({"fire_at":"2027-01-01T00:00:00Z","misfire":{"policy":"catch_up"}})"),
              "/misfire/policy");
}

// ---- What counts as a change.

TEST(SameInstants, LooksAtInstantsAndNotAtTheirHandling) {
    const auto cron = [](std::string_view more) {
        return timer("core.crontimer",
                     std::string(R"({"expression":)") + std::string(more) + "}");
    };
    EXPECT_TRUE(same_instants(cron(R"("0 * * * *")"), cron(R"("@hourly")")));
    EXPECT_TRUE(same_instants(cron(R"("0 * * * *")"), cron(R"("0 * * * *","timezone":"UTC")")));
    EXPECT_FALSE(same_instants(cron(R"("0 * * * *")"), cron(R"("1 * * * *")")));
    EXPECT_FALSE(
        same_instants(cron(R"("0 * * * *")"), cron(R"("0 * * * *","timezone":"Asia/Tokyo")")));
    EXPECT_TRUE(same_instants(every(60s), every(60s, R"("jitter":5,"misfire":{"grace":9})")));
    EXPECT_TRUE(same_instants(
        every(60s), timer("core.intervaltimer", R"({"unit":"minutes","interval":1})")));
    EXPECT_FALSE(same_instants(every(60s), every(60s, R"("max_fires":5)")));
    EXPECT_FALSE(same_instants(every(60s), every(60s, R"("end_at":"2030-01-01T00:00:00Z")")));
    EXPECT_FALSE(same_instants(every(60s), cron(R"("* * * * *")")));
}

TEST(Description, IsForLogLines) {
    EXPECT_EQ(describe(every(10s)), "every 10 seconds");
    EXPECT_EQ(describe(every(1s)), "every 1 second");
    EXPECT_EQ(describe(every(300s)), "every 5 minutes");
    EXPECT_EQ(describe(every(7200s)), "every 2 hours");
    EXPECT_EQ(describe(timer("core.crontimer", R"({"expression":"0 0 * * * *"})")),
              "cron 0 0 * * * * in UTC");
    EXPECT_EQ(describe(timer("core.datetimetimer", R"({"fire_at":"2027-03-01T08:00:00Z"})")),
              "once at 2027-03-01T08:00:00Z");
}

TEST(Ends, AreWhatRfc3339CanWrite) {
    EXPECT_EQ(next_after(every(10s), kNever), std::nullopt);
    EXPECT_EQ(latest_at(every(10s), TimePoint::min()), std::nullopt);
    EXPECT_THAT(fires(every(10s), at("9999-12-31T23:59:59Z"), 3), IsEmpty());
}

}  // namespace
}  // namespace attune
