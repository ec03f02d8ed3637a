// A rule's conditions: compiled from a manifest once, evaluated for each event.
//
//     {path: event.payload.load, op: greater_than, value: 5}
//     {all: [...]}   {any: [...]}   {not: {...}}   a bare list is `all`, null is always true
//
// Operators: equals, not_equals, contains, not_contains, starts_with, ends_with, greater_than,
// greater_or_equal, less_than, less_or_equal, in, not_in, matches (RE2, anywhere in the text),
// exists, not_exists. Evaluation fails closed: a missing field makes every operator but
// not_exists false, the not_ ones too; sides of different types compare false, except that
// equals, not_equals, in and not_in compare null with anything. docs/rules.md has the table.
#pragma once

#include <memory>
#include <string>

#include "core/context.h"
#include "core/json.h"
#include "core/result.h"

namespace attune {

struct Match {
    bool matched = true;
    // Why it did not match, empty when it did. Begins with one of the words missing, type,
    // value, any, not: "missing: event.payload.load", "value: event.payload.load is 3, not
    // greater_than 5". Values are cut to 64 bytes.
    std::string reason;
};

// Immutable and cheap to copy.
class Condition {
public:
    Condition() = default;  // always true

    Match evaluate(Context& context) const;
    bool always_true() const { return root_ == nullptr; }

private:
    friend Compiled<Condition> compile_condition(const Json& conditions);
    struct Node;
    struct Compiler;

    explicit Condition(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

    std::shared_ptr<const Node> root_;
};

// Compiles what stands under `conditions`. All faults, each with a pointer into `conditions`:
// ATT2001 and ATT2004 (shape), ATT4030 and ATT4031 (path), ATT4032 (unknown operator), ATT4033
// (value does not suit the operator), ATT4034 (pattern). A depth over limits::kDepth is a
// fault.
Compiled<Condition> compile_condition(const Json& conditions);

}  // namespace attune
