#include "cli/next_request.h"

#include <gmock/gmock.h>

#include "tests/support/zones.h"

namespace attune {
namespace {

using testing::ElementsAre;

TimePoint at(const char* text) { return *parse_rfc3339(text); }

Json answer(const std::string& line) {
    return answer_line(line, at("2026-11-23T12:00:00Z"), system_zones());
}

std::string code(const std::string& line) {
    return answer(line).at("error").at("code").get<std::string>();
}

TEST(NextRequest, AnIntervalCountsFromItsCreation) {
    EXPECT_EQ(answer(R"({"trigger": "core.intervaltimer", "count": 2,
                         "config": {"unit": "minutes", "interval": 10},
                         "created_at": "2026-11-23T12:03:00Z",
                         "after": "2026-11-23T12:30:00Z"})"),
              (Json{{"next", {"2026-11-23T12:33:00Z", "2026-11-23T12:43:00Z"}}}));
}

TEST(NextRequest, ACronExpressionIsSearchedInItsZone) {
    EXPECT_EQ(
        answer(R"({"trigger": "core.crontimer", "count": 2, "after": "2027-03-27T12:00:00Z",
                         "config": {"expression": "0 30 2 * * *", "timezone": "Europe/Berlin"}})"),
        (Json{{"next", {"2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"}}}));
}

TEST(NextRequest, AScheduleThatEndsGivesFewer) {
    EXPECT_EQ(answer(R"({"trigger": "core.datetimetimer", "count": 3,
                         "config": {"fire_at": "2027-01-01T00:00:00Z"}})"),
              (Json{{"next", {"2027-01-01T00:00:00Z"}}}));
    EXPECT_EQ(answer(R"({"trigger": "core.datetimetimer", "count": 3,
                         "config": {"fire_at": "2020-01-01T00:00:00Z"}})"),
              (Json{{"next", Json::array()}}));
}

TEST(NextRequest, MaxFiresCountsFromTheCreation) {
    EXPECT_EQ(answer(R"({"trigger": "core.intervaltimer", "count": 9,
                         "config": {"unit": "seconds", "interval": 10, "max_fires": 4},
                         "created_at": "2026-11-23T12:00:00Z",
                         "after": "2026-11-23T12:00:20Z"})"),
              (Json{{"next", {"2026-11-23T12:00:30Z", "2026-11-23T12:00:40Z"}}}));
}

TEST(NextRequest, AFaultIsToldByItsStableWordAndItsPlace) {
    const auto cron = [](const std::string& expression) {
        return answer(R"({"trigger": "core.crontimer", "config": {"expression": ")" +
                      expression + "\"}}")
            .at("error");
    };
    EXPECT_EQ(cron("").at("code"), "empty");
    EXPECT_EQ(cron("0 61 * * * *").at("code"), "out_of_range");
    EXPECT_EQ(cron("0 61 * * * *").at("field"), "minute");
    EXPECT_EQ(cron("0 61 * * * *").at("column"), 3);
    EXPECT_EQ(cron("0 0 0 30 2 *").at("code"), "never");
    EXPECT_EQ(code(R"({"trigger": "core.crontimer",
                       "config": {"expression": "0 0 * * * *", "timezone": "Mars/Olympus"}})"),
              "unknown_zone");
}

TEST(NextRequest, AConfigNoSourceWouldAcceptIsRefused) {
    EXPECT_TRUE(answer(R"({"trigger": "core.intervaltimer",
                           "config": {"unit": "seconds", "interval": 1, "intervall": 2}})")
                    .contains("error"));
    EXPECT_TRUE(answer(R"({"trigger": "core.intervaltimer",
                           "config": {"unit": "fortnights", "interval": 1}})")
                    .contains("error"));
}

TEST(NextRequest, WhatIsNoRequestIsOneToo) {
    for (const auto* line :
         {"", "[]", "{", R"({"trigger": "a.b", "config": {}})", R"({"config": {}})",
          R"({"trigger": "core.intervaltimer", "config": {}, "count": -1})",
          R"({"trigger": "core.intervaltimer", "config": {}, "after": 7})"}) {
        EXPECT_EQ(code(line), "bad_request") << line;
    }
}

}  // namespace
}  // namespace attune
