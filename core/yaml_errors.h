// What is wrong with a text that the YAML parser gave up on, in the words of its writer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/diagnostic.h"
#include "core/text_places.h"

namespace attune {

// `message`: the parser's own, for byte `at`. The finding's `file` is left empty.
Diagnostic explain_yaml_error(const TextPlaces& places, std::size_t at,
                              std::string_view message);

}  // namespace attune
