// Random cron expressions, valid by construction: every notation of docs/timers.md.
#pragma once

#include <string>

#include "tests/support/random.h"

namespace attune {

std::string random_cron(Random& random);
std::string random_date_field(Random& random);
std::string random_weekday_field(Random& random);

}  // namespace attune
