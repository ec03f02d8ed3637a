#include "core/pattern.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

namespace attune {

tl::expected<Patterns::Compiled, std::string> Patterns::add(const std::string& text) {
    if (const auto known = compiled_.find(text); known != compiled_.end()) return known->second;
    if (text.size() > limits::kPatternBytes) {
        return tl::unexpected(fmt::format("pattern of {} bytes, the limit is {}", text.size(),
                                          limits::kPatternBytes));
    }
    const auto too_much = [] {
        return tl::unexpected(fmt::format("patterns that take more than {} steps together",
                                          limits::kPatternSteps));
    };
    if (steps_left_ <= 0) return too_much();
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(limits::kPatternMemory);
    auto compiled = std::make_shared<const re2::RE2>(text, options);
    // To find out that one is too large costs as much as the largest.
    const int largest = limits::kPatternSteps / 4;
    steps_left_ -= compiled->ok() ? std::max(compiled->ProgramSize(), 1)
                   : compiled->error_code() == re2::RE2::ErrorPatternTooLarge ? largest
                                                                              : 1;
    if (!compiled->ok()) {
        return tl::unexpected(fmt::format("pattern is not valid: {}", compiled->error()));
    }
    if (steps_left_ < 0) return too_much();
    compiled_.emplace(text, compiled);
    return compiled;
}

void Patterns::merge(Patterns other) { compiled_.merge(other.compiled_); }

bool Patterns::found_in(const std::string& text, const std::string& pattern) const {
    const auto found = compiled_.find(pattern);
    return found != compiled_.end() && re2::RE2::PartialMatch(text, *found->second);
}

}  // namespace attune
