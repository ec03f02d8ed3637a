// How targets take their bytes apart, and what they ask of findings.
#pragma once

#include <string_view>
#include <utility>

#include "core/diagnostic.h"
#include "core/json.h"
#include "core/node.h"

namespace attune {

// What stands before the first line `---` and what stands behind it.
std::pair<std::string_view, std::string_view> halves(std::string_view bytes);

// As a manifest would bring it, or as JSON when it is none; null for anything else.
Json value_of(std::string_view text);

// As an event would bring it: compact JSON of an object, `{}` for anything else.
std::string payload_of(std::string_view text);

// Every range of the findings about `file` lies inside `text`.
void promise_places(const Diagnostics& diagnostics, std::string_view file,
                    std::string_view text);
void promise_place(const Range& range, std::string_view text);

}  // namespace attune
