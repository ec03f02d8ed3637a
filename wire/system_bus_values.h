// Between JSON and the bodies of D-Bus messages, for wire/system_bus.cpp alone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/json.h"

struct sd_bus_message;

namespace attune {

// The length of the first complete type of `signature` ("a(sv)" of "a(sv)u"). Throws
// std::invalid_argument when it has none.
std::size_t first_type(std::string_view signature);

// Appends `values`, an array with one value for each type of `signature`. Throws
// std::invalid_argument when they do not fit.
void append_values(sd_bus_message* message, std::string_view signature, const Json& values);

// Everything from where the message stands to the end of what it is in. Throws
// std::invalid_argument when the message is malformed.
Json read_values(sd_bus_message* message);

}  // namespace attune
