// How many process actions may run at once, counted for all executors together. While they are
// closed (a runner elsewhere is away) nobody gets one.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

namespace attune {

class Slots;

// Slots that somebody holds; they are given back when it goes, however it goes.
class SlotLease {
public:
    SlotLease() = default;
    SlotLease(SlotLease&& other) noexcept
        : slots_(other.slots_), count_(std::exchange(other.count_, 0)) {}
    SlotLease& operator=(SlotLease&& other) noexcept {
        std::swap(slots_, other.slots_);
        std::swap(count_, other.count_);
        other.give_back();
        return *this;
    }
    ~SlotLease() { give_back(); }

    int count() const { return count_; }

    // One of them as a lease of its own; an empty one when there is none left.
    SlotLease take_one() {
        if (count_ == 0) return {};
        --count_;
        return SlotLease(slots_, 1);
    }

    inline void give_back() noexcept;

private:
    friend class Slots;
    SlotLease(Slots* slots, int count) : slots_(slots), count_(count) {}

    Slots* slots_ = nullptr;
    int count_ = 0;
};

// Outlives its leases.
class Slots {
public:
    explicit Slots(int total, bool open = true) : free_(total), open_(open) {}

    // Takes up to `wanted` slots, perhaps none.
    SlotLease take(int wanted) {
        if (!open_.load()) return {};
        int free = free_.load();
        while (true) {
            const int taken = std::clamp(free, 0, wanted);
            if (taken == 0 || free_.compare_exchange_weak(free, free - taken)) {
                return SlotLease(this, taken);
            }
        }
    }

    // One for what runs already, whether there is one or not: free() may be negative for a
    // while.
    SlotLease take_over() {
        free_.fetch_sub(1);
        return SlotLease(this, 1);
    }

    int free() const { return free_.load(); }

    bool is_open() const { return open_.load(); }
    void open() { open_.store(true); }
    void close() { open_.store(false); }

private:
    friend class SlotLease;

    std::atomic<int> free_;
    std::atomic<bool> open_;
};

void SlotLease::give_back() noexcept {
    if (count_ > 0) slots_->free_.fetch_add(std::exchange(count_, 0));
}

}  // namespace attune
