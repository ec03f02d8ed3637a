// Gives each sensor a small number, dense and reused, so that what is known of it fits in
// plain arrays. Open addressing over the numbers: about 16 bytes for each sensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ids.h"

namespace attune {

class SlotIndex {
public:
    using Slot = std::uint32_t;

    // The sensor's slot, a free or new one when it has none.
    Slot acquire(SensorId sensor);
    std::optional<Slot> find(SensorId sensor) const;
    void release(Slot slot);

    SensorId sensor(Slot slot) const { return sensors_[slot]; }
    // One more than the greatest slot that was ever in use.
    std::size_t extent() const { return sensors_.size(); }
    std::size_t size() const { return sensors_.size() - free_.size(); }

    void reserve(std::size_t count);

private:
    static constexpr Slot kEmpty = UINT32_MAX;

    std::size_t home(SensorId sensor) const;
    // Where the sensor stands in table_, or the empty place where it would.
    std::size_t probe(SensorId sensor) const;
    void rebuild(std::size_t places);

    std::vector<SensorId> sensors_;  // by slot; 0 when free
    std::vector<Slot> free_;
    std::vector<Slot> table_;  // a power of two of places, at most half of them taken
};

}  // namespace attune
