// The defaults that a schema gives its top-level properties, which are filled in where an
// action's parameters do not name them. Deeper ones explain and do nothing.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/pattern.h"
#include "core/result.h"

namespace attune {

using Defaults = std::vector<std::pair<std::string, Json>>;

Defaults defaults_of(const std::optional<Json>& schema);

// Adds what `params`, an object, does not have.
void fill_in(Json& params, const Defaults& defaults);

// Defaults that their own property's schema refuses: ATT2027. Requires that
// lint_schema(schema, patterns) has found nothing.
std::vector<Fault> lint_defaults(const Json& schema, const Patterns& patterns);

}  // namespace attune
