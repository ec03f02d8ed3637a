// When a timer fires next, as `attune next` answers it. Pure but for the zones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ref.h"
#include "core/result.h"
#include "core/schedule.h"
#include "core/zone_source.h"

namespace attune {

// A timer that need not exist anywhere.
struct ImaginedTimer {
    Ref trigger;
    Ref sensor;  // seeds the jitter
    Json config;
    TimePoint created_at;
};

// Its schedule, if a source would accept it: what compile_schedule and the trigger's published
// schemas say.
Result<Schedule> imagine(const ImaginedTimer& timer, const ZoneSource& zones);

// How many of `count` instants after `after` max_fires leaves a timer, as if it had fired at
// every instant since its creation.
std::int64_t left_to_fire(const Schedule& schedule, TimePoint created_at, TimePoint after,
                          std::int64_t count);

// One line of `attune next --stdin`, {"trigger", "config", "created_at"?, "after"?, "count"?},
// answered: {"next": [...]} or {"error": {"code", "message", "pointer", "field", "column"}},
// where code is the fault's stable word. `now` stands for moments that are not given.
Json answer_line(std::string_view line, TimePoint now, const ZoneSource& zones);

}  // namespace attune
