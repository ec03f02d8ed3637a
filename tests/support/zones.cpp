#include "tests/support/zones.h"

#include "os/zone_files.h"

namespace attune {

const ZoneSource& system_zones() {
    static const ZoneFiles kFiles;
    return kFiles;
}

std::shared_ptr<const Zone> zone(std::string_view name) {
    return system_zones().find(name).value();
}

}  // namespace attune
