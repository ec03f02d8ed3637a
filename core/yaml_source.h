// Looks at the text around what a YAML parser reports, because its events carry only where a
// thing starts: where scalars end, how they are quoted, and what a lenient parser let pass.
#pragma once

#include <cstddef>
#include <string_view>

namespace attune {

struct ScalarSpan {
    enum class Style { kPlain, kSingleQuoted, kDoubleQuoted, kBlock };

    Style style = Style::kPlain;
    std::size_t begin = 0;  // behind a tag and an anchor
    std::size_t end = 0;
    bool closed = true;  // false: a quote that nothing closes
};

// The scalar that starts at byte `at` (or whose tag or anchor does) and means `value`. Of a
// block scalar only its indicator.
ScalarSpan span_of_scalar(std::string_view text, std::size_t at, std::string_view value);

// Behind blanks, but not line ends.
std::size_t skip_blanks(std::string_view text, std::size_t at);

// Behind a tag and an anchor, and what separates them from their node.
std::size_t skip_properties(std::string_view text, std::size_t at);

// Whether `?` introduces the key that starts at `at`.
bool is_explicit_key(std::string_view text, std::size_t at);

// The columns of white space that the line of `at` starts with.
std::size_t indent_of_line(std::string_view text, std::size_t at);

// Where a later line of text[begin, end) starts at or left of column `indent` (spaces count,
// tabs do not): inside a block mapping that ends what started in it. npos: nowhere.
std::size_t falls_out_at(std::string_view text, std::size_t begin, std::size_t end,
                         std::size_t indent);

}  // namespace attune
