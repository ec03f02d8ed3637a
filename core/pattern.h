// RE2 patterns that users write, compiled within bounds: of a few bytes RE2 makes a program of
// megabytes when it is let.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "core/limits.h"

namespace re2 {
class RE2;
}

namespace attune {

// The patterns of one schema, or of one rule's conditions: bounded together, each compiled
// once.
class Patterns {
public:
    using Compiled = std::shared_ptr<const re2::RE2>;

    // `text` compiled, to be found anywhere in another text. Or why it is not: longer than
    // limits::kPatternBytes, no pattern of RE2's, or more than what the others have left of
    // limits::kPatternSteps.
    tl::expected<Compiled, std::string> add(const std::string& text);

    // Takes those of another schema, which were bounded by themselves.
    void merge(Patterns other);

    // Whether `pattern`, which was added, is found in `text`.
    bool found_in(const std::string& text, const std::string& pattern) const;

private:
    std::map<std::string, Compiled> compiled_;
    int steps_left_ = limits::kPatternSteps;
};

}  // namespace attune
