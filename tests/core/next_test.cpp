#include "core/next.h"

#include <gmock/gmock.h>

#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Json ask(std::string_view question) {
    return Json::parse(answer_next(question, system_zones()));
}

TEST(Next, AnswersWithInstantsInUtc) {
    EXPECT_EQ(ask(R"({"trigger": "core.crontimer",
                      "config": {"expression": "30 2 * * *", "timezone": "Europe/Berlin"},
                      "after": "2027-03-27T12:00:00+01:00", "count": 2})"),
              Json::parse(R"({"next": ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]})"));
}

TEST(Next, AnchorsIntervalsAtTheirCreation) {
    EXPECT_EQ(ask(R"({"trigger": "core.intervaltimer",
                      "config": {"unit": "hours", "interval": 1},
                      "created_at": "2026-11-23T12:20:00.7Z",
                      "after": "2026-11-23T14:00:00Z", "count": 2})"),
              Json::parse(R"({"next": ["2026-11-23T14:20:00Z", "2026-11-23T15:20:00Z"]})"));
    EXPECT_EQ(ask(R"({"trigger": "core.intervaltimer",
                      "config": {"unit": "hours", "interval": 1},
                      "after": "2026-11-23T14:00:00Z"})"),
              Json::parse(R"({"next": ["2026-11-23T15:00:00Z"]})"));
}

TEST(Next, AnswersFewerWhenTheScheduleEnds) {
    const auto* once = R"({"trigger": "core.datetimetimer",
                           "config": {"fire_at": "2027-01-01T00:00:00Z"},
                           "after": "2026-11-23T14:00:00Z", "count": 5})";
    EXPECT_EQ(ask(once), Json::parse(R"({"next": ["2027-01-01T00:00:00Z"]})"));
    const auto* limited = R"({"trigger": "core.intervaltimer",
                              "config": {"unit": "hours", "interval": 1, "max_fires": 3},
                              "created_at": "2026-11-23T12:00:00Z",
                              "after": "2026-11-23T14:00:00Z", "count": 5})";
    EXPECT_EQ(ask(limited), Json::parse(R"({"next": ["2026-11-23T15:00:00Z"]})"));
}

TEST(Next, AnswersAFaultWithItsWordAndPlace) {
    const auto error = ask(R"({"trigger": "core.crontimer",
                               "config": {"expression": "0 0 25 * * *"},
                               "after": "2026-11-23T14:00:00Z", "count": 1})")["error"];
    EXPECT_EQ(error["code"], "out_of_range");
    EXPECT_EQ(error["pointer"], "/config/expression");
    EXPECT_EQ(error["field"], "hour");
    EXPECT_EQ(error["column"], 5);
    EXPECT_EQ(error["message"],
              "invalid cron expression \"0 0 25 * * *\": hour field \"25\" (column 5): 25 is "
              "outside 0-23; 6 fields start with seconds");
}

std::string code_of(std::string_view question) { return ask(question)["error"]["code"]; }

TEST(Next, SaysWhatIsWrongWithTheQuestion) {
    EXPECT_EQ(code_of(""), "shape");
    EXPECT_EQ(code_of("{"), "shape");
    EXPECT_EQ(code_of("[]"), "shape");
    EXPECT_EQ(code_of("{}"), "shape");
    EXPECT_EQ(code_of(R"({"trigger": "ops.x", "config": {}, "after": "2026-11-23T14:00:00Z"})"),
              "shape");
    EXPECT_EQ(code_of(R"({"trigger": "core.crontimer", "config": {}, "after": "now"})"),
              "syntax");
    EXPECT_EQ(code_of(R"({"trigger": "core.crontimer", "config": {"expression": "0 0 30 2 *"},
                          "after": "2026-11-23T14:00:00Z"})"),
              "never");
    EXPECT_EQ(code_of(R"({"trigger": "core.crontimer",
                          "config": {"expression": "@daily", "timezone": "Mars/Olympus"},
                          "after": "2026-11-23T14:00:00Z"})"),
              "unknown_zone");
    EXPECT_EQ(code_of(R"({"trigger": "core.crontimer", "config": {"expression": "@daily"},
                          "after": "2026-11-23T14:00:00Z", "count": 10001})"),
              "shape");
    EXPECT_EQ(code_of(R"({"trigger": "core.crontimer", "config": {"expression": "@daily"},
                          "after": "2026-11-23T14:00:00Z", "n": 1})"),
              "shape");
}

// ---- DST.

std::vector<std::string> effects(const std::string& expression, const std::string& zone) {
    std::vector<std::string> result;
    for (const auto& effect :
         dst_effects(timer("core.crontimer", R"({"expression":")" + expression +
                                                 R"(","timezone":")" + zone + "\"}"),
                     at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"))) {
        result.push_back(describe(effect));
    }
    return result;
}

TEST(DstEffects, SayWhatBecomesOfFixedTimes) {
    EXPECT_THAT(
        effects("30 2 * * *", "Europe/Berlin"),
        ElementsAre("2027-03-28T01:00:00Z: clocks go from 02:00:00 to 03:00:00; 1 time is "
                    "left out and made up for by one fire at 03:00:00",
                    "2027-10-31T01:00:00Z: clocks go from 03:00:00 to 02:00:00; 1 time is "
                    "repeated and fires the first time only"));
}

TEST(DstEffects, SayWhatBecomesOfIntervals) {
    EXPECT_THAT(
        effects("0 */15 2 * * *", "Europe/Berlin"),
        ElementsAre("2027-03-28T01:00:00Z: clocks go from 02:00:00 to 03:00:00; 4 times "
                    "are left out",
                    "2027-10-31T01:00:00Z: clocks go from 03:00:00 to 02:00:00; 4 times "
                    "are repeated and fire both times"));
}

TEST(DstEffects, AreNoneWhereNothingHappens) {
    EXPECT_THAT(effects("30 4 * * *", "Europe/Berlin"), IsEmpty());
    EXPECT_THAT(effects("30 2 * * *", "UTC"), IsEmpty());
    EXPECT_THAT(dst_effects(every(std::chrono::seconds(60)), at("2027-01-01T00:00:00Z"),
                            at("2028-01-01T00:00:00Z")),
                IsEmpty());
}

}  // namespace
}  // namespace attune
