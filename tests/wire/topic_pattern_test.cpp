#include "wire/topic_pattern.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

TopicPattern pattern(std::string_view text) { return TopicPattern::parse(text).value(); }

struct Case {
    std::string pattern;
    std::string topic;
    bool matches;
};

class TopicPatternTest : public testing::TestWithParam<Case> {};

TEST_P(TopicPatternTest, Matches) {
    EXPECT_EQ(pattern(GetParam().pattern).matches(GetParam().topic), GetParam().matches)
        << GetParam().pattern << " and " << GetParam().topic;
}

INSTANTIATE_TEST_SUITE_P(Literal, TopicPatternTest,
                         testing::Values(Case{"event.created", "event.created", true},
                                         Case{"event.created", "event.create", false},
                                         Case{"event.created", "event", false},
                                         Case{"event", "event.created", false},
                                         Case{"event", "eventful", false}));

INSTANTIATE_TEST_SUITE_P(
    OneWord, TopicPatternTest,
    testing::Values(Case{"*", "event", true}, Case{"*", "event.created", false},
                    Case{"event.*", "event.created", true}, Case{"event.*", "event", false},
                    Case{"event.*", "event.created.late", false},
                    Case{"*.created", "enforcement.created", true},
                    Case{"*.created", "created", false}, Case{"a.*.c", "a.b.c", true},
                    Case{"a.*.c", "a.b.b.c", false}));

INSTANTIATE_TEST_SUITE_P(
    AnyWords, TopicPatternTest,
    testing::Values(Case{"#", "event", true}, Case{"#", "event.created", true},
                    Case{"enforcement.#", "enforcement", true},
                    Case{"enforcement.#", "enforcement.created", true},
                    Case{"enforcement.#", "enforcement.a.b", true},
                    Case{"enforcement.#", "enforcements", false},
                    Case{"execution.status.#", "execution.completed", false},
                    Case{"execution.status.#", "execution.status", true},
                    Case{"#.created", "created", true}, Case{"#.created", "a.b.created", true},
                    Case{"#.created", "a.created.b", false}, Case{"a.#.z", "a.z", true},
                    Case{"a.#.z", "a.z.z", true}, Case{"a.#.z", "a.b.z.c", false},
                    Case{"a.#.b.#.c", "a.b.x.b.c", true}, Case{"a.#.b.#.c", "a.x.c", false},
                    Case{"#.#", "a", true}, Case{"#.*", "a", true}, Case{"#.*.*", "a", false},
                    Case{"*.#", "a.b.c", true}));

TEST(TopicPattern, AManyFoldedPatternIsJudgedInNoTime) {
    std::string text = "#";
    std::string topic = "a";
    for (int i = 0; i < 15; ++i) text += ".a.#";
    text += ".b";
    for (int i = 0; i < 10'000; ++i) topic += ".a";
    EXPECT_FALSE(pattern(text).matches(topic));
}

TEST(TopicPattern, WhatIsNoPatternIsRefusedWithItsReason) {
    for (const auto* text : {"", ".", "a.", ".a", "a..b", "Event", "a.b*", "a.#b", "a b", "ä",
                             "a.**", "{a}", "a/b"}) {
        const auto parsed = TopicPattern::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, "ATT7102");
        EXPECT_FALSE(parsed.error().help.empty());
    }
    EXPECT_FALSE(TopicPattern::parse(std::string(257, 'a')));
    std::string many = "a";
    for (int i = 0; i < 32; ++i) many += ".a";
    EXPECT_FALSE(TopicPattern::parse(many));
}

TEST(TopicPattern, TheLiteralPrefixBeginsEveryMatch) {
    EXPECT_EQ(pattern("#").literal_prefix(), "");
    EXPECT_EQ(pattern("*").literal_prefix(), "");
    EXPECT_EQ(pattern("event.created").literal_prefix(), "event.created");
    EXPECT_EQ(pattern("event.*").literal_prefix(), "event.");
    EXPECT_EQ(pattern("event.#").literal_prefix(), "event");
    EXPECT_EQ(pattern("event.created.#").literal_prefix(), "event.created");
    EXPECT_EQ(pattern("*.created").literal_prefix(), "");
    EXPECT_EQ(pattern("a.*.c.d").literal_prefix(), "a.");
}

}  // namespace
}  // namespace attune
