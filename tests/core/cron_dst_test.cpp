// What cron does where the clock is set forward or back, or a date is left out.
#include <gmock/gmock.h>

#include "core/cron_search.h"
#include "core/schedule.h"
#include "core/time.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Instant at(std::string_view text) {
    return std::chrono::floor<Seconds>(parse_rfc3339(text).value());
}

// Everything in (after, through], in UTC.
std::vector<std::string> between(std::string_view expression, std::string_view in,
                                 std::string_view after, std::string_view through) {
    const auto cron = CronExpression::parse(expression).value();
    const auto where = zone(in);
    std::vector<std::string> result;
    for (auto next = next_occurrence(cron, *where, at(after)); next && *next <= at(through);
         next = next_occurrence(cron, *where, *next)) {
        result.push_back(format_rfc3339(*next));
    }
    EXPECT_EQ(count_occurrences(cron, *where, at(after), at(through)),
              static_cast<std::int64_t>(result.size()));
    std::vector<std::string> backwards;
    for (auto latest = latest_occurrence(cron, *where, at(through));
         latest && *latest > at(after);
         latest = latest_occurrence(cron, *where, *latest - Seconds(1))) {
        backwards.insert(backwards.begin(), format_rfc3339(*latest));
    }
    EXPECT_EQ(backwards, result);
    return result;
}

// Berlin goes from 02:00 to 03:00 on 2027-03-28 at 01:00Z, back on 2027-10-31 at 01:00Z.
constexpr auto kBerlin = "Europe/Berlin";

TEST(SpringForward, AFixedTimeInTheGapFiresAtItsEnd) {
    EXPECT_THAT(
        between("30 2 * * *", kBerlin, "2027-03-27T00:00:00Z", "2027-03-29T12:00:00Z"),
        ElementsAre("2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"));
}

TEST(SpringForward, SeveralFixedTimesInTheGapFireOnce) {
    EXPECT_THAT(
        between("0 0,30 2 * * *", kBerlin, "2027-03-28T00:00:00Z", "2027-03-28T12:00:00Z"),
        ElementsAre("2027-03-28T01:00:00Z"));
    EXPECT_THAT(
        between("30 1,2,3 * * *", kBerlin, "2027-03-28T00:00:00Z", "2027-03-28T12:00:00Z"),
        ElementsAre("2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"));
}

TEST(SpringForward, AFixedTimeAtTheEndOfTheGapFiresOnce) {
    EXPECT_THAT(
        between("0,30 2,3 * * *", kBerlin, "2027-03-28T00:30:00Z", "2027-03-28T02:00:00Z"),
        ElementsAre("2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"));
}

TEST(SpringForward, AnIntervalInTheGapDoesNotFire) {
    EXPECT_THAT(
        between("0 */15 2 * * *", kBerlin, "2027-03-27T12:00:00Z", "2027-03-28T12:00:00Z"),
        IsEmpty());
    EXPECT_THAT(
        between("*/30 * * * *", kBerlin, "2027-03-28T00:15:00Z", "2027-03-28T02:00:00Z"),
        ElementsAre("2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z",
                    "2027-03-28T02:00:00Z"));
}

TEST(FallBack, AFixedTimeFiresInTheFirstPassOnly) {
    EXPECT_THAT(between("30 2 * * *", kBerlin, "2027-10-30T12:00:00Z", "2027-11-01T12:00:00Z"),
                ElementsAre("2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"));
}

TEST(FallBack, AnIntervalFiresInBothPasses) {
    EXPECT_THAT(
        between("*/30 * * * *", kBerlin, "2027-10-31T00:00:00Z", "2027-10-31T02:00:00Z"),
        ElementsAre("2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z",
                    "2027-10-31T02:00:00Z"));
    EXPECT_THAT(
        between("0 */30 2 * * *", kBerlin, "2027-10-31T00:00:00Z", "2027-10-31T12:00:00Z"),
        ElementsAre("2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z", "2027-10-31T01:30:00Z"));
}

TEST(MidnightGap, ADailyTimerFiresAtOneOfTheSameDate) {
    EXPECT_THAT(
        between("@daily", "America/Sao_Paulo", "2018-11-03T00:00:00Z", "2018-11-05T12:00:00Z"),
        ElementsAre("2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"));
    EXPECT_THAT(
        between("@daily", "Africa/Cairo", "2027-04-29T00:00:00Z", "2027-05-01T00:00:00Z"),
        ElementsAre("2027-04-29T22:00:00Z", "2027-04-30T21:00:00Z"));
}

TEST(MissingDate, FiresNothingForIt) {
    // Samoa went from the 29th straight to the 31st, at 10:00Z.
    EXPECT_THAT(
        between("0 12 * * *", "Pacific/Apia", "2011-12-28T23:00:00Z", "2011-12-31T12:00:00Z"),
        ElementsAre("2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"));
    EXPECT_THAT(
        between("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2012-01-31T00:00:00Z"),
        IsEmpty());
    EXPECT_THAT(between("0 12 21 8 *", "Pacific/Kwajalein", "1993-08-01T00:00:00Z",
                        "1993-08-31T00:00:00Z"),
                IsEmpty());
}

TEST(OddJumps, NeedNoSpecialCode) {
    // Lord Howe moves by half an hour: 02:00 becomes 02:30 on 2027-10-03 at 15:30Z the day
    // before.
    EXPECT_THAT(between("15 2 * * *", "Australia/Lord_Howe", "2027-10-02T00:00:00Z",
                        "2027-10-03T23:00:00Z"),
                ElementsAre("2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"));
    // Troll moves by two hours: 01:00Z, from 01:00 to 03:00.
    EXPECT_THAT(between("30 2 * * *", "Antarctica/Troll", "2027-03-27T12:00:00Z",
                        "2027-03-29T12:00:00Z"),
                ElementsAre("2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"));
}

TEST(After, MayBeAnythingAndIsNotPartOfTheAnswer) {
    const auto cron = CronExpression::parse("30 2 * * *").value();
    const auto berlin = zone(kBerlin);
    EXPECT_EQ(next_occurrence(cron, *berlin, at("2027-03-28T00:59:59Z")),
              at("2027-03-28T01:00:00Z"));
    EXPECT_EQ(next_occurrence(cron, *berlin, at("2027-03-28T01:00:00Z")),
              at("2027-03-29T00:30:00Z"));
    EXPECT_EQ(next_occurrence(cron, *berlin, Instant::min()), at("1970-01-01T01:30:00Z"));
    EXPECT_EQ(next_occurrence(cron, *berlin, Instant::max()), std::nullopt);
    EXPECT_EQ(latest_occurrence(cron, *berlin, Instant::min()), std::nullopt);
    EXPECT_EQ(latest_occurrence(cron, *berlin, Instant::max()), at("2199-12-31T01:30:00Z"));
}

}  // namespace
}  // namespace attune
