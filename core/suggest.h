// "did you mean": the one word that was probably meant.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attune {

// Single edits (insert, delete, replace, swap neighbours) that make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate within max(1, len/3) edits of `word`, ignoring case, `-` and `_`; nullopt when
// none is, when two are equally near, or when `word` is longer than limits::kSuggestedBytes.
std::optional<std::string> suggest(std::string_view word,
                                   std::span<const std::string> candidates);

}  // namespace attune
