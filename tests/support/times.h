// Short ways to say when: at("12:00:00") is that time of 2026-11-23, UTC; at() takes a whole
// date-time too. timer("core.intervaltimer", config) is a schedule, anchored at 12:00:00.
#pragma once

#include <string_view>

#include "core/schedule.h"
#include "core/time.h"

namespace attune {

TimePoint at(std::string_view text);

// Aborts when the config is wrong. `config` is JSON.
Schedule timer(std::string_view trigger, std::string_view config,
               TimePoint anchor = at("12:00:00"), std::string_view sensor = "test.sensor");

// An interval timer; `more` is further JSON members, such as R"("jitter": 5)".
Schedule every(std::chrono::seconds period, std::string_view more = "",
               TimePoint anchor = at("12:00:00"));

}  // namespace attune
