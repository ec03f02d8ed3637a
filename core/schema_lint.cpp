#include "core/schema_lint.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/formats.h"
#include "core/limits.h"
#include "core/node.h"
#include "core/pattern.h"
#include "core/suggest.h"

namespace attune {
namespace {

constexpr std::array<std::string_view, 7> kTypeNames = {"array",  "boolean", "integer", "null",
                                                        "number", "object",  "string"};

// What a keyword's value must be.
enum class Wants {
    kAnything,
    kText,
    kBoolean,
    kNumber,
    kPositiveNumber,
    kCount,    // a whole number >= 0
    kValues,   // a list with at least one value
    kNames,    // a list of different texts
    kTypes,    // one or several of kTypeNames
    kPattern,  // RE2
    kFormat,
    kSchema,
    kSchemas,     // a list with at least one schema
    kSchemaMap,   // names to schemas
    kPatternMap,  // patterns to schemas
    kItems,       // a schema, or one for each position
    kRef,
};

struct Keyword {
    std::string_view name;
    Wants wants;
    bool judges = true;  // false: explains, names or holds; stands beside $ref without harm
};

constexpr std::array kKeywords = {
    Keyword{"type", Wants::kTypes},
    Keyword{"enum", Wants::kValues},
    Keyword{"const", Wants::kAnything},
    Keyword{"properties", Wants::kSchemaMap},
    Keyword{"required", Wants::kNames},
    Keyword{"additionalProperties", Wants::kSchema},
    Keyword{"patternProperties", Wants::kPatternMap},
    Keyword{"propertyNames", Wants::kSchema},
    Keyword{"minProperties", Wants::kCount},
    Keyword{"maxProperties", Wants::kCount},
    Keyword{"items", Wants::kItems},
    Keyword{"additionalItems", Wants::kSchema},
    Keyword{"contains", Wants::kSchema},
    Keyword{"minItems", Wants::kCount},
    Keyword{"maxItems", Wants::kCount},
    Keyword{"uniqueItems", Wants::kBoolean},
    Keyword{"minLength", Wants::kCount},
    Keyword{"maxLength", Wants::kCount},
    Keyword{"pattern", Wants::kPattern},
    Keyword{"format", Wants::kFormat},
    Keyword{"minimum", Wants::kNumber},
    Keyword{"maximum", Wants::kNumber},
    Keyword{"exclusiveMinimum", Wants::kNumber},
    Keyword{"exclusiveMaximum", Wants::kNumber},
    Keyword{"multipleOf", Wants::kPositiveNumber},
    Keyword{"allOf", Wants::kSchemas},
    Keyword{"anyOf", Wants::kSchemas},
    Keyword{"oneOf", Wants::kSchemas},
    Keyword{"not", Wants::kSchema},
    Keyword{"if", Wants::kSchema},
    Keyword{"then", Wants::kSchema},
    Keyword{"else", Wants::kSchema},
    Keyword{"$ref", Wants::kRef, false},
    Keyword{"$defs", Wants::kSchemaMap, false},
    Keyword{"definitions", Wants::kSchemaMap, false},
    Keyword{"title", Wants::kText, false},
    Keyword{"description", Wants::kText, false},
    Keyword{"default", Wants::kAnything, false},
    Keyword{"examples", Wants::kValues, false},
    Keyword{"$comment", Wants::kText, false},
    Keyword{"$schema", Wants::kText, false},
    Keyword{"secret", Wants::kBoolean, false},
};

const Keyword* find_keyword(std::string_view name) {
    const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                     [&](const auto& keyword) { return keyword.name == name; });
    return found == kKeywords.end() ? nullptr : found;
}

std::string below(const std::string& pointer, std::string_view key) {
    return pointer + "/" + pointer_segment(key);
}

std::string below(const std::string& pointer, std::size_t index) {
    return pointer + "/" + std::to_string(index);
}

// What "#/a/b" names in `root`, or nullptr.
const Json* resolve(const Json& root, std::string_view ref) {
    if (!ref.starts_with('#')) return nullptr;
    const Json* found = &root;
    for (ref.remove_prefix(1); !ref.empty();) {
        if (ref.front() != '/') return nullptr;
        ref.remove_prefix(1);
        const auto segment = ref.substr(0, ref.find('/'));
        ref.remove_prefix(segment.size());
        if (found->is_object()) {
            const auto next = found->find(unescaped_segment(segment));
            if (next == found->end()) return nullptr;
            found = &*next;
        } else if (found->is_array()) {
            std::size_t index = 0;
            if (segment.empty() || segment.size() > 5) return nullptr;
            for (const char c : segment) {
                if (c < '0' || c > '9') return nullptr;
                index = index * 10 + static_cast<std::size_t>(c - '0');
            }
            if (index >= found->size()) return nullptr;
            found = &(*found)[index];
        } else {
            return nullptr;
        }
    }
    return found->is_object() || found->is_boolean() ? found : nullptr;
}

// How a keyword's value holds schemas.
enum class Holds { kNone, kOne, kList, kMap };

Holds holds(const Keyword& known, const Json& value) {
    switch (known.wants) {
        case Wants::kSchemaMap:
        case Wants::kPatternMap:
            return Holds::kMap;
        case Wants::kSchemas:
            return Holds::kList;
        case Wants::kItems:
            return value.is_array() ? Holds::kList : Holds::kOne;
        case Wants::kSchema:
            return Holds::kOne;
        case Wants::kAnything:
        case Wants::kText:
        case Wants::kBoolean:
        case Wants::kNumber:
        case Wants::kPositiveNumber:
        case Wants::kCount:
        case Wants::kValues:
        case Wants::kNames:
        case Wants::kTypes:
        case Wants::kPattern:
        case Wants::kFormat:
        case Wants::kRef:
            return Holds::kNone;
    }
    return Holds::kNone;
}

class Lint {
public:
    Lint(const Json& root, Patterns& patterns) : root_(root), patterns_(patterns) {}

    std::vector<Fault> run() {
        schema(root_, "", 0);
        if (faults_.empty()) expand(root_, "", 0);
        return std::move(faults_);
    }

private:
    bool is_full() const { return faults_.size() > limits::kFindings; }

    void fault(std::string_view code, std::string pointer, std::string message,
               std::string help = {}) {
        if (is_full()) return;
        auto found = refuse(std::string(code), std::move(message), std::move(help)).value();
        found.pointer = std::move(pointer);
        faults_.push_back(std::move(found));
    }

    void wrong(const std::string& pointer, std::string_view keyword,
               std::string_view expected) {
        fault("ATT2021", pointer, fmt::format("`{}` must be {}", keyword, expected));
    }

    void schema(const Json& node, const std::string& pointer, std::size_t depth) {
        schemas_.insert(&node);
        if (node.is_boolean()) return;
        if (!node.is_object()) {
            fault("ATT2021", pointer, "a schema must be a mapping, true or false");
            return;
        }
        if (depth > limits::kSchemaDepth) {
            fault("ATT2026", pointer,
                  fmt::format("schemas are nested deeper than {}", limits::kSchemaDepth),
                  "flatten it");
            return;
        }
        for (const auto& [name, value] : node.items()) {
            const auto* known = find_keyword(name);
            if (known == nullptr) {
                unknown(name, below(pointer, name));
            } else {
                keyword(*known, value, below(pointer, name), depth);
            }
        }
        if (node.contains("$ref")) check_beside_ref(node, pointer);
    }

    void unknown(const std::string& name, std::string pointer) {
        if (is_full()) return;
        static const std::vector<std::string> kNames = [] {
            std::vector<std::string> names;
            for (const auto& keyword : kKeywords) names.emplace_back(keyword.name);
            return names;
        }();
        const auto meant = suggest(name, kNames);
        fault("ATT2020", std::move(pointer), fmt::format("unknown schema keyword `{}`", name),
              meant ? fmt::format("did you mean `{}`?", *meant)
                    : "attune checks a closed list of draft-07 keywords, so that none is "
                      "silently without effect");
    }

    // draft-07 ignores what stands beside a $ref, which nobody expects.
    void check_beside_ref(const Json& node, const std::string& pointer) {
        for (const auto& [name, value] : node.items()) {
            const auto* known = find_keyword(name);
            if (known == nullptr || !known->judges) continue;
            fault("ATT2021", below(pointer, name),
                  fmt::format("`{}` has no effect beside `$ref`", name),
                  "put both into an `allOf`");
        }
    }

    void keyword(const Keyword& known, const Json& value, const std::string& pointer,
                 std::size_t depth) {
        switch (known.wants) {
            case Wants::kAnything:
                return;
            case Wants::kText:
                if (!value.is_string()) wrong(pointer, known.name, "text");
                return;
            case Wants::kBoolean:
                if (!value.is_boolean()) wrong(pointer, known.name, "true or false");
                return;
            case Wants::kNumber:
                if (!value.is_number()) wrong(pointer, known.name, "a number");
                return;
            case Wants::kPositiveNumber:
                if (!value.is_number() || value.get<double>() <= 0) {
                    wrong(pointer, known.name, "a number above 0");
                }
                return;
            case Wants::kCount:
                if (!value.is_number_integer() || value < 0 || value > 1'000'000'000) {
                    wrong(pointer, known.name, "a whole number, 0 or more");
                }
                return;
            case Wants::kValues:
                if (!value.is_array() || value.empty()) {
                    wrong(pointer, known.name, "a list with at least one value");
                }
                return;
            case Wants::kNames:
                names(value, pointer, known.name);
                return;
            case Wants::kTypes:
                types(value, pointer);
                return;
            case Wants::kPattern:
                if (!value.is_string()) {
                    wrong(pointer, known.name, "text");
                } else {
                    pattern(value.get_ref<const std::string&>(), pointer);
                }
                return;
            case Wants::kFormat:
                format(value, pointer);
                return;
            case Wants::kSchema:
                schema(value, pointer, depth + 1);
                return;
            case Wants::kSchemas:
                schemas(value, pointer, known.name, depth);
                return;
            case Wants::kSchemaMap:
            case Wants::kPatternMap:
                schema_map(known, value, pointer, depth);
                return;
            case Wants::kItems:
                if (value.is_array()) {
                    schemas(value, pointer, known.name, depth);
                } else {
                    schema(value, pointer, depth + 1);
                }
                return;
            case Wants::kRef:
                ref(value, pointer);
                return;
        }
    }

    void schemas(const Json& value, const std::string& pointer, std::string_view keyword,
                 std::size_t depth) {
        if (!value.is_array() || value.empty()) {
            wrong(pointer, keyword, "a list with at least one schema");
            return;
        }
        for (std::size_t i = 0; i < value.size(); ++i) {
            schema(value[i], below(pointer, i), depth + 1);
        }
    }

    void schema_map(const Keyword& known, const Json& value, const std::string& pointer,
                    std::size_t depth) {
        if (!value.is_object()) {
            wrong(pointer, known.name, "a mapping of names to schemas");
            return;
        }
        for (const auto& [name, inner] : value.items()) {
            if (known.wants == Wants::kPatternMap) pattern(name, below(pointer, name));
            schema(inner, below(pointer, name), depth + 1);
        }
    }

    void names(const Json& value, const std::string& pointer, std::string_view keyword) {
        std::set<std::string> seen;
        bool good = value.is_array();
        for (const auto& name : good ? value : Json::array()) {
            good = good && name.is_string() && seen.insert(name.get<std::string>()).second;
        }
        if (!good) wrong(pointer, keyword, "a list of different texts");
    }

    void types(const Json& value, const std::string& pointer) {
        const auto list = value.is_array() ? value : Json::array({value});
        static const std::vector<std::string> kNames(kTypeNames.begin(), kTypeNames.end());
        std::set<std::string> seen;
        if (list.empty()) wrong(pointer, "type", "a type or a list of types");
        for (const auto& type : list) {
            const auto name = type.is_string() ? type.get<std::string>() : compact(type);
            const bool known = std::find(kNames.begin(), kNames.end(), name) != kNames.end();
            if (type.is_string() && known && seen.insert(name).second) continue;
            const auto meant = suggest(name, kNames);
            fault("ATT2021", pointer, fmt::format("`type` names `{}`", name),
                  meant && *meant != name
                      ? fmt::format("did you mean `{}`?", *meant)
                      : "types are array, boolean, integer, null, number, object and string, "
                        "each once");
        }
    }

    void pattern(const std::string& text, const std::string& pointer) {
        if (const auto added = patterns_.add(text); !added) {
            fault("ATT2024", pointer, added.error(),
                  "patterns are RE2: no lookaround, no backreferences");
        }
    }

    void format(const Json& value, const std::string& pointer) {
        static const std::vector<std::string> kNames(formats().begin(), formats().end());
        const auto name = value.is_string() ? value.get<std::string>() : compact(value);
        if (value.is_string() &&
            std::find(kNames.begin(), kNames.end(), name) != kNames.end()) {
            return;
        }
        const auto meant = suggest(name, kNames);
        fault("ATT2025", pointer, fmt::format("unknown format `{}`", name),
              meant ? fmt::format("did you mean `{}`?", *meant)
                    : fmt::format("formats are {}", fmt::join(kNames, ", ")));
    }

    void ref(const Json& value, const std::string& pointer) {
        if (!value.is_string()) {
            wrong(pointer, "$ref", "text");
            return;
        }
        const auto& text = value.get_ref<const std::string&>();
        if (!text.starts_with('#')) {
            fault("ATT2022", pointer, fmt::format("`$ref` to `{}`, which is not local", text),
                  "only references into the same schema, `#/$defs/name`, are followed");
        } else if (resolve(root_, text) == nullptr) {
            fault("ATT2022", pointer, fmt::format("`$ref` to `{}` leads to no schema", text),
                  "check the path; it starts at the root of this schema");
        }
    }

    // Follows every $ref as validation would. Returns false when it must not go on.
    bool expand(const Json& node, const std::string& pointer, std::size_t depth) {
        if (!node.is_object()) return true;
        if (++expansions_ > limits::kSchemaExpansions) {
            fault("ATT2023", pointer,
                  fmt::format("this schema has more than {} parts once each `$ref` is replaced "
                              "by what it names",
                              limits::kSchemaExpansions),
                  "refer to less, less often");
            return false;
        }
        if (depth > limits::kSchemaDepth) {
            fault(
                "ATT2026", pointer,
                fmt::format("schemas are nested deeper than {} once each `$ref` is replaced by "
                            "what it names",
                            limits::kSchemaDepth),
                "flatten it");
            return false;
        }
        if (const auto ref = node.find("$ref"); ref != node.end()) {
            return expand_ref(ref->get_ref<const std::string&>(), below(pointer, "$ref"),
                              depth);
        }
        for (const auto& [name, value] : node.items()) {
            if (!expand_keyword(*find_keyword(name), value, below(pointer, name), depth)) {
                return false;
            }
        }
        return true;
    }

    bool expand_ref(const std::string& text, const std::string& pointer, std::size_t depth) {
        const Json* target = resolve(root_, text);
        if (!schemas_.contains(target)) {
            fault("ATT2022", pointer, fmt::format("`$ref` to `{}` leads to no schema", text),
                  "it leads into a value, or to a list of names; name one that holds a schema");
            return false;
        }
        if (target == &root_ || std::find(open_.begin(), open_.end(), target) != open_.end()) {
            fault("ATT2023", pointer, fmt::format("`$ref` to `{}` leads back to itself", text),
                  "attune does not follow schemas that contain themselves");
            return false;
        }
        open_.push_back(target);
        const bool good = expand(*target, text.substr(1), depth + 1);
        open_.pop_back();
        return good;
    }

    bool expand_keyword(const Keyword& known, const Json& value, const std::string& pointer,
                        std::size_t depth) {
        switch (holds(known, value)) {
            case Holds::kNone:
                return true;
            case Holds::kOne:
                return expand(value, pointer, depth + 1);
            case Holds::kList:
            case Holds::kMap:
                break;
        }
        for (const auto& [name, inner] : value.items()) {
            if (!expand(inner, below(pointer, name), depth + 1)) return false;
        }
        return true;
    }

    const Json& root_;
    Patterns& patterns_;
    std::vector<Fault> faults_;
    std::set<const Json*> schemas_;  // every place that holds one
    std::vector<const Json*> open_;  // what the $refs on the way here name
    std::size_t expansions_ = 0;
};

Json inlined(const Json& root, const Json& node) {
    if (!node.is_object()) return node;
    if (const auto ref = node.find("$ref"); ref != node.end()) {
        return inlined(root, *resolve(root, ref->get_ref<const std::string&>()));
    }
    Json result = Json::object();
    for (const auto& [name, value] : node.items()) {
        const auto* known = find_keyword(name);
        if (!known->judges) continue;
        switch (holds(*known, value)) {
            case Holds::kNone:
                result[name] = value;
                break;
            case Holds::kOne:
                result[name] = inlined(root, value);
                break;
            case Holds::kList:
                for (const auto& part : value) result[name].push_back(inlined(root, part));
                break;
            case Holds::kMap:
                result[name] = Json::object();
                for (const auto& [key, part] : value.items()) {
                    result[name][key] = inlined(root, part);
                }
                break;
        }
    }
    return result;
}

}  // namespace

std::vector<Fault> lint_schema(const Json& schema) {
    Patterns patterns;
    return lint_schema(schema, patterns);
}

std::vector<Fault> lint_schema(const Json& schema, Patterns& patterns) {
    return Lint(schema, patterns).run();
}

Json inline_refs(const Json& schema) { return inlined(schema, schema); }

}  // namespace attune
