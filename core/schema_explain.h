// Why a value does not match a schema, keyword by keyword.
//
// The library that judges (core/json_schema.cpp) says whether; this says why, and does what
// that library cannot do safely: patterns, formats, uniqueItems, multipleOf.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/json_schema.h"

namespace re2 {
class RE2;
}

namespace attune {

// The patterns of one schema, compiled once; immutable afterwards.
class SchemaPatterns {
public:
    // Every `pattern` and name in `patternProperties` of the inlined schema `document`, whose
    // parts have been linted.
    explicit SchemaPatterns(const Json& document);
    SchemaPatterns(const SchemaPatterns&) = delete;
    SchemaPatterns& operator=(const SchemaPatterns&) = delete;

    // Whether `pattern` (of the document) is found in `text`.
    bool found_in(const std::string& text, const std::string& pattern) const;

private:
    std::map<std::string, std::shared_ptr<const re2::RE2>> compiled_;
};

// The keywords that the judging library cannot be trusted with.
bool is_house_keyword(std::string_view keyword);

// What `value` breaks of the inlined schema `schema`, in the order of the value.
std::vector<Violation> explain(const Json& schema, const Json& value,
                               const SchemaPatterns& patterns,
                               JsonSchema::StandsForAny stands_for_any);

}  // namespace attune
