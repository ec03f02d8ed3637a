#include "core/suggest.h"

#include <vector>

#include <gtest/gtest.h>

namespace attune {
namespace {

const std::vector<std::string> kNames = {"interval", "unit", "time_zone", "enabled", "anchor"};

TEST(EditDistance, CountsSingleEdits) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("intervall", "interval"), 1U);
    EXPECT_EQ(edit_distance("nuit", "unit"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggest, FindsTheWordThatWasMeant) {
    EXPECT_EQ(suggest("intervall", kNames), "interval");
    EXPECT_EQ(suggest("Timezone", kNames), "time_zone");
    EXPECT_EQ(suggest("time-zone", kNames), "time_zone");
    EXPECT_EQ(suggest("enabeld", kNames), "enabled");
}

TEST(Suggest, KeepsQuietWhenNothingIsNear) {
    EXPECT_EQ(suggest("expression", kNames), std::nullopt);
    EXPECT_EQ(suggest("x", kNames), std::nullopt);
}

TEST(Suggest, KeepsQuietBetweenTwoEquallyNear) {
    const std::vector<std::string> twins = {"cat", "car", "dog"};
    EXPECT_EQ(suggest("cab", twins), std::nullopt);
    EXPECT_EQ(suggest("cat", twins), "cat");
}

}  // namespace
}  // namespace attune
