// What happens to a sensor's timer when its manifest, or what an operator said of it, changes.
// Level-triggered: the answer follows from what should be and what the row says, whatever led
// there; a timer that is as it should be gets no change, so its row and its phase stay.
#pragma once

#include <optional>

#include "core/plan.h"
#include "core/zone_source.h"

namespace attune {

// The sensor as it will be.
struct PlannedSensor {
    Ref ref;
    SensorId id;  // none: this plan creates it
    const SensorSpec* spec = nullptr;
    bool enabled = true;   // the operator's word over the file's
    bool edited = false;   // its spec is another one than the timer was armed with, or may be
    TimePoint created_at;  // of its row; `now` for a new one
    const StoredTimer* timer = nullptr;  // nullptr: no row
};

// The change that makes the timer as it should be, or nullopt when it is. A fault (ATT40xx)
// when the schedule cannot be compiled: then nothing is armed.
Result<std::optional<TimerChange>> plan_timer(const PlannedSensor& sensor, TimePoint now,
                                              const ZoneSource& zones);

// For a sensor that leaves: closes its timer, if one is open.
std::optional<TimerChange> retire_timer(const Ref& sensor, const StoredTimer* timer);

}  // namespace attune
