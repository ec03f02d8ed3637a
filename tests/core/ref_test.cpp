#include "core/ref.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(Ref, HasAPackAndAName) {
    const auto ref = Ref::parse("ops.every_10m");
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->pack(), "ops");
    EXPECT_EQ(ref->name(), "every_10m");
    EXPECT_EQ(ref->text(), "ops.every_10m");
}

TEST(Ref, OfAPackHasNoName) {
    const auto ref = Ref::parse_pack("my-pack");
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->pack(), "my-pack");
    EXPECT_EQ(ref->name(), "");
}

TEST(Ref, IsLowerCaseAndHasExactlyOneDot) {
    for (const auto* text :
         {"", ".", "ops", "ops.", ".tick", "Ops.tick", "ops.Tick", "ops.a.b", "ops.a-b",
          "o.tick", "1ops.tick", "ops.1tick", "ops tick.a", "ops._a"}) {
        EXPECT_FALSE(Ref::parse(text)) << text;
    }
}

TEST(Ref, SegmentsHaveAtMost63Characters) {
    const std::string longest(63, 'a');
    EXPECT_TRUE(Ref::parse(longest + "." + longest));
    EXPECT_FALSE(Ref::parse(longest + "a." + longest));
    EXPECT_FALSE(Ref::parse(longest + "." + longest + "a"));
}

}  // namespace
}  // namespace attune
