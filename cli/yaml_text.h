// JSON values as YAML for people: block style, keys sorted.
#pragma once

#include <string>

#include "core/json.h"

namespace attune {

// Ends in a newline. What parse_yaml() makes of it is `value` again.
std::string yaml_text(const Json& value);

}  // namespace attune
