#include "daemon/sensor/due_heap.h"

#include <algorithm>
#include <cassert>

namespace attune {
namespace {

constexpr std::size_t kChildren = 4;

constexpr std::size_t parent_of(std::size_t at) { return (at - 1) / kChildren; }
constexpr std::size_t first_child_of(std::size_t at) { return at * kChildren + 1; }

}  // namespace

bool DueHeap::contains(Index index) const {
    return index < positions_.size() && positions_[index] != kAbsent;
}

void DueHeap::pop() {
    assert(!entries_.empty());
    remove(entries_.front().index);
}

void DueHeap::set(Index index, TimePoint due) {
    if (index >= positions_.size()) positions_.resize(index + 1, kAbsent);
    const Entry entry{due, index};
    if (positions_[index] == kAbsent) {
        entries_.push_back(entry);
        sift_up(entries_.size() - 1, entry);
    } else {
        sift(positions_[index], entry);
    }
}

void DueHeap::remove(Index index) {
    if (!contains(index)) return;
    const auto at = positions_[index];
    positions_[index] = kAbsent;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (at < entries_.size()) sift(at, last);
}

void DueHeap::reserve(std::size_t count) {
    entries_.reserve(count);
    positions_.reserve(count);
}

bool DueHeap::is_consistent() const {
    std::size_t present = 0;
    for (Index index = 0; index < positions_.size(); ++index) {
        if (positions_[index] == kAbsent) continue;
        ++present;
        if (positions_[index] >= entries_.size()) return false;
        if (entries_[positions_[index]].index != index) return false;
    }
    for (std::size_t at = 1; at < entries_.size(); ++at) {
        if (entries_[at].due < entries_[parent_of(at)].due) return false;
    }
    return present == entries_.size();
}

void DueHeap::place(std::size_t at, Entry entry) {
    entries_[at] = entry;
    positions_[entry.index] = static_cast<Index>(at);
}

void DueHeap::sift(std::size_t at, Entry entry) {
    if (at > 0 && entry.due < entries_[parent_of(at)].due) {
        sift_up(at, entry);
    } else {
        sift_down(at, entry);
    }
}

void DueHeap::sift_up(std::size_t at, Entry entry) {
    while (at > 0 && entry.due < entries_[parent_of(at)].due) {
        place(at, entries_[parent_of(at)]);
        at = parent_of(at);
    }
    place(at, entry);
}

void DueHeap::sift_down(std::size_t at, Entry entry) {
    for (;;) {
        const auto begin = first_child_of(at);
        if (begin >= entries_.size()) break;
        const auto end = std::min(begin + kChildren, entries_.size());
        auto least = begin;
        for (auto child = begin + 1; child < end; ++child) {
            if (entries_[child].due < entries_[least].due) least = child;
        }
        if (entries_[least].due >= entry.due) break;
        place(at, entries_[least]);
        at = least;
    }
    place(at, entry);
}

}  // namespace attune
