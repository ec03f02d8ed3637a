// RE2 patterns that users write, compiled within bounds: of a few bytes RE2 makes a program of
// megabytes when it is let.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "core/limits.h"

namespace re2 {
class RE2;
}

namespace attune {

// What the patterns of one schema, or of one rule's conditions, may take together.
struct PatternBudget {
    int steps = limits::kPatternSteps;
};

// `text` compiled, to be found anywhere in another; it takes from the budget. Or why it is not:
// longer than limits::kPatternBytes, no pattern of RE2's, or more than is left.
tl::expected<std::shared_ptr<const re2::RE2>, std::string> compile_pattern(
    const std::string& text, PatternBudget& budget);

}  // namespace attune
