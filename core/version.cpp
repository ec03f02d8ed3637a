#include "core/version.h"

namespace attune {

std::string_view version() { return ATTUNE_VERSION; }

TimePoint built_at() {
    const TimePoint configured{std::chrono::seconds(ATTUNE_CONFIGURED_AT)};
    return std::chrono::floor<std::chrono::days>(configured);
}

}  // namespace attune
