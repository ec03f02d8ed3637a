// Which attune this is.
#pragma once

#include <string_view>

#include "core/time.h"

namespace attune {

// "0.1.0", the project's version at the time it was built.
std::string_view version();

// Midnight (UTC) of the day its build was configured: no clock that is right shows less.
TimePoint built_at();

}  // namespace attune
