#include "daemon/health.h"

#include <gmock/gmock.h>

#include "tests/support/times.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Health fine() {
    Health health;
    health.generation = Generation{12};
    health.timers = 134;
    health.busy_slots = 2;
    health.slots = 8;
    return health;
}

TEST(Health, SaysWhatMattersInOneLine) {
    EXPECT_EQ(status_text(fine()),
              "generation 12, 134 timers, 0 executions wait, 2 of 8 slots busy, database ok");
}

TEST(Health, WhatWaitsIsCountedUpToAThousand) {
    auto health = fine();
    health.waiting = 1000;
    EXPECT_THAT(status_text(health), HasSubstr("1000 or more executions wait"));
}

TEST(Health, ReasonsComeFirstAndWorstFirst) {
    auto health = fine();
    health.hanging = {"runner"};
    health.database_silent_since = at("12:00:05");
    health.source_trouble = "2 frozen: rules/echo.yaml:4:7 no";
    EXPECT_THAT(
        status_text(health),
        StartsWith("degraded: the loop runner hangs; no answer of the database since "));
    EXPECT_THAT(status_text(health),
                HasSubstr("12:00:05Z; source 2 frozen: rules/echo.yaml:4:7 "
                          "no; generation 12, 134 timers, 0 "));
    EXPECT_THAT(status_text(health), Not(HasSubstr("database ok")));
}

TEST(Health, ALoopThatFailsIsAReason) {
    auto health = fine();
    health.troubles = {"feed: another daemon serves /run/attune/feed.sock"};
    EXPECT_THAT(status_text(health), StartsWith("degraded: feed: another daemon serves "));
}

TEST(Health, AStatusIsOneShortLineOfWholeCharacters) {
    EXPECT_EQ(one_status_line("a\nb\x1b[2J"), "a b [2J");
    for (std::size_t start = 0; start < 4; ++start) {
        std::string text(start, 'x');
        while (text.size() < 2 * kStatusBytes) text += "\xe2\x82\xac";  // euro signs
        const auto line = one_status_line(text);
        EXPECT_LE(line.size(), kStatusBytes);
        EXPECT_EQ((line.size() - start - 3) % 3, 0U) << start;
        EXPECT_TRUE(line.ends_with("\xe2\x82\xac..."));
    }
}

}  // namespace
}  // namespace attune
