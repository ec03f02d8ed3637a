// Names as elements of D-Bus object paths, which allow only letters, digits and underscores
// (sd_bus_path_encode(3)): every other byte is "_" and its two hexadecimal digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attune {

// "ops_2etick" of "ops.tick"; an empty name is "_". A digit does not come first either.
std::string bus_path_element(std::string_view name);

// nullopt: no element that bus_path_element() makes.
std::optional<std::string> name_of_element(std::string_view element);

}  // namespace attune
