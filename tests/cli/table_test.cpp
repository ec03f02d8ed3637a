#include "cli/table.h"

#include <sstream>

#include <gmock/gmock.h>

namespace attune {
namespace {

std::string printed(const auto& thing) {
    std::ostringstream out;
    thing.print(out);
    return out.str();
}

TEST(Table, ColumnsLineUpAndTheLastIsNotPadded) {
    Table table({"REF", "STATE"});
    table.add({"ops.a_long_name", "armed"});
    table.add({"ops.b", ""});
    EXPECT_EQ(printed(table),
              "REF              STATE\n"
              "ops.a_long_name  armed\n"
              "ops.b            -\n");
}

TEST(Table, WidthsCountCodePointsAndNotBytes) {
    Table table({"A", "B"});
    table.add({"äöü", "x"});
    table.add({"abcd", "y"});
    EXPECT_EQ(printed(table), "A     B\näöü   x\nabcd  y\n");
}

TEST(Table, NothingInACellMovesTheCursor) {
    Table table({"A", "B"});
    table.add({"a\033[2Jb\nc\x7f\xc2\x9b", "d"});
    EXPECT_THAT(printed(table), testing::HasSubstr("a [2Jb c    d\n"));
}

TEST(Table, LongTextIsCutBetweenCodePoints) {
    EXPECT_EQ(shortened("äöüäöü", 6), "äöüäöü");
    EXPECT_EQ(shortened("äöüäöüä", 6), "äöü...");
}

TEST(Table, ProseIsBrokenAtBlanks) {
    EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
    EXPECT_EQ(wrapped("unbreakable x", 5), "unbreakable\nx");
    EXPECT_EQ(wrapped("a b\n\nc", 40), "a b\n\nc");
    EXPECT_EQ(wrapped("", 40), "");
}

TEST(Lines, ValuesBeginInOneColumnAndEmptyOnesAreLeftOut) {
    Lines lines;
    lines.add("rule", "ops.a");
    lines.add("last reason", "type");
    lines.add("nothing", "");
    EXPECT_EQ(printed(lines), "rule:         ops.a\nlast reason:  type\n");
}

}  // namespace
}  // namespace attune
