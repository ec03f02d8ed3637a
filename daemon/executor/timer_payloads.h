// Payloads of timer events. Schedules are compiled once for each different config and kept, up
// to a bound: payloads need what the config says and nothing of a single sensor's timer.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "core/catalog.h"
#include "core/decision.h"
#include "core/schedule.h"
#include "core/zone_source.h"

namespace attune {

class TimerPayloads {
public:
    explicit TimerPayloads(const ZoneSource& zones) : zones_(zones) {}

    // Compact JSON. A config that does not compile (its zone vanished meanwhile) gives the
    // parts that need no schedule.
    std::string make(const Ref& trigger, const CatalogSensor& sensor, const Decision& decision);

private:
    static constexpr std::size_t kKept = 4096;

    const Schedule* schedule(const Ref& trigger, const CatalogSensor& sensor);

    const ZoneSource& zones_;
    std::unordered_map<std::string, std::unique_ptr<const Schedule>> kept_;
};

}  // namespace attune
