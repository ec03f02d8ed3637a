#include "core/pattern.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

namespace attune {

tl::expected<std::shared_ptr<const re2::RE2>, std::string> compile_pattern(
    const std::string& text, PatternBudget& budget) {
    if (text.size() > limits::kPatternBytes) {
        return tl::unexpected(fmt::format("pattern of {} bytes, the limit is {}", text.size(),
                                          limits::kPatternBytes));
    }
    const auto too_much = [] {
        return tl::unexpected(fmt::format("patterns that take more than {} steps together",
                                          limits::kPatternSteps));
    };
    if (budget.steps <= 0) return too_much();
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_max_mem(limits::kPatternMemory);
    auto compiled = std::make_shared<const re2::RE2>(text, options);
    // To find out that one is too large costs as much as the largest.
    const int largest = limits::kPatternSteps / 4;
    budget.steps -= compiled->ok() ? std::max(compiled->ProgramSize(), 1)
                    : compiled->error_code() == re2::RE2::ErrorPatternTooLarge ? largest
                                                                               : 1;
    if (!compiled->ok()) {
        return tl::unexpected(fmt::format("pattern is not valid: {}", compiled->error()));
    }
    if (budget.steps < 0) return too_much();
    return compiled;
}

}  // namespace attune
