// Why a value does not match a schema, keyword by keyword.
//
// The library that judges (core/json_schema.cpp) says whether; this says why, and does what
// that library cannot do safely: patterns, formats, uniqueItems, multipleOf.
#pragma once

#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/json_schema.h"
#include "core/pattern.h"

namespace attune {

// The keywords that the judging library cannot be trusted with.
bool is_house_keyword(std::string_view keyword);

// What `value` breaks of the inlined schema `schema`, in the order of the value. Requires that
// `patterns` has what the lint found in the schema.
std::vector<Violation> explain(const Json& schema, const Json& value, const Patterns& patterns,
                               JsonSchema::StandsForAny stands_for_any);

}  // namespace attune
