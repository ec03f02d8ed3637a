// A time zone: which wall clock shows at which instant, from 1970 to 2199.
//
// Read from the bytes of a TZif file (RFC 8536, version 2 or later), whose POSIX footer gives
// the rules after the last explicit transition; "slim" and "fat" files come to the same zone.
// A Zone is a list of spans of constant offset, immutable, and knows nothing of files: see
// core/zone_source.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/time.h"

namespace attune {

// A wall clock's reading, whole seconds; means an instant only together with a Zone.
using WallTime = std::chrono::local_seconds;
using Seconds = std::chrono::seconds;
using Instant = std::chrono::sys_seconds;

// A stretch of instants with one offset; its neighbours have another.
struct ZoneSpan {
    Instant begin;   // Instant::min() for the first
    Instant end;     // exclusive; Instant::max() for the last
    Seconds offset;  // wall clock minus UTC

    // Every wall second below `passed` was shown or removed before this span began. So a span
    // begins with an overlap when wall(begin) < passed, and with a gap when wall(begin) is
    // greater; then [passed, wall(begin)) is what the jump removed.
    WallTime passed;

    WallTime wall(Instant instant) const {
        return WallTime(instant.time_since_epoch() + offset);
    }
    Instant instant(WallTime wall) const { return Instant(wall.time_since_epoch() - offset); }
};

class Zone {
public:
    static std::shared_ptr<const Zone> utc();

    // Fault ATT4003 (reason `bad_zone_file`) when `bytes` are no such file: cut short, version
    // 1, counting leap seconds, out of order, a footer that is no POSIX TZ string.
    static Result<std::shared_ptr<const Zone>> from_tzif(std::string name,
                                                         std::string_view bytes);

    const std::string& name() const { return name_; }

    // Whether its clock is set forward and back every year, as far as anyone knows for ever.
    bool has_dst() const;

    std::size_t span_count() const { return spans_.size(); }
    const ZoneSpan& span(std::size_t index) const { return spans_[index]; }
    // The one that contains `instant`.
    std::size_t span_index(Instant instant) const;

    WallTime wall(Instant instant) const { return span(span_index(instant)).wall(instant); }

    // Equal rules, whatever the names: did a tzdata update change anything?
    bool same_rules(const Zone& other) const;

private:
    Zone(std::string name, std::vector<ZoneSpan> spans)
        : name_(std::move(name)), spans_(std::move(spans)) {}

    std::string name_;
    std::vector<ZoneSpan> spans_;  // never empty, no hole
};

// Whether `name` may be looked up at all: segments of letters, digits, '+', '-', '_' joined by
// '/'. Not "", absolute paths, "..", the trees posix/ and right/, or "localtime" and
// "posixrules", which mean something else on every machine.
bool is_zone_name(std::string_view name);

}  // namespace attune
