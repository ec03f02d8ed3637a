// Text in columns: how wide it is, and how it is made to fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attune {

// Whether a byte of UTF-8 is the first of its code point.
inline bool begins_code_point(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

// How many columns `text` takes on a terminal, near enough.
std::size_t code_points(std::string_view text);

// `text` with blanks behind it up to `width` code points.
std::string padded(std::string_view text, std::size_t width);

// `text` with its lines broken at blanks where they are longer than `width` code points.
std::string wrapped(std::string_view text, std::size_t width);

}  // namespace attune
