// Which sensors of a catalog attune raises events for itself, from what the host does.
#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "core/catalog.h"

namespace attune {

using HostSensors = std::map<SensorId, std::shared_ptr<const CatalogSensor>>;

// The enabled ones of `trigger` whose runtime is attune itself.
HostSensors host_sensors(const Catalog& catalog, std::string_view trigger);

}  // namespace attune
