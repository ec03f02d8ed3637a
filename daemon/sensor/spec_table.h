// Every different schedule among many timers, once.
//
// What is a timer's own (an interval's anchor, a one-shot's moment, the share of the jitter)
// is taken out before comparing, so a million timers "every 60 s" are one entry. To use an
// entry, put that back on: worn(spec, own) is the timer's schedule until the next call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/schedule.h"
#include "core/timer.h"
#include "core/zone_source.h"

namespace attune {

class SpecTable {
public:
    using Index = std::uint32_t;

    // A timer's own part of its schedule.
    struct Own {
        TimePoint origin;  // interval: anchor; one-shot: fire_at; cron: nothing
        std::int32_t delay_ms = 0;
    };
    static Own own_part(const Schedule& schedule);

    // The entry for `schedule`, which has one more user from now on.
    Index intern(const Schedule& schedule);
    void release(Index spec);

    const Schedule& worn(Index spec, const Own& own);

    // The memory of the entry's next instants; nullptr where they depend on the timer.
    NextMemo* memo(Index spec);

    // The cron entries whose zone `zones` gives other rules for by now, with the new zone.
    struct Outdated {
        Index spec = 0;
        std::shared_ptr<const Zone> zone;
    };
    std::vector<Outdated> outdated(const ZoneSource& zones) const;
    void put_zone(const Outdated& outdated);

    std::size_t size() const { return entries_.size() - free_.size(); }

private:
    struct Entry {
        Schedule schedule;
        NextMemo memo;
        std::size_t hash = 0;
        std::size_t users = 0;
    };

    void unlist(Index spec);

    std::deque<Entry> entries_;
    std::vector<Index> free_;
    std::unordered_multimap<std::size_t, Index> by_hash_;
};

}  // namespace attune
