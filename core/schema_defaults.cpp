#include "core/schema_defaults.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/json_schema.h"
#include "core/node.h"
#include "core/schema_explain.h"
#include "core/schema_lint.h"

namespace attune {

Defaults defaults_of(const std::optional<Json>& schema) {
    Defaults defaults;
    if (!schema || !schema->is_object()) return defaults;
    const auto properties = schema->find("properties");
    if (properties == schema->end() || !properties->is_object()) return defaults;
    for (const auto& [name, property] : properties->items()) {
        if (!property.is_object()) continue;
        const auto value = property.find("default");
        if (value != property.end()) defaults.emplace_back(name, *value);
    }
    return defaults;
}

void fill_in(Json& params, const Defaults& defaults) {
    for (const auto& [name, value] : defaults) {
        if (!params.contains(name)) params[name] = value;
    }
}

std::vector<Fault> lint_defaults(const Json& schema, const Patterns& patterns) {
    const auto defaults = defaults_of(schema);
    if (defaults.empty()) return {};
    // Why a value is refused is asked at once: a validator for a schema that most often has
    // nothing against its own defaults would cost more than all of its manifest.
    const auto inlined = inline_refs(schema);
    std::vector<Fault> faults;
    for (const auto& [name, value] : defaults) {
        Json params = Json::object();
        params[name] = value;
        const auto segment = pointer_segment(name);
        const auto violations = explain(inlined, params, patterns, nullptr);
        const auto own =
            std::find_if(violations.begin(), violations.end(), [&](const Violation& violation) {
                return (violation.pointer + "/").starts_with("/" + segment + "/");
            });
        if (own == violations.end()) continue;
        auto fault = refuse("ATT2027",
                            fmt::format("the default of `{}` is refused by its own schema: {}",
                                        name, own->message),
                            "change the default, or what the property asks")
                         .value();
        fault.pointer = "/properties/" + segment + "/default";
        faults.push_back(std::move(fault));
    }
    return faults;
}

}  // namespace attune
