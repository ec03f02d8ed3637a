#include "daemon/loop_watch.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class LoopWatchTest : public testing::Test {
protected:
    LoopWatchTest() {
        watch.watch("executor 0", executor);
        watch.watch("runner", runner);
    }

    // Looks once a second until `until`; the executor works all the time.
    std::vector<std::string> look_until(Duration until) {
        std::vector<std::string> hanging;
        for (; now <= until; now += 1s) {
            executor.made();
            hanging = watch.step(now);
        }
        return hanging;
    }

    LoopWatch watch{/*patience=*/10s};
    Progress executor;
    Progress runner;
    Duration now{1000s};
};

TEST_F(LoopWatchTest, ALoopWithoutASignOfLifeForItsPatienceHangs) {
    EXPECT_THAT(look_until(1009s), IsEmpty());
    EXPECT_THAT(look_until(1010s), ElementsAre("runner"));
}

TEST_F(LoopWatchTest, OneSignIsEnough) {
    look_until(1009s);
    runner.made();
    EXPECT_THAT(look_until(1019s), IsEmpty());
    EXPECT_THAT(look_until(1020s), ElementsAre("runner"));
}

TEST_F(LoopWatchTest, ALoopThatComesBackHangsNoMore) {
    look_until(1020s);
    runner.made();
    EXPECT_THAT(look_until(1021s), IsEmpty());
}

TEST_F(LoopWatchTest, WaitingForTheOutsideIsNotHangingHoweverLong) {
    const Progress::Bound bound(runner);
    const WaitsOutside database;
    EXPECT_THAT(look_until(5000s), IsEmpty());
}

TEST_F(LoopWatchTest, AMachineThatSleptIsNoReason) {
    look_until(1002s);
    now += 8h;
    EXPECT_THAT(watch.step(now), IsEmpty());
}

TEST_F(LoopWatchTest, WhatIsNotWatchedAnyMoreHangsNot) {
    watch.stop_watching();
    EXPECT_THAT(look_until(1100s), IsEmpty());
}

}  // namespace
}  // namespace attune
