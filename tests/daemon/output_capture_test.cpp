#include "daemon/runner/output_capture.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

TEST(OutputCapture, KeepsAllOfAShortOutput) {
    OutputCapture capture(8, 8);
    capture.add("hello ");
    capture.add("world");
    EXPECT_EQ(capture.text(100).text, "hello world");
    EXPECT_EQ(capture.text(100).dropped, 0u);
    EXPECT_TRUE(capture.is_whole());
}

TEST(OutputCapture, KeepsHeadAndTailOfALongOne) {
    OutputCapture capture(4, 4);
    for (char c = 'a'; c <= 'z'; ++c) capture.add(std::string_view(&c, 1));
    EXPECT_EQ(capture.size(), 26u);
    EXPECT_FALSE(capture.is_whole());
    EXPECT_EQ(capture.text(8).text, "abcd\n[... 18 bytes dropped ...]\nwxyz");
    EXPECT_EQ(capture.text(8).dropped, 18u);
}

TEST(OutputCapture, IsTheSameHoweverTheOutputArrives) {
    const std::string whole = "0123456789abcdefghijklmnopqrstuvwxyz";
    OutputCapture at_once(4, 7);
    at_once.add(whole);
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        OutputCapture capture(4, 7);
        for (std::size_t at = 0; at < whole.size(); at += piece) {
            capture.add(std::string_view(whole).substr(at, piece));
        }
        EXPECT_EQ(capture.text(11).text, at_once.text(11).text) << piece;
    }
}

TEST(OutputCapture, CutsFurtherWhenItIsAskedTo) {
    OutputCapture capture(8, 8);
    capture.add("0123456789abcdef");
    EXPECT_EQ(capture.text(16).text, "0123456789abcdef");
    EXPECT_EQ(capture.text(4).text, "01\n[... 12 bytes dropped ...]\nef");
    EXPECT_EQ(capture.text(0).text, "\n[... 16 bytes dropped ...]\n");
}

TEST(OutputCapture, CutsNoCharacterInTwo) {
    OutputCapture capture(5, 5);
    capture.add("ab\u20acx\u20acy\u20accd");  // the euro sign has three bytes
    EXPECT_EQ(capture.text(10).text, "ab\u20ac\n[... 5 bytes dropped ...]\n\u20accd");
    EXPECT_EQ(capture.text(8).text, "ab\n[... 11 bytes dropped ...]\ncd");
}

TEST(OutputCapture, MakesBytesStorableThatPostgresRefuses) {
    OutputCapture capture(8, 8);
    capture.add(std::string_view("a\0b", 3));
    EXPECT_EQ(capture.text(8).text, "a\uFFFDb");
}

}  // namespace
}  // namespace attune
