#include "daemon/zone_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace attune {
namespace {

constexpr Duration kPause = std::chrono::minutes(1);

}  // namespace

bool ZoneWatch::look(Duration elapsed) {
    if (looked_ && elapsed - *looked_ < kPause) return false;
    looked_ = elapsed;
    const auto reload = zones_.reload();
    if (!reload.kept.empty()) {
        log_.error(
            "zone_lost: {} can no longer be read; timers keep the last rules of it until "
            "tzdata is installed again",
            fmt::join(reload.kept, ", "));
    }
    if (reload.changed.empty()) return false;
    log_.warn("tzdata is {} now, with new rules for {}", zones_.version(),
              fmt::join(reload.changed, ", "));
    return true;
}

}  // namespace attune
