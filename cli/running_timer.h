// A timer as the daemon runs it, with the anchor, cursor and fires that only its row knows.
#pragma once

#include <cstdint>
#include <string>

#include "cli/daemon_client.h"
#include "core/schedule.h"
#include "core/zone_source.h"

namespace attune {

struct RunningTimer {
    Schedule schedule;
    bool armed = false;
    TimePoint cursor;
    std::int64_t fires = 0;
};

// Of the sensor `ref`. Throws CommandFailed: unreachable, no such sensor, not a timer.
RunningTimer running_timer(const DaemonClient& daemon, const std::string& ref,
                           const ZoneSource& zones);

}  // namespace attune
