// Text in mdoc(7), the language of manual pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attune::roff {

// `text` as it is to be typed or read: no character of it means anything to roff, and none is
// replaced by a nicer one.
std::string literal(std::string_view text);

// Sentences: each on a line of its own, what stands in `backticks` in bold, and a last one
// without its full stop completed.
std::string prose(std::string_view text);

// The same of a text that begins with a small letter, as helps do, and is to have a capital
// one.
std::string sentence(std::string_view text);

// Lines that are shown as they are.
std::string block(const std::vector<std::string>& lines);

// An entry of a list: "head" is a line of macros and arguments, "body" finished lines.
std::string item(std::string_view head, std::string_view body);

// A list of entries; `wide` has the width of its first column, or is empty for entries whose
// bodies begin on lines of their own.
std::string list(std::string_view items, std::string_view wide = {});

}  // namespace attune::roff
