#include "core/comparison.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "core/limits.h"
#include "core/suggest.h"

namespace attune {
namespace {

using Operator = Comparison::Operator;
using Outcome = Comparison::Outcome;

// What an operator's `value` must be.
enum class Operand { kAny, kText, kOrdered, kList, kPattern, kNone };

struct OperatorRow {
    std::string_view name;
    Operator op;
    Operand operand;
};

constexpr std::array kOperators = {
    OperatorRow{"equals", Operator::kEquals, Operand::kAny},
    OperatorRow{"not_equals", Operator::kNotEquals, Operand::kAny},
    OperatorRow{"contains", Operator::kContains, Operand::kAny},
    OperatorRow{"not_contains", Operator::kNotContains, Operand::kAny},
    OperatorRow{"starts_with", Operator::kStartsWith, Operand::kText},
    OperatorRow{"ends_with", Operator::kEndsWith, Operand::kText},
    OperatorRow{"greater_than", Operator::kGreaterThan, Operand::kOrdered},
    OperatorRow{"greater_or_equal", Operator::kGreaterOrEqual, Operand::kOrdered},
    OperatorRow{"less_than", Operator::kLessThan, Operand::kOrdered},
    OperatorRow{"less_or_equal", Operator::kLessOrEqual, Operand::kOrdered},
    OperatorRow{"in", Operator::kIn, Operand::kList},
    OperatorRow{"not_in", Operator::kNotIn, Operand::kList},
    OperatorRow{"matches", Operator::kMatches, Operand::kPattern},
    OperatorRow{"exists", Operator::kExists, Operand::kNone},
    OperatorRow{"not_exists", Operator::kNotExists, Operand::kNone},
};

const OperatorRow& row_of(Operator op) { return kOperators[static_cast<std::size_t>(op)]; }

Outcome outcome_of(bool holds) { return holds ? Outcome::kHolds : Outcome::kValue; }

std::string_view type_name(const Json& value) {
    if (value.is_number()) return "number";
    if (value.is_array()) return "list";
    if (value.is_object()) return "mapping";
    return value.type_name();  // null, boolean, string
}

// Every integer of JSON is exact in it.
long double number(const Json& value) {
    if (value.is_number_unsigned()) return static_cast<long double>(value.get<std::uint64_t>());
    if (value.is_number_integer()) return static_cast<long double>(value.get<std::int64_t>());
    return static_cast<long double>(value.get<double>());
}

// Depth is bounded on both sides: one came from YAML, the other was read as untrusted JSON.
bool same(const Json& a, const Json& b) {  // NOLINT(misc-no-recursion)
    if (a.is_number() && b.is_number()) return number(a) == number(b);
    if (a.type() != b.type()) return false;
    if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
    if (!a.is_object()) return a == b;
    if (a.size() != b.size()) return false;
    for (auto mine = a.begin(), its = b.begin(); mine != a.end(); ++mine, ++its) {
        if (mine.key() != its.key() || !same(*mine, *its)) return false;
    }
    return true;
}

// null is of no type that could be mixed up: it equals null and nothing else.
bool comparable(const Json& a, const Json& b) {
    return a.is_null() || b.is_null() || type_name(a) == type_name(b);
}

bool any_same(const Json& list, const Json& value) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Json& item) { return same(item, value); });
}

Outcome contains(const Json& field, const Json& value, bool wanted) {
    if (field.is_array()) return outcome_of(any_same(field, value) == wanted);
    if (!field.is_string() || !value.is_string()) return Outcome::kType;
    const auto& text = field.get_ref<const std::string&>();
    const bool found = text.find(value.get_ref<const std::string&>()) != std::string::npos;
    return outcome_of(found == wanted);
}

Outcome among(const Json& field, const Json& list, bool wanted) {
    const bool any_comparable = std::any_of(
        list.begin(), list.end(), [&](const Json& item) { return comparable(item, field); });
    if (!any_comparable && !list.empty()) return Outcome::kType;
    return outcome_of(any_same(list, field) == wanted);
}

bool holds(Operator op, std::partial_ordering order) {
    if (op == Operator::kGreaterThan) return std::is_gt(order);
    if (op == Operator::kGreaterOrEqual) return std::is_gteq(order);
    if (op == Operator::kLessThan) return std::is_lt(order);
    return std::is_lteq(order);
}

Outcome compare(Operator op, const Json& field, const Json& value) {
    if (field.is_number() && value.is_number()) {
        return outcome_of(holds(op, number(field) <=> number(value)));
    }
    if (!field.is_string() || !value.is_string()) return Outcome::kType;
    const auto& text = field.get_ref<const std::string&>();
    return outcome_of(holds(op, text <=> value.get_ref<const std::string&>()));
}

// At most 64 bytes of it, cut between characters.
std::string shortened(const Json& value) {
    constexpr std::size_t kBytes = 64;
    std::string text = compact(value);
    if (text.size() <= kBytes) return text;
    std::size_t end = kBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + "...";
}

const OperatorRow* find_operator(std::string_view name) {
    const auto* row =
        std::find_if(kOperators.begin(), kOperators.end(),
                     [&](const OperatorRow& known) { return known.name == name; });
    return row != kOperators.end() ? row : nullptr;
}

Refused unknown_operator(std::string_view name) {
    const auto known = operator_names();
    const std::vector<std::string> names(known.begin(), known.end());
    const auto near = suggest(name, names);
    auto refused = refuse("ATT4032", fmt::format("unknown operator `{}`", name),
                          near ? fmt::format("did you mean `{}`?", *near)
                               : fmt::format("known: {}", fmt::join(names, ", ")));
    refused.value().pointer = "/op";
    return refused;
}

// "" when `value` suits, else what it should be.
std::string_view unsuited(Operand operand, const Json& value) {
    switch (operand) {
        case Operand::kText:
        case Operand::kPattern:
            return value.is_string() ? "" : "a string";
        case Operand::kOrdered:
            return value.is_number() || value.is_string() ? "" : "a number or a string";
        case Operand::kList:
            return value.is_array() ? "" : "a list";
        case Operand::kAny:
        case Operand::kNone:
            return "";
    }
    return "";
}

// nullopt when `value` (nullptr: none is written) suits the operator.
std::optional<Fault> operand_fault(const OperatorRow& row, const Json* value) {
    Fault fault{
        .code = "ATT4033", .message = {}, .help = {}, .reason = {}, .pointer = {}, .field = {}};
    if (row.operand == Operand::kNone) {
        if (value == nullptr) return std::nullopt;
        fault.message = fmt::format("`{}` takes no value", row.name);
        fault.help = "leave `value` out";
        fault.pointer = "/value";
        return fault;
    }
    if (value == nullptr) {
        fault.message = fmt::format("`{}` needs a `value`", row.name);
        return fault;
    }
    const std::string_view wanted = unsuited(row.operand, *value);
    if (wanted.empty()) return std::nullopt;
    fault.message =
        fmt::format("`{}` compares with {}, this is a {}", row.name, wanted, type_name(*value));
    fault.pointer = "/value";
    return fault;
}

Result<std::shared_ptr<const RE2>> pattern_of(const Json& value, Patterns& patterns) {
    auto compiled = patterns.add(value.get_ref<const std::string&>());
    if (compiled) return std::move(*compiled);
    auto refused = refuse("ATT4034", std::move(compiled.error()),
                          "patterns are RE2's: no back-references, no look-around");
    refused.value().pointer = "/value";
    return refused;
}

}  // namespace

Result<Comparison> Comparison::compile(std::string_view op, const Json* value,
                                       Patterns& patterns) {
    const OperatorRow* row = find_operator(op);
    if (row == nullptr) return unknown_operator(op);
    if (auto fault = operand_fault(*row, value)) return tl::unexpected(std::move(*fault));

    Comparison comparison;
    comparison.op_ = row->op;
    if (value != nullptr) comparison.value_ = *value;
    if (row->operand == Operand::kPattern) {
        auto pattern = pattern_of(*value, patterns);
        if (!pattern) return tl::unexpected(std::move(pattern.error()));
        comparison.pattern_ = std::move(*pattern);
    }
    return comparison;
}

Outcome Comparison::apply(const Json* field) const {
    if (op_ == Operator::kNotExists) return outcome_of(field == nullptr);
    if (field == nullptr) return Outcome::kMissing;
    switch (op_) {
        case Operator::kEquals:
            return comparable(*field, value_) ? outcome_of(same(*field, value_))
                                              : Outcome::kType;
        case Operator::kNotEquals:
            return comparable(*field, value_) ? outcome_of(!same(*field, value_))
                                              : Outcome::kType;
        case Operator::kContains:
            return contains(*field, value_, true);
        case Operator::kNotContains:
            return contains(*field, value_, false);
        case Operator::kIn:
            return among(*field, value_, true);
        case Operator::kNotIn:
            return among(*field, value_, false);
        case Operator::kGreaterThan:
        case Operator::kGreaterOrEqual:
        case Operator::kLessThan:
        case Operator::kLessOrEqual:
            return compare(op_, *field, value_);
        case Operator::kStartsWith:
        case Operator::kEndsWith:
        case Operator::kMatches:
            return field->is_string() ? in_text(field->get_ref<const std::string&>())
                                      : Outcome::kType;
        case Operator::kExists:
        case Operator::kNotExists:
            return Outcome::kHolds;
    }
    return Outcome::kValue;
}

Outcome Comparison::in_text(const std::string& text) const {
    if (pattern_ != nullptr) return outcome_of(RE2::PartialMatch(text, *pattern_));
    const auto& part = value_.get_ref<const std::string&>();
    return outcome_of(op_ == Operator::kStartsWith ? text.starts_with(part)
                                                   : text.ends_with(part));
}

std::string Comparison::describe(std::string_view path) const {
    const OperatorRow& row = row_of(op_);
    if (row.operand == Operand::kNone) return fmt::format("{} {}", path, row.name);
    return fmt::format("{} {} {}", path, row.name, shortened(value_));
}

std::string Comparison::explain(std::string_view path, const Json* field) const {
    const std::string_view name = row_of(op_).name;
    switch (apply(field)) {
        case Outcome::kHolds:
            return {};
        case Outcome::kMissing:
            return fmt::format("missing: {}", path);
        case Outcome::kType:
            return fmt::format("type: {} is a {}, {} compares it with a {}", path,
                               type_name(*field), name, type_name(value_));
        case Outcome::kValue:
            if (op_ == Operator::kNotExists) return fmt::format("value: {} exists", path);
            return fmt::format("value: {} is {}, not {} {}", path, shortened(*field), name,
                               shortened(value_));
    }
    return {};
}

std::vector<std::string_view> operator_names() {
    std::vector<std::string_view> names;
    names.reserve(kOperators.size());
    for (const OperatorRow& row : kOperators) names.push_back(row.name);
    return names;
}

}  // namespace attune
