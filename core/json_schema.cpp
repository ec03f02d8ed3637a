#include "core/json_schema.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "core/limits.h"
#include "core/schema_explain.h"
#include "core/schema_lint.h"

#if !defined(VALIJSON_USE_EXCEPTIONS) || !VALIJSON_USE_EXCEPTIONS
#error "without VALIJSON_USE_EXCEPTIONS valijson aborts the process on a bad schema"
#endif

namespace attune {
namespace {

// Stands in a prepared schema for the keywords that are ours to check; its value is an index.
constexpr const char* kHouse = "x-attune";

Json to_json(const valijson::adapters::Adapter& value) {
    if (value.isString()) return value.getString();
    if (value.isBool()) return value.getBool();
    if (value.isInteger()) return value.getInteger();
    if (value.isDouble()) return value.getDouble();
    if (value.isArray()) {
        Json items = Json::array();
        value.applyToArray([&](const valijson::adapters::Adapter& item) {
            items.push_back(to_json(item));
            return true;
        });
        return items;
    }
    if (value.isObject()) {
        Json members = Json::object();
        value.applyToObject(
            [&](const std::string& key, const valijson::adapters::Adapter& item) {
                members[key] = to_json(item);
                return true;
            });
        return members;
    }
    return nullptr;
}

// The house keywords of one place in the schema.
class HouseConstraint : public valijson::constraints::PolyConstraint {
public:
    HouseConstraint(const Json& keywords, const Patterns& patterns)
        : keywords_(&keywords), patterns_(&patterns) {}

    bool validate(const valijson::adapters::Adapter& target,
                  const std::vector<std::string>& /*context*/,
                  valijson::ValidationResults* /*results*/) const override {
        return explain(*keywords_, to_json(target), *patterns_, nullptr).empty();
    }

private:
    Constraint* cloneInto(void* memory) const override {
        return new (memory) HouseConstraint(*this);
    }
    size_t sizeOf() const override { return sizeof(*this); }

    const Json* keywords_;
    const Patterns* patterns_;
};

class HouseBuilder : public valijson::ConstraintBuilder {
public:
    HouseBuilder(const std::vector<std::unique_ptr<const Json>>& keywords,
                 const Patterns& patterns)
        : keywords_(keywords), patterns_(patterns) {}

    valijson::constraints::Constraint* make(
        const valijson::adapters::Adapter& index) const override {
        return new HouseConstraint(*keywords_.at(static_cast<std::size_t>(index.getInteger())),
                                   patterns_);
    }

private:
    const std::vector<std::unique_ptr<const Json>>& keywords_;
    const Patterns& patterns_;
};

// Moves the house keywords of an inlined schema out of what valijson sees.
class Preparation {
public:
    explicit Preparation(std::vector<std::unique_ptr<const Json>>& keywords)
        : keywords_(keywords) {}

    Json schema(const Json& node) {
        if (!node.is_object()) return node;
        Json prepared = Json::object();
        Json house = Json::object();
        for (const auto& [name, value] : node.items()) {
            if (is_house_keyword(name)) {
                house[name] = value;
            } else if (name != "additionalProperties" || !node.contains("patternProperties")) {
                prepared[name] = keyword(name, value);
            }
        }
        if (house.contains("patternProperties")) take_members(node, house);
        if (house.empty()) return prepared;
        prepared[kHouse] = keywords_.size();
        keywords_.push_back(std::make_unique<const Json>(std::move(house)));
        return prepared;
    }

private:
    // What patterns leave over is additional: those three keywords go together. The declared
    // properties stay with valijson and are only named here.
    static void take_members(const Json& node, Json& house) {
        if (const auto others = node.find("additionalProperties"); others != node.end()) {
            house["additionalProperties"] = *others;
        }
        const auto properties = node.find("properties");
        if (properties == node.end()) return;
        for (const auto& [name, unused] : properties->items()) house["properties"][name] = true;
    }

    Json keyword(const std::string& name, const Json& value) {
        if (name == "enum" || name == "const" || name == "required" || name == "type") {
            return value;
        }
        if (name == "properties") {
            Json members = Json::object();
            for (const auto& [key, inner] : value.items()) members[key] = schema(inner);
            return members;
        }
        if (value.is_array()) {
            Json parts = Json::array();
            for (const auto& part : value) parts.push_back(schema(part));
            return parts;
        }
        return schema(value);
    }

    std::vector<std::unique_ptr<const Json>>& keywords_;
};

// Deeper values, and integers that only fit without a sign, are beyond what may be judged.
bool can_be_judged(const Json& value, std::size_t depth) {
    if (value.is_number_unsigned()) {
        return value.get<std::uint64_t>() <=
               static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    }
    if (!value.is_structured()) return true;
    if (depth >= limits::kDepth) return false;
    for (const auto& inner : value) {
        if (!can_be_judged(inner, depth + 1)) return false;
    }
    return true;
}

// What the top level of a schema declares, through its branches.
struct Declared {
    Json properties = Json::object();
    Json patterns = Json::object();
    bool open = false;  // says itself what becomes of further properties
};

void collect(const Json& node, bool top, Declared& declared) {
    if (!node.is_object()) {
        declared.open = declared.open || (top && node == true);
        return;
    }
    if (const auto found = node.find("properties"); found != node.end()) {
        for (const auto& [name, unused] : found->items()) declared.properties[name] = true;
    }
    if (const auto found = node.find("patternProperties"); found != node.end()) {
        for (const auto& [name, unused] : found->items()) declared.patterns[name] = true;
    }
    const auto others = node.find("additionalProperties");
    if (top && others != node.end() && *others != false) declared.open = true;
    for (const char* branch : {"if", "then", "else"}) {
        if (const auto found = node.find(branch); found != node.end()) {
            collect(*found, false, declared);
        }
    }
    for (const char* branches : {"allOf", "anyOf", "oneOf"}) {
        const auto found = node.find(branches);
        if (found == node.end()) continue;
        for (const auto& branch : *found) collect(branch, false, declared);
    }
}

// One schema that demands all of `parts` and knows no properties but theirs.
Json closed_over(std::vector<Json> parts) {
    Declared declared;
    for (auto& part : parts) {
        collect(part, true, declared);
        // Closed over the union: what closes one part alone would shut the others out.
        if (part.is_object() && part.value("additionalProperties", Json()) == false) {
            part.erase("additionalProperties");
        }
    }
    Json closed = {{"type", "object"}, {"properties", std::move(declared.properties)}};
    if (!parts.empty()) closed["allOf"] = std::move(parts);
    if (declared.open) return closed;
    if (!declared.patterns.empty()) closed["patternProperties"] = std::move(declared.patterns);
    closed["additionalProperties"] = false;
    return closed;
}

}  // namespace

struct JsonSchema::Compiled {
    Compiled(Json inlined, Patterns linted)
        : document(std::move(inlined)), patterns(std::move(linted)) {
        Preparation preparation(house_keywords);
        const Json prepared = preparation.schema(document);
        valijson::SchemaParser parser;
        parser.addConstraintBuilder(kHouse, new HouseBuilder(house_keywords, patterns));
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(prepared), judge);
    }

    Json document;
    Patterns patterns;
    std::vector<std::unique_ptr<const Json>> house_keywords;
    valijson::Schema judge;
};

Result<JsonSchema> JsonSchema::compile(const Json& schema) {
    Patterns patterns;
    auto faults = lint_schema(schema, patterns);
    if (!faults.empty()) return Refused(std::move(faults.front()));
    return JsonSchema(
        std::make_shared<const Compiled>(inline_refs(schema), std::move(patterns)));
}

Result<JsonSchema> JsonSchema::compile_closed(const std::optional<Json>& schema) {
    return compile_config(schema, std::nullopt);
}

Result<JsonSchema> JsonSchema::compile_config(const std::optional<Json>& param_schema,
                                              const std::optional<Json>& option_schema) {
    std::vector<Json> parts;
    Patterns all;
    for (const auto* schema : {&param_schema, &option_schema}) {
        if (!*schema) continue;
        Patterns patterns;
        auto faults = lint_schema(**schema, patterns);
        if (!faults.empty()) return Refused(std::move(faults.front()));
        parts.push_back(inline_refs(**schema));
        all.merge(std::move(patterns));
    }
    return JsonSchema(
        std::make_shared<const Compiled>(closed_over(std::move(parts)), std::move(all)));
}

bool JsonSchema::accepts(const Json& value) const {
    if (!can_be_judged(value, 0)) return false;
    // A validator keeps a cache that is not safe to share; it is empty here and cheap to make.
    valijson::Validator validator;
    return validator.validate(compiled_->judge, valijson::adapters::NlohmannJsonAdapter(value),
                              nullptr);
}

std::vector<Violation> JsonSchema::validate(const Json& value,
                                            StandsForAny stands_for_any) const {
    Violation general;
    general.keyword = "depth";
    if (!can_be_judged(value, 0)) {
        general.message = "nested too deeply, or an integer that does not fit in 64 bits";
        return {general};
    }
    if (stands_for_any == nullptr && accepts(value)) return {};
    auto violations = explain(compiled_->document, value, compiled_->patterns, stands_for_any);
    if (violations.empty() && stands_for_any == nullptr) {
        general.keyword = "schema";
        general.message = "the value does not match its schema";
        violations.push_back(general);
    }
    return violations;
}

const Json& JsonSchema::document() const { return compiled_->document; }

}  // namespace attune
