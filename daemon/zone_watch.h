// Looks once a minute whether a tzdata update gave zones in use other rules.
#pragma once

#include <optional>

#include "core/time.h"
#include "daemon/log.h"
#include "os/zone_files.h"

namespace attune {

class ZoneWatch {
public:
    ZoneWatch(ZoneFiles& zones, Log& log) : zones_(zones), log_(log) {}

    // To be called at least that often, with the time since some fixed moment. True: zones
    // changed, and whoever keeps some is to look at them again.
    bool look(Duration elapsed);

private:
    ZoneFiles& zones_;
    Log& log_;
    std::optional<Duration> looked_;
};

}  // namespace attune
