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
    {
        const auto two = slots.take(2);
        EXPECT_EQ(two.count(), 2);
        EXPECT_EQ(slots.take(2).count(), 1);
        EXPECT_EQ(slots.free(), 1);
    }
    EXPECT_EQ(slots.free(), 3);
}

TEST(Slots, WhatRunsAlreadyHasOneInAnyCase) {
    Slots slots(1);
    auto taken = slots.take(1);
    auto adopted = slots.take_over();
    EXPECT_EQ(slots.free(), -1);
    taken.give_back();
    EXPECT_EQ(slots.take(1).count(), 0);
    adopted.give_back();
    EXPECT_EQ(slots.take(1).count(), 1);
}

TEST(Slots, NobodyGetsOneWhileTheyAreClosed) {
    Slots slots(2, /*open=*/false);
    EXPECT_EQ(slots.take(1).count(), 0);
    slots.open();
    auto held = slots.take(1);
    EXPECT_EQ(held.count(), 1);
    slots.close();
    EXPECT_EQ(slots.take(1).count(), 0);
    held.give_back();
    EXPECT_EQ(slots.free(), 2);
}

TEST(Slots, AreGivenBackOnceWhoeverHoldsThem) {
    Slots slots(3);
    auto lease = slots.take(3);
    auto one = lease.take_one();
    EXPECT_EQ(lease.count(), 2);
    one = lease.take_one();  // the first goes back
    EXPECT_EQ(slots.free(), 1);
    const auto moved = std::move(one);
    lease = SlotLease();
    EXPECT_EQ(slots.free(), 2);
    EXPECT_EQ(lease.take_one().count(), 0);
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
                    auto lease = slots.take(3);
                    const int mine = lease.count();
                    const int now = taken.fetch_add(mine) + mine;
                    int seen = most.load();
                    while (now > seen && !most.compare_exchange_weak(seen, now)) {
                    }
                    taken.fetch_sub(mine);
                    lease.give_back();
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
