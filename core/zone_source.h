// Where time zones come from. os/zone_files.h reads the system's; tests/support has a fixed
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/zone.h"

namespace attune {

class ZoneSource {
public:
    ZoneSource() = default;
    ZoneSource(const ZoneSource&) = delete;
    ZoneSource& operator=(const ZoneSource&) = delete;
    virtual ~ZoneSource() = default;

    // The zone of that tz database name; the same pointer as long as its rules are the same.
    // Fault ATT4003, reason `unknown_zone`. Any thread may call.
    virtual Result<std::shared_ptr<const Zone>> find(std::string_view name) const = 0;

    // "2025b", or "unknown": what timer_rev.tzdata records.
    virtual std::string version() const = 0;

    // Grows when find() begins to give other rules for a name it gave before. Whoever keeps
    // zones compares it with the one he saw last. Any thread may call.
    virtual std::uint64_t revision() const { return 0; }
};

}  // namespace attune
