#include "tests/support/zones.h"

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "os/zone_files.h"

namespace attune {
namespace {

constexpr const char* kDirectory = "/usr/share/zoneinfo";

std::vector<std::string> read_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kDirectory)) {
        if (!entry.is_regular_file()) continue;
        const auto name = std::filesystem::relative(entry.path(), kDirectory).string();
        if (is_zone_name(name) && system_zones().find(name)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace

const ZoneSource& system_zones() {
    static const ZoneFiles kFiles(kDirectory);
    return kFiles;
}

std::shared_ptr<const Zone> zone(std::string_view name) {
    return system_zones().find(name).value();
}

const std::vector<std::string>& zone_names() {
    static const auto kNames = read_names();
    return kNames;
}

LibcZone::LibcZone(const std::string& name) {
    if (const char* set = std::getenv("TZ")) before_ = set;
    ::setenv("TZ", (":" + name).c_str(), 1);
    ::tzset();
}

LibcZone::~LibcZone() {
    if (before_.empty()) {
        ::unsetenv("TZ");
    } else {
        ::setenv("TZ", before_.c_str(), 1);
    }
    ::tzset();
}

Seconds LibcZone::offset(Instant instant) const {
    const time_t seconds = instant.time_since_epoch().count();
    tm wall{};
    ::localtime_r(&seconds, &wall);
    return Seconds(wall.tm_gmtoff);
}

}  // namespace attune
