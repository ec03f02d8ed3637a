// Which attune this is.
#pragma once

#include <string_view>

namespace attune {

// "0.1.0", the project's version at the time it was built.
std::string_view version();

}  // namespace attune
