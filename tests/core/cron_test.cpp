// The dialect, in the order of docs/timers.md. Instants are in UTC unless a zone is named.
#include "core/cron.h"

#include <random>

#include <gmock/gmock.h>

#include "core/cron_search.h"
#include "core/time.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

CronExpression cron(std::string_view text) {
    auto parsed = CronExpression::parse(text);
    if (!parsed) ADD_FAILURE() << parsed.error().message;
    return parsed.value();
}

// The first `count` instants after `after`, written as short as they come.
std::vector<std::string> fires(std::string_view text, std::string_view after, int count) {
    const auto expression = cron(text);
    auto at = std::chrono::floor<Seconds>(parse_rfc3339(after).value());
    std::vector<std::string> result;
    for (int i = 0; i < count; ++i) {
        const auto next = next_occurrence(expression, *Zone::utc(), at);
        if (!next) break;
        at = *next;
        result.push_back(format_rfc3339(at));
    }
    return result;
}

bool same(std::string_view a, std::string_view b) { return cron(a).sets() == cron(b).sets(); }

TEST(Cron, HasFiveSixOrSevenFields) {
    EXPECT_THAT(fires("30 9 * * *", "2026-11-23T12:00:00Z", 1),
                ElementsAre("2026-11-24T09:30:00Z"));
    EXPECT_THAT(fires("15 30 9 * * *", "2026-11-23T12:00:00Z", 1),
                ElementsAre("2026-11-24T09:30:15Z"));
    EXPECT_THAT(fires("15 30 9 1 1 * 2030", "2026-11-23T12:00:00Z", 2),
                ElementsAre("2030-01-01T09:30:15Z"));
    EXPECT_TRUE(same("30 9 * * *", "0 30 9 * * *"));
    EXPECT_TRUE(same("0 30 9 * * *", "0 30 9 * * * *"));
    EXPECT_TRUE(same(" 30\t9  * * * ", "30 9 * * *"));
}

TEST(Cron, TakesListsRangesAndSteps) {
    EXPECT_TRUE(same("*/15 * * * *", "0,15,30,45 * * * *"));
    EXPECT_TRUE(same("5/20 * * * *", "5,25,45 * * * *"));
    EXPECT_TRUE(same("10-30/10 * * * *", "10,20,30 * * * *"));
    EXPECT_TRUE(same("1-3,2-5 * * * *", "1,2,3,4,5 * * * *"));
    EXPECT_TRUE(same("0 0 0 1 1 ? 2026-2030/2", "0 0 0 1 1 * 2026,2028,2030"));
}

TEST(Cron, StepsRestartInEveryUnit) {
    EXPECT_THAT(
        fires("*/35 * * * *", "2026-11-23T12:00:00Z", 3),
        ElementsAre("2026-11-23T12:35:00Z", "2026-11-23T13:00:00Z", "2026-11-23T13:35:00Z"));
}

TEST(Cron, NamesMonthsAndWeekdaysInAnyCase) {
    EXPECT_TRUE(same("0 0 * jan-Mar mon", "0 0 * 1-3 1"));
    EXPECT_TRUE(same("0 0 * * MON-FRI", "0 0 * * 1-5"));
    EXPECT_TRUE(same("0 0 * JUL WED", "0 0 * 7 3"));
}

TEST(Cron, SundayIs0And7) {
    EXPECT_TRUE(same("0 0 * * 0", "0 0 * * 7"));
    EXPECT_TRUE(same("0 0 * * SUN", "0 0 * * 7"));
    EXPECT_TRUE(same("0 0 * * 5-7", "0 0 * * FRI-SUN"));
    EXPECT_TRUE(same("0 0 * * 5-7", "0 0 * * 5,6,0"));
    EXPECT_TRUE(same("0 0 * * MON-SUN", "0 0 * * 0-6"));
    EXPECT_TRUE(same("0 0 * * SUN-SUN", "0 0 * * 0"));
    EXPECT_TRUE(same("0 0 * * SUN-TUE", "0 0 * * 0-2"));
    EXPECT_TRUE(same("0 0 * * 5/1", "0 0 * * 5,6"));
}

TEST(Cron, NicknamesStandForExpressions) {
    EXPECT_TRUE(same("@yearly", "0 0 1 1 *"));
    EXPECT_TRUE(same("@annually", "@yearly"));
    EXPECT_TRUE(same("@monthly", "0 0 1 * *"));
    EXPECT_TRUE(same("@weekly", "0 0 * * 0"));
    EXPECT_TRUE(same("@daily", "0 0 * * *"));
    EXPECT_TRUE(same("@midnight", "@Daily"));
    EXPECT_TRUE(same("@hourly", "0 * * * *"));
    EXPECT_TRUE(cron("@hourly").is_interval_like());
    EXPECT_FALSE(cron("@daily").is_interval_like());
}

TEST(Cron, FiresOnEitherDayWhenBothAreGiven) {
    EXPECT_THAT(fires("0 0 13 * FRI", "2026-11-01T00:00:00Z", 4),
                ElementsAre("2026-11-06T00:00:00Z", "2026-11-13T00:00:00Z",
                            "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"));
    EXPECT_THAT(fires("0 0 1 * FRI", "2026-11-30T00:00:00Z", 2),
                ElementsAre("2026-12-01T00:00:00Z", "2026-12-04T00:00:00Z"));
}

TEST(Cron, FiresOnBothDaysWithAPlus) {
    EXPECT_THAT(
        fires("0 0 13 * +FRI", "2026-01-01T00:00:00Z", 3),
        ElementsAre("2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"));
    EXPECT_TRUE(same("0 0 13 * +*", "0 0 13 * *"));
}

TEST(Cron, ADayFieldWithStarOrQuestionDoesNotRestrict) {
    EXPECT_TRUE(same("0 0 ? * FRI", "0 0 * * FRI"));
    EXPECT_TRUE(same("0 0 */1 * FRI", "0 0 * * FRI"));
    EXPECT_TRUE(same("0 0 5,* * FRI", "0 0 * * FRI"));
    EXPECT_TRUE(same("0 0 13 * ?", "0 0 13 * *"));
    // These do restrict, so that both fields count.
    EXPECT_FALSE(same("0 0 1-31 * FRI", "0 0 * * FRI"));
    EXPECT_THAT(fires("0 0 1-31 * FRI", "2026-11-23T00:00:00Z", 1),
                ElementsAre("2026-11-24T00:00:00Z"));
    EXPECT_THAT(fires("0 0 13 * SUN-SAT", "2026-11-23T00:00:00Z", 1),
                ElementsAre("2026-11-24T00:00:00Z"));
}

TEST(Cron, KnowsTheLastDayOfTheMonth) {
    EXPECT_THAT(
        fires("0 0 L * *", "2027-12-31T00:00:00Z", 3),
        ElementsAre("2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"));
    EXPECT_THAT(fires("0 0 L-2 * *", "2026-12-31T00:00:00Z", 2),
                ElementsAre("2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z"));
    // A month without a 30th before its last day has none.
    EXPECT_THAT(fires("0 0 L-30 * *", "2027-01-01T00:00:00Z", 2),
                ElementsAre("2027-03-01T00:00:00Z", "2027-05-01T00:00:00Z"));
}

TEST(Cron, KnowsTheNearestWorkday) {
    // 2026-08-01 is a Saturday, 2026-11-01 a Sunday, 2027-02-28 a Sunday.
    EXPECT_THAT(fires("0 0 1W 8 *", "2026-07-30T00:00:00Z", 1),
                ElementsAre("2026-08-03T00:00:00Z"));
    EXPECT_THAT(fires("0 0 1W 11 *", "2026-10-30T00:00:00Z", 1),
                ElementsAre("2026-11-02T00:00:00Z"));
    EXPECT_THAT(fires("0 0 15W 8 *", "2026-08-01T00:00:00Z", 1),
                ElementsAre("2026-08-14T00:00:00Z"));
    EXPECT_THAT(fires("0 0 28W 2 *", "2027-01-30T00:00:00Z", 1),
                ElementsAre("2027-02-26T00:00:00Z"));
    EXPECT_THAT(fires("0 0 31W 4 *", "2026-01-01T00:00:00Z", 1), IsEmpty());
}

TEST(Cron, KnowsTheLastWorkday) {
    EXPECT_THAT(
        fires("0 0 LW * *", "2027-01-01T00:00:00Z", 3),
        ElementsAre("2027-01-29T00:00:00Z", "2027-02-26T00:00:00Z", "2027-03-31T00:00:00Z"));
    // 2027-02-26 is a Friday; the 27th, one before the last, a Saturday.
    EXPECT_THAT(fires("0 0 L-1W 2 *", "2027-01-01T00:00:00Z", 1),
                ElementsAre("2027-02-26T00:00:00Z"));
}

TEST(Cron, KnowsTheNthAndLastWeekdayOfTheMonth) {
    EXPECT_THAT(fires("0 0 * * FRI#2", "2026-11-01T00:00:00Z", 2),
                ElementsAre("2026-11-13T00:00:00Z", "2026-12-11T00:00:00Z"));
    EXPECT_THAT(fires("0 0 * * 1#5", "2026-11-01T00:00:00Z", 2),
                ElementsAre("2026-11-30T00:00:00Z", "2027-03-29T00:00:00Z"));
    EXPECT_THAT(fires("0 0 * * FRIL", "2026-11-01T00:00:00Z", 2),
                ElementsAre("2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"));
    EXPECT_TRUE(same("0 0 * * FRIL", "0 0 * * 5#L"));
    EXPECT_TRUE(same("0 0 * * 7L", "0 0 * * SUNL"));
}

TEST(Cron, SpecialsMayBeListed) {
    EXPECT_THAT(
        fires("0 0 1,15W,L 11 *", "2026-10-31T00:00:00Z", 3),
        ElementsAre("2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-30T00:00:00Z"));
    EXPECT_THAT(fires("0 0 * * MON#1,FRIL", "2026-11-01T00:00:00Z", 2),
                ElementsAre("2026-11-02T00:00:00Z", "2026-11-27T00:00:00Z"));
}

TEST(Cron, WaitsFortyYearsForAFebruary29OnAMonday) {
    EXPECT_THAT(fires("0 0 29 2 +MON", "2073-01-01T00:00:00Z", 1),
                ElementsAre("2112-02-29T00:00:00Z"));
}

TEST(Cron, EndsWith2199) {
    EXPECT_THAT(fires("0 0 31 12 *", "2198-12-31T00:00:00Z", 5),
                ElementsAre("2199-12-31T00:00:00Z"));
    EXPECT_EQ(next_occurrence(cron("* * * * * *"), *Zone::utc(), Instant::max() - Seconds(1)),
              std::nullopt);
}

TEST(Cron, AnImpossibleDateParsesAndNeverFires) {
    for (const auto* text : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 L-30 2 *", "0 0 LW * +SUN",
                             "0 0 0 29 2 ? 2100"}) {
        EXPECT_FALSE(cron(text).fires_ever()) << text;
    }
    EXPECT_TRUE(cron("0 0 29 2 *").fires_ever());
}

TEST(Cron, IsIntervalLikeByTheTextOfItsTime) {
    for (const auto* text : {"* * * * *", "*/5 2 * * *", "0-5 2 * * *", "0 2-3 * * *",
                             "5-5 2 * * *", "0 0/1 2 * * *", "* 30 2 * * *"}) {
        EXPECT_TRUE(cron(text).is_interval_like()) << text;
    }
    for (const auto* text : {"30 2 * * *", "0,30 1,2 * * *", "0 30 2 */2 1-6 MON-FRI"}) {
        EXPECT_FALSE(cron(text).is_interval_like()) << text;
    }
}

TEST(Cron, CanonicalTextReadsBackAsTheSameSet) {
    EXPECT_EQ(cron("@daily").canonical(), "0 0 0 * * *");
    EXPECT_EQ(cron("*/15 * * * *").canonical(), "0 */15 * * * *");
    EXPECT_EQ(cron("0,30 2 * * *").canonical(), "0 0,30 2 * * *");
    EXPECT_EQ(cron("5-5 2 * * *").canonical(), "0-0 5 2 * * *");
    EXPECT_EQ(cron("0 9 LW,13,15W jan-mar +5,MON#1,FRIL").canonical(),
              "0 0 9 13,LW,15W 1-3 +5,1#1,5L");
    EXPECT_EQ(cron("0 0 0 1 1 ? 2026-2028").canonical(), "0 0 0 1 1 * 2026-2028");
}

std::vector<std::string> remarks(std::string_view text, std::string_view in = "UTC") {
    std::vector<std::string> reasons;
    for (const auto& remark : lint(cron(text), *zone(in))) reasons.push_back(remark.reason);
    return reasons;
}

TEST(CronRemarks, AreMadeOfWhatIsPerhapsNotMeant) {
    EXPECT_THAT(remarks("0 9 13 * FRI"), ElementsAre("either_day"));
    EXPECT_THAT(remarks("0 9 13 * +FRI"), IsEmpty());
    EXPECT_THAT(remarks("0 9 * * 1-5"), ElementsAre("numeric_weekday"));
    EXPECT_THAT(remarks("0 9 * * MON#1"), IsEmpty());
    EXPECT_THAT(remarks("0 9 * * */2"), IsEmpty());
    EXPECT_THAT(remarks("* 30 9 * * *"), ElementsAre("every_second"));
    EXPECT_THAT(remarks("* * * * * *"), IsEmpty());
    EXPECT_THAT(remarks("30 2 * * *", "Europe/Berlin"), ElementsAre("dst_time"));
    EXPECT_THAT(remarks("30 4 * * *", "Europe/Berlin"), IsEmpty());
    EXPECT_THAT(remarks("*/30 2 * * *", "Europe/Berlin"), IsEmpty());
    EXPECT_THAT(remarks("30 2 * * *", "Asia/Tokyo"), IsEmpty());
    EXPECT_THAT(remarks("@daily"), IsEmpty());
}

}  // namespace
}  // namespace attune
