// How many process actions may run at once, counted for all executors together.
#pragma once

#include <algorithm>
#include <atomic>

namespace attune {

class Slots {
public:
    explicit Slots(int total) : free_(total) {}

    // Takes up to `wanted` slots; returns how many it got.
    int take(int wanted) {
        int free = free_.load();
        while (true) {
            const int taken = std::clamp(free, 0, wanted);
            if (taken == 0 || free_.compare_exchange_weak(free, free - taken)) return taken;
        }
    }

    void give_back(int count) { free_.fetch_add(count); }

    int free() const { return free_.load(); }

private:
    std::atomic<int> free_;
};

}  // namespace attune
