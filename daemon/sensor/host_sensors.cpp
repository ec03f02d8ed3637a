#include "daemon/sensor/host_sensors.h"

namespace attune {

HostSensors host_sensors(const Catalog& catalog, std::string_view trigger) {
    HostSensors found;
    const auto* wanted = catalog.triggers().find(trigger);
    if (wanted == nullptr) return found;
    catalog.sensors().for_each([&](const std::shared_ptr<const CatalogSensor>& sensor) {
        if (sensor->trigger != wanted->id || !sensor->enabled ||
            sensor->runtime != SensorRuntime::kBuiltin) {
            return;
        }
        found.emplace(sensor->id, sensor);
    });
    return found;
}

}  // namespace attune
