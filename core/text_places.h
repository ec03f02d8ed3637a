// Byte offsets of a text to the lines and columns that people count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/diagnostic.h"

namespace attune {

// Lines end with LF; a CR before it belongs to the line's end and counts no column. The text
// is valid UTF-8 and must outlive this. For one thread at a time: it remembers the last place,
// so that going through a text, or one very long line, stays linear.
class TextPlaces {
public:
    explicit TextPlaces(std::string_view text);

    std::string_view text() const { return text_; }

    // The half-open range from byte `begin` to byte `end`; both may be the text's end.
    Range range(std::size_t begin, std::size_t end) const;

    // The bytes of a 1-based line without its end; "" when there is no such line.
    std::string_view line(int number) const;

    // Where a line starts (1-based), and the line an offset is in.
    std::size_t line_start(int number) const;
    int line_of(std::size_t offset) const;

    // The byte offset of a 1-based place; the line's end when the column is beyond it.
    std::size_t offset_of(int line, int column) const;

private:
    int column_of(int line, std::size_t offset) const;
    // Between the two bytes of a line's end nobody can point.
    std::size_t before_line_end(std::size_t offset) const;

    std::string_view text_;
    std::vector<std::uint32_t> starts_;
    mutable std::size_t last_line_ = 1;  // 1-based
    mutable std::size_t last_offset_ = 0;
    mutable int last_column_ = 1;
};

// How many code points `text` has; a byte that starts none counts nothing.
std::size_t count_code_points(std::string_view text);

}  // namespace attune
