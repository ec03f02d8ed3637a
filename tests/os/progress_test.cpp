#include "os/progress.h"

#include <optional>
#include <thread>

#include <gmock/gmock.h>

namespace attune {
namespace {

TEST(Progress, CountsWhatIsDone) {
    Progress progress;
    progress.made();
    progress.made();
    EXPECT_EQ(progress.count(), 2U);
    EXPECT_FALSE(progress.waits_outside());
}

TEST(Progress, AWaitForTheOutsideIsSeenWhileItLastsAndCountsWhenItEnds) {
    Progress progress;
    const Progress::Bound bound(progress);
    std::optional<WaitsOutside> database(std::in_place);
    EXPECT_TRUE(progress.waits_outside());
    { const WaitsOutside disk; }
    EXPECT_TRUE(progress.waits_outside());
    database.reset();
    EXPECT_FALSE(progress.waits_outside());
    EXPECT_EQ(progress.count(), 2U);
}

TEST(Progress, BelongsToTheThreadThatBoundIt) {
    Progress progress;
    const Progress::Bound bound(progress);
    std::thread([] { const WaitsOutside elsewhere; }).join();
    EXPECT_EQ(progress.count(), 0U);
}

TEST(Progress, OnAnUnboundThreadAWaitConcernsNobody) {
    Progress progress;
    { const Progress::Bound bound(progress); }
    { const WaitsOutside unseen; }
    EXPECT_EQ(progress.count(), 0U);
}

}  // namespace
}  // namespace attune
