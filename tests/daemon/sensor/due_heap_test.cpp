#include "daemon/sensor/due_heap.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>

#include "daemon/sensor/slot_index.h"
#include "tests/support/random.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

TEST(DueHeap, GivesTheEarliestFirst) {
    DueHeap heap;
    heap.set(1, TimePoint(30s));
    heap.set(2, TimePoint(10s));
    heap.set(3, TimePoint(20s));
    EXPECT_EQ(heap.top().index, 2U);
    heap.pop();
    EXPECT_EQ(heap.top().index, 3U);
}

TEST(DueHeap, MovesAndRemovesWhatItHolds) {
    DueHeap heap;
    heap.set(1, TimePoint(30s));
    heap.set(2, TimePoint(10s));
    heap.set(1, TimePoint(5s));
    EXPECT_EQ(heap.size(), 2U);
    EXPECT_EQ(heap.top().index, 1U);
    heap.remove(1);
    heap.remove(1);
    EXPECT_EQ(heap.top().index, 2U);
    EXPECT_FALSE(heap.contains(1));
    EXPECT_FALSE(heap.contains(99));
}

TEST(DueHeapProperty, StaysConsistentUnderAnySequence) {
    Random random;
    DueHeap heap;
    std::map<DueHeap::Index, TimePoint> model;
    for (int i = 0; i < random_cases(20'000); ++i) {
        const auto index = static_cast<DueHeap::Index>(random.between(0, 300));
        if (random.one_in(3)) {
            heap.remove(index);
            model.erase(index);
        } else {
            const TimePoint due(std::chrono::microseconds(random.between(0, 50)));
            heap.set(index, due);
            model[index] = due;
        }
        ASSERT_EQ(heap.size(), model.size());
        ASSERT_TRUE(i % 100 != 0 || heap.is_consistent());
        if (model.empty()) continue;
        const auto least =
            std::min_element(model.begin(), model.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        ASSERT_EQ(heap.top().due, least->second);
    }
    EXPECT_TRUE(heap.is_consistent());
}

TEST(SlotIndexProperty, KnowsEverySensorByItsOneSlot) {
    Random random;
    SlotIndex index;
    std::map<std::int64_t, SlotIndex::Slot> model;
    for (int i = 0; i < random_cases(20'000); ++i) {
        const auto id = random.between(1, 400);
        const auto known = model.find(id);
        if (random.one_in(3) && known != model.end()) {
            index.release(known->second);
            model.erase(known);
        } else {
            const auto slot = index.acquire(SensorId{id});
            ASSERT_TRUE(known == model.end() || slot == known->second);
            model[id] = slot;
        }
        const auto asked = random.between(1, 400);
        const auto found = index.find(SensorId{asked});
        const auto expected = model.find(asked);
        ASSERT_EQ(found.has_value(), expected != model.end());
        if (found) {
            ASSERT_EQ(*found, expected->second);
            ASSERT_EQ(index.sensor(*found), SensorId{asked});
        }
    }
    EXPECT_EQ(index.size(), model.size());
    EXPECT_LE(index.extent(), 400U);
}

}  // namespace
}  // namespace attune
