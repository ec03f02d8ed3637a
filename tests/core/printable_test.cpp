#include "core/printable.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(Printable, NoControlCharacterIsLeft) {
    EXPECT_EQ(printable("a\033[2Jb\nc\td\x7f"), "a [2Jb c d ");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m\xc2\x80"),
              " 31m ");
}

TEST(Printable, EverythingElseIs) {
    EXPECT_EQ(printable("\xc2\xa0 ä€𝄞 ~"), "\xc2\xa0 ä€𝄞 ~");
    EXPECT_EQ(printable("\xc2"), "\xc2");
}

}  // namespace
}  // namespace attune
