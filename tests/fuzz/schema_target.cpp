#include "core/json_schema.h"
#include "core/params.h"
#include "core/schema_lint.h"
#include "core/template.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/targets.h"

namespace attune {
namespace {

bool never(const Json& /*value*/) { return false; }

void promise_agreement(const JsonSchema& schema, const Json& value) {
    const auto violations = schema.validate(value, never);
    promise(schema.accepts(value) == violations.empty(), "the judges do not agree");
    for (const auto& violation : violations) {
        promise(!violation.message.empty() && !violation.keyword.empty(),
                "a violation of nothing");
        promise(value.contains(Json::json_pointer(violation.pointer)),
                "a violation of what is not there: " + violation.pointer);
    }
    // What stands for any value only ever makes a judge more lenient.
    if (violations.empty()) {
        promise(schema.validate(value, holds_template).empty(), "a template that is refused");
    }
}

}  // namespace

void fuzz_schema(std::string_view bytes) {
    const auto [first, second] = halves(bytes);
    const auto document = value_of(first);
    const auto faults = lint_schema(document);
    const auto compiled = JsonSchema::compile(document);
    promise(compiled.has_value() == faults.empty(), "the lint and the compiler do not agree");
    for (const auto& fault : faults) {
        promise(!fault.code.empty() && !fault.message.empty(), "a fault of nothing");
    }
    if (!compiled) return;
    const auto value = value_of(second);
    promise_agreement(*compiled, value);
    // What is judged by is a schema again, and says the same.
    const auto again = JsonSchema::compile(compiled->document());
    promise(again.has_value(), "what a schema means is no schema");
    promise(again->accepts(value) == compiled->accepts(value), "a schema means something else");
    if (const auto closed = JsonSchema::compile_closed(document)) {
        promise_agreement(*closed, value);
        promise(!closed->accepts(value) || compiled->accepts(value),
                "closing a schema has opened it");
    }
    if (const auto config = JsonSchema::compile_config(document, document)) {
        promise_agreement(*config, value);
    }
}

}  // namespace attune
