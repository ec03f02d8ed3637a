#include "manual/roff.h"

#include <gmock/gmock.h>

#include "manual/page.h"

namespace attune {
namespace {

TEST(Roff, WhatIsTypedIsShownAsItIs) {
    EXPECT_EQ(roff::literal("a-b \\n"), "a\\-b \\en");
    EXPECT_EQ(roff::literal("'x' \"y\" `z` ~ ^"),
              "\\(aqx\\(aq \\(dqy\\(dq \\(gaz\\(ga \\(ti \\(ha");
}

TEST(Roff, NoTextIsTakenForARequest) {
    EXPECT_EQ(roff::literal(".d"), "\\&.d");
    EXPECT_EQ(roff::prose(".d is a folder"), "\\&.d is a folder.\n");
    EXPECT_EQ(roff::prose("'tis"), "\\&'tis.\n");
}

TEST(Roff, EachSentenceHasALineOfItsOwn) {
    EXPECT_EQ(roff::prose("One. Two! `three` is 3.5. strict: four"),
              "One.\nTwo! \\fBthree\\fR is 3.5. strict: four.\n");
    EXPECT_EQ(roff::prose(""), "");
}

TEST(Roff, SentencesBeginWithACapitalLetter) {
    EXPECT_EQ(roff::sentence("a file, or - for standard input"),
              "A file, or - for standard input.\n");
    EXPECT_EQ(roff::sentence(""), "");
}

TEST(Roff, QuotedWordsAreTypedAsTheyStand) {
    EXPECT_EQ(roff::prose("see `--x` and well-known"), "see \\fB\\-\\-x\\fR and well-known.\n");
}

TEST(Page, LinesBetweenAtSignsAreFilled) {
    const Sections sections = {
        {"twice", [](const std::string& words) { return words + words + "\n"; }}};
    EXPECT_EQ(fill("a\n@twice b c@\nd@e\n", sections), "a\nb cb c\nd@e\n");
}

TEST(Page, AskingForWhatThereIsNotIsAnError) {
    EXPECT_THROW(fill("@nothing@\n", {}), FrameError);
    EXPECT_THROW(fill("@kind walrus@\n", all_sections()), FrameError);
    EXPECT_THROW(fill("@options walrus@\n", all_sections()), FrameError);
    EXPECT_THROW(fill("@exits walrus@\n", all_sections()), FrameError);
}

}  // namespace
}  // namespace attune
