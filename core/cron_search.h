// The instants at which a cron expression fires in a zone.
//
// They are: every instant whose wall clock matches, but for a fixed time of day only the first
// of a repeated wall clock; and, for a fixed time of day that a forward jump removed, the
// instant of the jump, if the date exists at all. A set: coinciding ones are one.
// docs/timers.md has the cases.
#pragma once

#include <cstdint>
#include <optional>

#include "core/cron.h"
#include "core/zone.h"

namespace attune {

// The least instant > after, the greatest <= at; nullopt: none within 1970-2199.
std::optional<Instant> next_occurrence(const CronExpression& expression, const Zone& zone,
                                       Instant after);
std::optional<Instant> latest_occurrence(const CronExpression& expression, const Zone& zone,
                                         Instant at);

// How many lie in (after, through]. Arithmetic, see CronExpression::count.
std::int64_t count_occurrences(const CronExpression& expression, const Zone& zone,
                               Instant after, Instant through);

// Whether it fires at `instant`, by matching wall-clock seconds one by one: slow where a jump
// removed many, and independent of the three searches above, which an audit checks with it.
bool occurs_at(const CronExpression& expression, const Zone& zone, Instant instant);

}  // namespace attune
