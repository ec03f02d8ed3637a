#include "core/time.h"

#include <gmock/gmock.h>

#include "core/json_values.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr TimePoint kNoon = sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

TimePoint moment(std::string_view text) {
    const auto parsed = parse_rfc3339(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(kNever);
}

std::string refusal(std::string_view text) {
    const auto parsed = parse_rfc3339(text);
    return parsed ? "accepted" : parsed.error().reason;
}

TEST(Moment, IsWrittenWithAFractionOnlyWhenThereIsOne) {
    EXPECT_EQ(format_rfc3339(kNoon), "2026-11-23T12:00:00Z");
    EXPECT_EQ(format_rfc3339(kNoon + 250ms), "2026-11-23T12:00:00.25Z");
    EXPECT_EQ(format_rfc3339(kNoon + 1us), "2026-11-23T12:00:00.000001Z");
    EXPECT_EQ(format_rfc3339(TimePoint(-1us)), "1969-12-31T23:59:59.999999Z");
}

TEST(Moment, InKeysAlwaysHasSixDigits) {
    EXPECT_EQ(format_rfc3339_micros(kNoon), "2026-11-23T12:00:00.000000Z");
}

TEST(Moment, ReadsBackWhatIsWritten) {
    for (const auto at : {kNoon, kNoon + 1us, TimePoint(0s), TimePoint(-1us)}) {
        EXPECT_EQ(moment(format_rfc3339(at)), at);
        EXPECT_EQ(moment(format_rfc3339_micros(at)), at);
    }
}

TEST(Moment, ItsOffsetDecides) {
    EXPECT_EQ(moment("2026-11-23T13:00:00+01:00"), kNoon);
    EXPECT_EQ(moment("2026-11-23T06:30:00-05:30"), kNoon);
    EXPECT_EQ(moment("2026-11-24t00:00:00+12:00"), kNoon);
    EXPECT_EQ(moment("2026-11-23T12:00:00z"), kNoon);
}

TEST(Moment, RoundsAFinerFractionToMicroseconds) {
    EXPECT_EQ(moment("2026-11-23T12:00:00.0000004Z"), kNoon);
    EXPECT_EQ(moment("2026-11-23T12:00:00.0000005Z"), kNoon + 1us);
    EXPECT_EQ(moment("2026-11-23T11:59:59.99999999999999999999Z"), kNoon);
}

TEST(Moment, SaysWhatIsWrong) {
    EXPECT_EQ(refusal("2026-11-23T24:00:00Z"), "out_of_range");
    EXPECT_EQ(refusal("2026-11-23T12:60:00Z"), "out_of_range");
    EXPECT_EQ(refusal("2026-11-23T23:59:60Z"), "leap_second");
    EXPECT_EQ(refusal("2026-11-23T12:00:00"), "missing_offset");
    EXPECT_EQ(refusal("2026-11-23T12:00Z"), "missing_seconds");
    EXPECT_EQ(refusal("2026-02-29T12:00:00Z"), "impossible_date");
    EXPECT_EQ(refusal("2026-13-01T12:00:00Z"), "impossible_date");
    EXPECT_EQ(refusal("2026-11-23T12:00:00+24:00"), "out_of_range");
    for (const auto* text :
         {"", "2026", "2026-11-23", "2026-11-23 12:00:00Z", "26-11-23T12:00:00Z",
          "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00+0100", "2026-11-23T12:00:00Z ",
          " 2026-11-23T12:00:00Z", "tomorrow"}) {
        EXPECT_EQ(refusal(text), "syntax") << text;
    }
}

TEST(Moment, OfJsonIsText) {
    EXPECT_EQ(to_moment(Json("2026-11-23T12:00:00Z")).value(), kNoon);
    EXPECT_FALSE(to_moment(Json(5)));
}

TEST(DurationText, HasEachUnitOnceLargestFirst) {
    EXPECT_EQ(parse_duration("90s").value(), 90s);
    EXPECT_EQ(parse_duration("5m").value(), 5min);
    EXPECT_EQ(parse_duration("1h30m").value(), 90min);
    EXPECT_EQ(parse_duration("2d").value(), 48h);
    EXPECT_EQ(parse_duration("1d2h3m4s").value(), 26h + 3min + 4s);
    EXPECT_EQ(parse_duration("0s").value(), 0s);
    for (const auto* text : {"", "5", "m", "5x", "30m1h", "1m1m", "1.5h", "-5s", "5 s", "0m",
                             "1h0m", " 5s", "5S", "5s "}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(DurationText, IsAtMost3650Days) {
    EXPECT_EQ(parse_duration("3650d").value(), kLongestDuration);
    EXPECT_EQ(parse_duration("3650d1s").error().reason, "out_of_range");
    EXPECT_EQ(parse_duration("99999999999999999999999999d").error().reason, "out_of_range");
}

TEST(DurationText, ReadsBackWhatIsWritten) {
    for (const Duration duration : {Duration(1s), Duration(59s), Duration(90s), Duration(1h),
                                    Duration(25h + 1s), kLongestDuration}) {
        EXPECT_EQ(parse_duration(format_duration(duration)).value(), duration);
    }
    EXPECT_EQ(format_duration(90min), "1h30m");
    EXPECT_EQ(format_duration(250ms), "250ms");
    EXPECT_EQ(format_duration(0s), "0s");
}

TEST(DurationText, OfJsonMayBeAnIntegerOfSeconds) {
    EXPECT_EQ(to_duration(Json::parse("90")).value(), 90s);
    EXPECT_EQ(to_duration(Json::parse("0")).value(), 0s);
    EXPECT_EQ(to_duration(Json("1m")).value(), 60s);
    for (const auto* text :
         {"-1", "1.5", "1e3", "315360001", "18446744073709551615", "null", "true", "[]"}) {
        EXPECT_FALSE(to_duration(Json::parse(text))) << text;
    }
}

}  // namespace
}  // namespace attune
