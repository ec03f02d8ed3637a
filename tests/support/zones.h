// The system's time zones, for tests that know what they want: zone("Europe/Berlin").
#pragma once

#include <memory>
#include <string_view>

#include "core/zone.h"
#include "core/zone_source.h"

namespace attune {

const ZoneSource& system_zones();

// Aborts when there is no such zone.
std::shared_ptr<const Zone> zone(std::string_view name);

}  // namespace attune
