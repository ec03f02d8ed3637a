// `attune next`: the coming instants of a schedule, asked in JSON, and what DST does to them.
// Pure: needs no daemon, no database, and no clock but the moment in the question.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/schedule.h"
#include "core/zone_source.h"

namespace attune {

// The first `count` instants after `after`, fewer when the schedule ends.
std::vector<TimePoint> coming(const Schedule& schedule, TimePoint after, std::int64_t count);

// One line of `attune next --stdin` and its answer, without line ends.
//
// {"trigger": ref of a timer trigger, "config": a sensor's config, "after": RFC 3339,
//  "count": 0 .. limits::kNextCount (1), "created_at": RFC 3339 (`after`)}
// becomes {"next": [RFC 3339 in UTC, ...]}, instants without their jitter, or
// {"error": {"code": reason word, "message", "pointer": into the question, "field", "column"}},
// the last two null where nothing is to be said.
std::string answer_next(std::string_view question, const ZoneSource& zones);

// One jump of a clock that matters to a cron schedule.
struct DstEffect {
    enum class Kind {
        kMovedToGapEnd,  // fixed times that do not exist: one fire at `at`
        kLeftOut,        // interval-like times that do not exist: no fire
        kFiresOnce,      // fixed times that are shown twice: the first pass only
        kFiresTwice,     // interval-like times that are shown twice
    };
    Kind kind;
    TimePoint at;    // when the clock jumps
    Seconds before;  // offsets from UTC on both sides
    Seconds after;
    std::int64_t times = 0;  // how many of the schedule's wall-clock times it concerns
};

// Every such jump in [from, until), in order. Intervals and one-shots have none.
std::vector<DstEffect> dst_effects(const Schedule& schedule, TimePoint from, TimePoint until);

// "2027-03-28T01:00:00Z: clocks go from 02:00:00 to 03:00:00; 4 times are left out".
std::string describe(const DstEffect& effect);

}  // namespace attune
