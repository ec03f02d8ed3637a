#include "daemon/slots.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/backoff.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

TEST(Slots, GivesNoMoreThanItHas) {
    Slots slots(3);
    EXPECT_EQ(slots.take(2), 2);
    EXPECT_EQ(slots.take(2), 1);
    EXPECT_EQ(slots.take(2), 0);
    slots.give_back(3);
    EXPECT_EQ(slots.free(), 3);
}

TEST(Slots, AreCountedRightByManyThreads) {
    Slots slots(8);
    std::atomic<int> most{0};
    std::atomic<int> taken{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 20'000; ++round) {
                    const int mine = slots.take(3);
                    const int now = taken.fetch_add(mine) + mine;
                    int seen = most.load();
                    while (now > seen && !most.compare_exchange_weak(seen, now)) {
                    }
                    taken.fetch_sub(mine);
                    slots.give_back(mine);
                }
            });
        }
    }
    EXPECT_LE(most.load(), 8);
    EXPECT_EQ(slots.free(), 8);
}

TEST(Backoff, DoublesToFiveSecondsAndStartsAnewAfterSuccess) {
    Backoff backoff;
    EXPECT_EQ(backoff.failed(), 50ms);
    EXPECT_EQ(backoff.failed(), 100ms);
    for (int i = 0; i < 20; ++i) backoff.failed();
    EXPECT_EQ(backoff.failed(), 5s);
    backoff.succeeded();
    EXPECT_EQ(backoff.failed(), 50ms);
}

}  // namespace
}  // namespace attune
