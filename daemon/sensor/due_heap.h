// Which of many numbered things falls due first: a 4-ary min-heap of {due, index} that knows
// where every index stands, so that one can be moved or removed.
//
// Four children to a node halve the depth of a binary heap and share a cache line; a timer
// wheel would be quicker and inexact, and recording a fire costs fifty times what this does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.h"

namespace attune {

class DueHeap {
public:
    using Index = std::uint32_t;

    struct Entry {
        TimePoint due;
        Index index;
    };

    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    bool contains(Index index) const;

    // The earliest. Requires !empty().
    const Entry& top() const { return entries_.front(); }
    void pop();

    // Adds `index`, or moves it when it is there.
    void set(Index index, TimePoint due);
    // Nothing happens when it is not there.
    void remove(Index index);

    void reserve(std::size_t count);

    // For tests: every parent is due no later than its children, every position is right.
    bool is_consistent() const;

private:
    static constexpr Index kAbsent = UINT32_MAX;

    void place(std::size_t at, Entry entry);
    // Each puts `entry` where it belongs, beginning at a free place.
    void sift(std::size_t at, Entry entry);
    void sift_up(std::size_t at, Entry entry);
    void sift_down(std::size_t at, Entry entry);

    std::vector<Entry> entries_;
    std::vector<Index> positions_;  // by index; kAbsent when it is not in the heap
};

}  // namespace attune
