// Diagnostics as they stand in columns: JSON that reads back as what was written. (What
// programs are given is core/diagnostic_json.h, which leaves things out.)
#pragma once

#include <string>
#include <string_view>

#include "core/diagnostic.h"

namespace attune {

std::string diagnostics_to_column(const Diagnostics& diagnostics);

// Of text that is not what the other function writes, as much as can be read.
Diagnostics diagnostics_from_column(std::string_view text);

}  // namespace attune
