// One operator of a condition with its operand: {op: greater_than, value: 5}.
//
// Fails closed. A missing field makes every operator but not_exists false. Sides of different
// types are never compared (false, the not_ operators too), except that equals, not_equals, in
// and not_in compare null with anything: it equals null and nothing else. Numbers compare by
// value, whether written as integers or not; texts byte by byte. `contains` finds a part of a
// text or an item of a list; `matches` finds an RE2 pattern anywhere in a text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/pattern.h"
#include "core/result.h"

namespace attune {

// Immutable and cheap to copy.
class Comparison {
public:
    enum class Operator : std::uint8_t {
        kEquals,
        kNotEquals,
        kContains,
        kNotContains,
        kStartsWith,
        kEndsWith,
        kGreaterThan,
        kGreaterOrEqual,
        kLessThan,
        kLessOrEqual,
        kIn,
        kNotIn,
        kMatches,
        kExists,
        kNotExists,
    };

    // All but kHolds are false.
    enum class Outcome { kHolds, kMissing, kType, kValue };

    // `op` is the operator's name, `value` its operand as written or nullptr. Faults ATT4032
    // (unknown operator), ATT4033 (unsuited value), ATT4034 (pattern), with pointer "/op",
    // "/value", or "" when a value is missing. A pattern is added to `patterns`.
    static Result<Comparison> compile(std::string_view op, const Json* value,
                                      Patterns& patterns);

    // `field` is what the path leads to; nullptr: nothing.
    Outcome apply(const Json* field) const;

    // Why apply() is not kHolds: "missing: PATH", "type: PATH is a string, ...", "value: PATH
    // is 3, not greater_than 5". Values are cut to 64 bytes.
    std::string explain(std::string_view path, const Json* field) const;

    // "PATH greater_than 5".
    std::string describe(std::string_view path) const;

private:
    Comparison() = default;
    Outcome in_text(const std::string& text) const;

    Operator op_ = Operator::kExists;
    Json value_;
    std::shared_ptr<const re2::RE2> pattern_;  // of kMatches
};

// All operators' names: "equals", ...
std::vector<std::string_view> operator_names();

}  // namespace attune
