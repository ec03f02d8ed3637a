#include "daemon/sensor/schedule_forms.h"

#include <gmock/gmock.h>

#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

TimerRow row(std::string_view trigger, std::string_view config,
             std::string_view sensor = "test.sensor", TimePoint anchor = at("12:00:00")) {
    return {.cursor = {},
            .anchor_at = anchor,
            .sensor_ref = sensor,
            .trigger_ref = trigger,
            .config = config,
            .fault = {}};
}

constexpr auto kInterval = "core.intervaltimer";
constexpr auto kEveryMinute = R"({"unit":"minutes","interval":1,"jitter":30})";

TEST(ScheduleForms, KeepEachDifferentConfigOnce) {
    ScheduleForms forms(system_zones());
    for (const auto* sensor : {"test.a", "test.b", "test.c"}) {
        ASSERT_TRUE(forms.schedule(row(kInterval, kEveryMinute, sensor)));
    }
    EXPECT_EQ(forms.kept(), 1U);
    ASSERT_TRUE(forms.schedule(row(kInterval, R"({"unit":"minutes","interval":2})")));
    EXPECT_EQ(forms.kept(), 2U);
}

TEST(ScheduleForms, GiveEachSensorItsOwnAnchorAndShareOfTheJitter) {
    ScheduleForms forms(system_zones());
    for (const auto* sensor : {"test.a", "test.b"}) {
        for (const auto anchor : {at("12:00:00"), at("12:00:07") + 300ms}) {
            const auto own = forms.schedule(row(kInterval, kEveryMinute, sensor, anchor));
            const auto alone = timer(kInterval, kEveryMinute, anchor, sensor);
            ASSERT_TRUE(own);
            EXPECT_TRUE(same_instants(*own, alone));
            EXPECT_EQ(own->delay, alone.delay);
        }
    }
}

TEST(ScheduleForms, KnowOfEachOneShotWhetherItWasPastAtItsCreation) {
    ScheduleForms forms(system_zones());
    const auto past = [&](TimePoint anchor) {
        const auto schedule =
            forms.schedule(row("core.datetimetimer", R"({"fire_at":"2026-11-23T12:00:00Z"})",
                               "test.sensor", anchor));
        return std::get<OnceSchedule>(schedule.value().kind).past_at_creation;
    };
    EXPECT_FALSE(past(at("11:59:59")));
    EXPECT_TRUE(past(at("12:00:00")));
    EXPECT_FALSE(past(at("11:59:59")));
}

TEST(ScheduleForms, TellTheSameConfigOfTwoTriggersApart) {
    ScheduleForms forms(system_zones());
    EXPECT_TRUE(forms.schedule(row(kInterval, kEveryMinute)));
    EXPECT_FALSE(forms.schedule(row("core.crontimer", kEveryMinute)));
}

TEST(ScheduleForms, RefuseARowThatIsNoTimer) {
    ScheduleForms forms(system_zones());
    EXPECT_EQ(forms.schedule(row("nonsense", kEveryMinute)).error().code, "ATT4005");
    EXPECT_EQ(forms.schedule(row(kInterval, "{")).error().code, "ATT4005");
    EXPECT_EQ(forms.kept(), 0U);
}

TEST(ScheduleForms, KeepABoundedNumber) {
    ScheduleForms forms(system_zones());
    for (int n = 1; n <= 10'000; ++n) {
        const auto config = R"({"unit":"seconds","interval":)" + std::to_string(n) + "}";
        ASSERT_TRUE(forms.schedule(row(kInterval, config)));
    }
    EXPECT_LE(forms.kept(), 4096U);
}

}  // namespace
}  // namespace attune
