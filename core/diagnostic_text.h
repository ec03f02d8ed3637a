// Diagnostics as people read them: rustc's layout, with the line and a caret.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/diagnostic.h"

namespace attune {

// The bytes of a file, for excerpts; nullopt: shown without.
using TextOf = std::function<std::optional<std::string_view>(std::string_view file)>;

struct TextStyle {
    bool color = false;
    std::size_t max_errors = 100;  // and as many warnings; further ones are counted; 0: all
};

// All of them, blank lines between, ending in a newline; "" when there are none.
std::string render_text(const Diagnostics& diagnostics, const TextOf& text_of, TextStyle style);

// "2 errors, 1 warning in 2 of 137 files", "137 files, no problems".
std::string summary_line(const Diagnostics& diagnostics, std::size_t files);

// One line for a log: "packs/ops/rules/echo.yaml:4:7: ATT3001 rule refers to ...".
std::string one_line(const Diagnostic& diagnostic);

}  // namespace attune
