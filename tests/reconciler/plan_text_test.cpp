#include "reconciler/plan_text.h"

#include <gmock/gmock.h>

#include "tests/support/plans.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNoon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);

class PlanTextTest : public testing::Test {
protected:
    PlanTextTest() {
        before.sensor("ops.every_10m", R"({"unit":"minutes","interval":10})")
            .sensor("ops.cutover")
            .sensor("ops.fast");
        after.sensor("ops.every_10m", R"({"unit":"minutes","interval":15})")
            .sensor("ops.fast")
            .with(Verdict::kFrozen, "ATT2011")
            .action("ops.sweep");
        state = applied({}, planned(before, kNoon).plan);
        state.last_tree = "9f2c1d0a77";
    }

    PlanResult planned(const Tree& tree, TimePoint now) {
        SourceSpec source;
        source.name = "main";
        const auto objects = tree.checked();
        PlanResult result = plan_changes({.state = &state,
                                          .origin = Origin::kManifest,
                                          .source = source,
                                          .objects = objects,
                                          .files = {},
                                          .now = now,
                                          .zones = &system_zones(),
                                          .surely_gone = {},
                                          .allowed_retirements = 0});
        result.plan.revision.tree = "4be1a77c00";
        return result;
    }

    Tree before;
    Tree after;
    StoredState state;
};

TEST_F(PlanTextTest, ReadsAsAList) {
    const PlanResult result = planned(after, kNoon + 1h);
    EXPECT_EQ(plan_text({result, state, 12}),
              "source main: 9f2c1d0a -> 4be1a77c   0 of 12 files changed\n"
              "  + Action  ops.sweep\n"
              "  - Sensor  ops.cutover     retire\n"
              "  ~ Sensor  ops.every_10m   config.interval 10 -> 15, timer re-armed from now\n"
              "  ! Sensor  ops.fast        frozen at generation 1: ATT2011\n"
              "1 to add, 1 to change, 1 to retire, 1 frozen\n");
}

TEST_F(PlanTextTest, IsTheSameForTheSamePlan) {
    EXPECT_EQ(plan_text({planned(after, kNoon), state, 12}),
              plan_text({planned(after, kNoon), state, 12}));
}

TEST_F(PlanTextTest, WhatIsQuotedKeepsToItsLine) {
    after.sensor("ops.two", R"({"unit":"minutes","interval":10})").labelled("one\n\033[2Jtwo");
    before.sensor("ops.two", R"({"unit":"minutes","interval":10})")
        .labelled("äääääääääääääääääääääääää");
    state = applied({}, planned(before, kNoon).plan);
    const std::string text = plan_text({planned(after, kNoon + 1h), state, 12});
    EXPECT_THAT(text, testing::HasSubstr("ops.two         metadata.label "
                                         "ääääääääääääääääääää... -> "
                                         R"("one\n\u001b[2Jtwo")"));
}

TEST_F(PlanTextTest, NothingThatIsQuotedReachesTheTerminalAsAControl) {
    before.sensor("ops.two");
    state = applied({}, planned(before, kNoon).plan);
    after.sensor("ops.two")
        .labelled(
            "two\xc2\x9b"
            "2J")
        .annotated("k\xc2\x9bx\n", "v\xc2\x85");
    const std::string text = plan_text({planned(after, kNoon + 1h), state, 12});
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("\xc2")));
    EXPECT_THAT(text, testing::HasSubstr("ops.two"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("x\n")));
}

}  // namespace
}  // namespace attune
