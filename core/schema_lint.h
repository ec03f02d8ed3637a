// What a schema written by a user may contain, checked before anything compiles it.
//
// An allow-list: draft-07 without remote references, recursion, or keywords that nobody would
// check. A misspelt keyword is a fault with a suggestion instead of a silent hole.
#pragma once

#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/pattern.h"
#include "core/result.h"

namespace attune {

// Every fault of `schema`, in the order of the schema; Fault::pointer leads to the place in it.
//   ATT2020 unknown keyword         ATT2021 keyword with a value of the wrong kind
//   ATT2022 $ref not local, or to nothing             ATT2023 $ref in a circle, or too much of
//   it ATT2024 pattern that RE2 does not take            ATT2025 unknown format ATT2026 deeper
//   than limits::kSchemaDepth
std::vector<Fault> lint_schema(const Json& schema);

// The same, and adds its patterns to `patterns`, for whoever compiles the schema next.
std::vector<Fault> lint_schema(const Json& schema, Patterns& patterns);

// `schema` with every $ref replaced by what it names, and without what only explains.
// Requires lint_schema(schema).empty().
Json inline_refs(const Json& schema);

}  // namespace attune
