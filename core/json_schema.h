// A JSON Schema that values are judged by: compiled once, then shared and never changed.
//
// draft-07 with the keywords of core/schema_lint.h; whatever the lint refuses is never
// compiled, so no schema and no value can crash, hang or blow up a validation. Copies share
// the compiled schema; any number of threads may validate by one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/pattern.h"
#include "core/result.h"

namespace attune {

// One root cause; what follows from it for the values around it is folded in.
struct Violation {
    std::string pointer;   // RFC 6901, of the value at fault; of a missing or unknown property:
                           // the object it is missing from or stands in
    std::string keyword;   // of the schema that is broken: "type", "enum", "required", ...
    std::string message;   // one sentence, lower case, no full stop
    std::string label;     // short words for under a caret: "expected an integer"
    std::string property;  // the missing or unknown property, else empty
    std::vector<std::string> allowed;  // an enum's values as JSON texts, or a type's names
    // The properties that would not be unknown, shared by all that are; else nullptr.
    std::shared_ptr<const std::vector<std::string>> known;
};

class JsonSchema {
public:
    // `schema` as it is written. Faults ATT202x: what the lint has against it first.
    static Result<JsonSchema> compile(const Json& schema);

    // What an action's parameters (or a trigger's option-less config) must match: closed, that
    // is a property the schema does not name is a violation unless its additionalProperties
    // says otherwise. nullopt: an object without properties.
    static Result<JsonSchema> compile_closed(const std::optional<Json>& schema);

    // What a sensor's config must match: both schemas of its trigger, closed over their union.
    static Result<JsonSchema> compile_config(const std::optional<Json>& param_schema,
                                             const std::optional<Json>& option_schema);

    // Whether `value` matches: the quick question. Never throws for any value.
    bool accepts(const Json& value) const;

    // Why `value` does not match, in the order of the value; empty exactly when accepts().
    // `stands_for_any` values (template strings that are not rendered yet) match everything.
    using StandsForAny = bool (*)(const Json& value);
    std::vector<Violation> validate(const Json& value,
                                    StandsForAny stands_for_any = nullptr) const;

    // The schema that is judged by: $refs replaced by what they name, closed if so compiled.
    const Json& document() const;

private:
    struct Compiled;
    explicit JsonSchema(std::shared_ptr<const Compiled> compiled)
        : compiled_(std::move(compiled)) {}

    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace attune
