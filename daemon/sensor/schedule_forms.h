// The schedules of timers from their rows. Each different config is read and compiled once, so
// that a million rows cost a million look-ups; kept up to a bound, and for as long as zones
// have the rules they were compiled with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/result.h"
#include "core/schedule.h"
#include "core/zone_source.h"
#include "store/timer_store.h"

namespace attune {

class ScheduleForms {
public:
    explicit ScheduleForms(const ZoneSource& zones) : zones_(zones) {}

    // The fault is compile_form()'s; ATT4005 too for a row whose refs or config are no such.
    Result<Schedule> schedule(const TimerRow& row);

    std::size_t kept() const { return kept_.size(); }

private:
    static constexpr std::size_t kKept = 4096;

    const ZoneSource& zones_;
    std::uint64_t revision_ = 0;                          // of the zones, as of kept_
    std::unordered_map<std::string, ScheduleForm> kept_;  // by trigger and config
    std::string key_;                                     // kept for its memory
};

}  // namespace attune
