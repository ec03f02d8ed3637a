// The system's time zones, for tests that know what they want: zone("Europe/Berlin").
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/zone.h"
#include "core/zone_source.h"

namespace attune {

const ZoneSource& system_zones();

// Throws when there is no such zone.
std::shared_ptr<const Zone> zone(std::string_view name);

// Every name of the tz database, aliases included, sorted.
const std::vector<std::string>& zone_names();

// What the C library says about the zone at an instant: the oracle for ours.
class LibcZone {
public:
    explicit LibcZone(const std::string& name);
    ~LibcZone();
    LibcZone(const LibcZone&) = delete;
    LibcZone& operator=(const LibcZone&) = delete;

    Seconds offset(Instant instant) const;

private:
    std::string before_;
};

}  // namespace attune
