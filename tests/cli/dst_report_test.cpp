#include "cli/dst_report.h"

#include <gmock/gmock.h>

#include "cli/next_request.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Schedule cron(const std::string& expression, const std::string& timezone) {
    return *imagine({*Ref::parse("core.crontimer"), *Ref::parse("ops.tick"),
                     Json{{"expression", expression}, {"timezone", timezone}}, TimePoint{}},
                    system_zones());
}

// From one new year to the next.
std::vector<std::string> changes(const Schedule& schedule) {
    std::vector<std::string> texts;
    for (const auto& change : clock_changes(schedule, *parse_rfc3339("2027-01-01T00:00:00Z"),
                                            *parse_rfc3339("2028-01-01T00:00:00Z"))) {
        texts.push_back(describe(change));
    }
    return texts;
}

TEST(DstReport, AFixedTimeIsMovedAndNeverDoubled) {
    EXPECT_THAT(changes(cron("0 30 2 * * *", "Europe/Berlin")),
                ElementsAre("2027-03-28T01:00:00Z  02:00:00-03:00:00 does not exist: fires at "
                            "03:00:00 instead",
                            "2027-10-31T01:00:00Z  02:00:00-03:00:00 comes twice: fires the "
                            "first time only"));
}

TEST(DstReport, WhatRunsLikeAnIntervalLosesAndGainsInstants) {
    EXPECT_THAT(
        changes(cron("0 */30 * * * *", "Europe/Berlin")),
        ElementsAre("2027-03-28T01:00:00Z  02:00:00-03:00:00 does not exist: 2 instants "
                    "less",
                    "2027-10-31T01:00:00Z  02:00:00-03:00:00 comes twice: 2 instants "
                    "more"));
}

TEST(DstReport, TimesFarFromTheJumpAndZonesWithoutOneAreNotNamed) {
    EXPECT_THAT(changes(cron("0 0 12 * * *", "Europe/Berlin")), IsEmpty());
    EXPECT_THAT(changes(cron("0 30 2 * * *", "UTC")), IsEmpty());
    EXPECT_THAT(changes(cron("0 30 2 * * *", "Asia/Tokyo")), IsEmpty());
}

TEST(DstReport, AnIntervalKnowsNoWallClock) {
    const auto hourly = *imagine({*Ref::parse("core.intervaltimer"), *Ref::parse("ops.tick"),
                                  Json{{"unit", "hours"}, {"interval", 1}}, TimePoint{}},
                                 system_zones());
    EXPECT_THAT(changes(hourly), IsEmpty());
}

}  // namespace
}  // namespace attune
