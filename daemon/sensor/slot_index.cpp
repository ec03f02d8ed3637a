#include "daemon/sensor/slot_index.h"

#include <bit>
#include <cassert>

namespace attune {

SlotIndex::Slot SlotIndex::acquire(SensorId sensor) {
    assert(sensor);
    if (const auto slot = find(sensor)) return *slot;
    if ((size() + 1) * 2 > table_.size()) rebuild(std::bit_ceil((size() + 1) * 2));
    Slot slot = 0;
    if (free_.empty()) {
        slot = static_cast<Slot>(sensors_.size());
        sensors_.push_back(sensor);
    } else {
        slot = free_.back();
        free_.pop_back();
        sensors_[slot] = sensor;
    }
    table_[probe(sensor)] = slot;
    return slot;
}

std::optional<SlotIndex::Slot> SlotIndex::find(SensorId sensor) const {
    if (table_.empty()) return std::nullopt;
    const auto slot = table_[probe(sensor)];
    return slot == kEmpty ? std::nullopt : std::optional(slot);
}

void SlotIndex::release(Slot slot) {
    const auto mask = table_.size() - 1;
    auto hole = probe(sensors_[slot]);
    assert(table_[hole] == slot);
    sensors_[slot] = {};
    free_.push_back(slot);
    // Closes the hole, so that no search ends in it too early: whoever follows and would have
    // liked the hole or a place before it moves up.
    for (auto at = (hole + 1) & mask; table_[at] != kEmpty; at = (at + 1) & mask) {
        const auto wanted = home(sensors_[table_[at]]);
        if (((at - wanted) & mask) < ((at - hole) & mask)) continue;
        table_[hole] = table_[at];
        hole = at;
    }
    table_[hole] = kEmpty;
}

void SlotIndex::reserve(std::size_t count) {
    sensors_.reserve(count);
    if (count * 2 > table_.size()) rebuild(std::bit_ceil(count * 2));
}

std::size_t SlotIndex::home(SensorId sensor) const {
    // Ids are given out in a row; multiplying by the golden ratio spreads them.
    const auto spread = static_cast<std::uint64_t>(sensor.value) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(spread >> 32) & (table_.size() - 1);
}

std::size_t SlotIndex::probe(SensorId sensor) const {
    auto at = home(sensor);
    while (table_[at] != kEmpty && sensors_[table_[at]] != sensor) {
        at = (at + 1) & (table_.size() - 1);
    }
    return at;
}

void SlotIndex::rebuild(std::size_t places) {
    table_.assign(places, kEmpty);
    for (Slot slot = 0; slot < sensors_.size(); ++slot) {
        if (sensors_[slot]) table_[probe(sensors_[slot])] = slot;
    }
}

}  // namespace attune
