// How the daemon is, in one line for whoever asks systemctl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/time.h"

namespace attune {

struct Health {
    Generation generation;     // of the catalog it runs with
    std::int64_t timers = 0;   // armed
    std::int64_t waiting = 0;  // executions without a slot; counted up to 1,000
    int busy_slots = 0;
    int slots = 0;
    // The moment of the database's last answer, when it owes one; nullopt: it answers.
    std::optional<TimePoint> database_silent_since;
    std::string source_trouble;         // empty: none
    std::vector<std::string> hanging;   // names of loops
    std::vector<std::string> troubles;  // of loops whose last step failed: "feed: ..."
};

// "generation 12, 134 timers, 0 executions wait, 2 of 8 slots busy, database ok", or the same
// after "degraded: " and the reasons. At most kStatusBytes, in one line.
std::string status_text(const Health& health);

inline constexpr std::size_t kStatusBytes = 500;

// `text` cut to what a status may be: no control characters, no half characters.
std::string one_status_line(std::string text);

}  // namespace attune
