#include "core/schema_explain.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/formats.h"
#include "core/limits.h"
#include "core/node.h"
#include "core/pattern.h"
#include "core/text_places.h"

namespace attune {
namespace {

// The way down to a value; becomes text only when something is wrong there.
struct Path {
    const Path* parent = nullptr;
    const std::string* key = nullptr;
    std::size_t index = 0;
};

std::string to_pointer(const Path* path) {
    if (path == nullptr || path->parent == nullptr) return {};
    const auto segment =
        path->key == nullptr ? std::to_string(path->index) : pointer_segment(*path->key);
    return to_pointer(path->parent) + "/" + segment;
}

std::string_view type_name(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            return "null";
        case Json::value_t::boolean:
            return "boolean";
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return "integer";
        case Json::value_t::number_float:
            return "number";
        case Json::value_t::string:
            return "string";
        case Json::value_t::array:
            return "array";
        case Json::value_t::object:
            return "object";
        case Json::value_t::binary:
        case Json::value_t::discarded:
            break;
    }
    return "unknown";
}

std::string_view with_article(std::string_view type) {
    if (type == "null") return "null";
    if (type == "boolean") return "true or false";
    if (type == "integer") return "an integer";
    if (type == "number") return "a number";
    if (type == "string") return "text";
    if (type == "array") return "a list";
    return "a mapping";
}

bool has_type(const Json& value, const std::string& type) {
    return type_name(value) == type || (type == "number" && value.is_number());
}

// "a, b or c".
std::string alternatives(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

// A value as a message shows it, shortened.
std::string shown(const Json& value) {
    constexpr std::size_t kLongest = 60;
    if (value.is_object()) return "a mapping";
    if (value.is_array()) return "a list";
    auto text = value.is_string() ? value.get<std::string>() : compact(value);
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (text.size() > kLongest) {
        auto end = kLongest;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text = text.substr(0, end) + "...";
    }
    return fmt::format("`{}`", text);
}

int compare(const Json& a, const Json& b) {
    if (a.is_number_float() || b.is_number_float()) {
        const auto x = a.get<double>();
        const auto y = b.get<double>();
        return x < y ? -1 : x > y ? 1 : 0;
    }
    return a < b ? -1 : b < a ? 1 : 0;
}

bool is_multiple(const Json& value, const Json& divisor) {
    if (value.is_number_integer() && divisor.is_number_integer()) {
        return value.get<std::int64_t>() % divisor.get<std::int64_t>() == 0;
    }
    const double quotient = value.get<double>() / divisor.get<double>();
    return std::isfinite(quotient) && std::abs(quotient - std::round(quotient)) <=
                                          1e-9 * std::max(1.0, std::abs(quotient));
}

class Explainer {
public:
    Explainer(const Patterns& patterns, JsonSchema::StandsForAny stands_for_any)
        : patterns_(patterns), stands_for_any_(stands_for_any) {}

    std::vector<Violation> run(const Json& schema, const Json& value) {
        const Path root;
        check(schema, value, &root);
        return std::move(out_);
    }

private:
    Violation& report(const Path* path, std::string_view keyword, std::string message,
                      std::string label) {
        if (out_.size() > limits::kFindings) return one_too_many_;
        Violation violation;
        violation.pointer = to_pointer(path);
        violation.keyword = keyword;
        violation.message = std::move(message);
        violation.label = std::move(label);
        out_.push_back(std::move(violation));
        return out_.back();
    }

    // What breaks in a branch that may break.
    std::vector<Violation> tried(const Json& schema, const Json& value, const Path* path) {
        std::vector<Violation> kept;
        kept.swap(out_);
        check(schema, value, path);
        kept.swap(out_);
        return kept;
    }

    void check(const Json& schema, const Json& value, const Path* path) {
        if (schema.is_boolean()) {
            if (!schema.get<bool>()) {
                report(path, "false", "nothing is allowed here", "not allowed");
            }
            return;
        }
        if (stands_for_any_ != nullptr && stands_for_any_(value)) return;
        if (!check_type(schema, value, path) || !check_value(schema, value, path)) return;
        if (value.is_number()) check_number(schema, value, path);
        if (value.is_string()) check_text(schema, value.get_ref<const std::string&>(), path);
        if (value.is_array()) check_list(schema, value, path);
        if (value.is_object()) check_mapping(schema, value, path);
        check_branches(schema, value, path);
    }

    bool check_type(const Json& schema, const Json& value, const Path* path) {
        const auto wanted = schema.find("type");
        if (wanted == schema.end()) return true;
        const auto types = wanted->is_array() ? *wanted : Json::array({*wanted});
        std::vector<std::string> words;
        for (const auto& type : types) {
            if (has_type(value, type.get_ref<const std::string&>())) return true;
            words.emplace_back(with_article(type.get_ref<const std::string&>()));
        }
        auto& violation =
            report(path, "type",
                   fmt::format("expected {}, found {}", alternatives(words), described(value)),
                   "expected " + alternatives(words));
        for (const auto& type : types) violation.allowed.push_back(type.get<std::string>());
        return false;
    }

    static std::string described(const Json& value) {
        if (value.is_null()) return "nothing";
        if (value.is_string()) return "the text " + shown(value);
        if (value.is_number()) return "the number " + shown(value);
        return shown(value);
    }

    bool check_value(const Json& schema, const Json& value, const Path* path) {
        if (const auto only = schema.find("const");
            only != schema.end() && !may_equal(value, *only)) {
            report(path, "const",
                   fmt::format("expected {}, found {}", shown(*only), shown(value)),
                   "expected " + compact(*only))
                .allowed.push_back(compact(*only));
            return false;
        }
        const auto values = schema.find("enum");
        const auto equal = [&](const Json& allowed) { return may_equal(value, allowed); };
        if (values == schema.end() || std::any_of(values->begin(), values->end(), equal)) {
            return true;
        }
        std::vector<std::string> words;
        for (const auto& allowed : *values) words.push_back(compact(allowed));
        report(path, "enum",
               fmt::format("value {} is not one of the allowed values", shown(value)),
               "expected " + alternatives(words))
            .allowed = words;
        return false;
    }

    // Whether `value` is `wanted`, or becomes it by what stands for any value.
    bool may_equal(const Json& value, const Json& wanted) const {
        if (!is_open(value)) return value == wanted;
        if (!value.is_structured()) return true;
        if (value.type() != wanted.type() || value.size() != wanted.size()) return false;
        if (value.is_array()) {
            return std::equal(value.begin(), value.end(), wanted.begin(),
                              [this](const Json& a, const Json& b) { return may_equal(a, b); });
        }
        for (const auto& [key, inner] : value.items()) {
            const auto same = wanted.find(key);
            if (same == wanted.end() || !may_equal(inner, *same)) return false;
        }
        return true;
    }

    // Whether something at or below `value` stands for any value: what matches may then turn
    // out not to, while what does not match never will.
    bool is_open(const Json& value) const {
        if (stands_for_any_ == nullptr) return false;
        if (!value.is_structured()) return stands_for_any_(value);
        return std::any_of(value.begin(), value.end(),
                           [this](const Json& inner) { return is_open(inner); });
    }

    void check_number(const Json& schema, const Json& value, const Path* path) {
        struct Bound {
            const char* keyword;
            const char* words;
            bool (*broken)(int order);
        };
        static constexpr Bound kBounds[] = {
            {"minimum", "at least", [](int order) { return order < 0; }},
            {"maximum", "at most", [](int order) { return order > 0; }},
            {"exclusiveMinimum", "more than", [](int order) { return order <= 0; }},
            {"exclusiveMaximum", "less than", [](int order) { return order >= 0; }},
        };
        for (const auto& bound : kBounds) {
            const auto limit = schema.find(bound.keyword);
            if (limit == schema.end() || !bound.broken(compare(value, *limit))) continue;
            report(path, bound.keyword,
                   fmt::format("{} is not {} {}", compact(value), bound.words, compact(*limit)),
                   fmt::format("must be {} {}", bound.words, compact(*limit)));
        }
        const auto divisor = schema.find("multipleOf");
        if (divisor != schema.end() && !is_multiple(value, *divisor)) {
            report(path, "multipleOf",
                   fmt::format("{} is not a multiple of {}", compact(value), compact(*divisor)),
                   fmt::format("must be a multiple of {}", compact(*divisor)));
        }
    }

    void check_text(const Json& schema, const std::string& text, const Path* path) {
        check_size(schema, "minLength", "maxLength", count_code_points(text), "character",
                   path);
        const auto pattern = schema.find("pattern");
        if (pattern != schema.end() &&
            !patterns_.found_in(text, pattern->get_ref<const std::string&>())) {
            const auto& wanted = pattern->get_ref<const std::string&>();
            report(path, "pattern",
                   fmt::format("{} does not match the pattern {}", shown(text), wanted),
                   "must match " + wanted);
        }
        const auto format = schema.find("format");
        if (format != schema.end() &&
            !has_format(format->get_ref<const std::string&>(), text)) {
            const auto& wanted = format->get_ref<const std::string&>();
            report(path, "format", fmt::format("{} is not a {}", shown(text), wanted),
                   fmt::format("expected a {}", wanted))
                .allowed.push_back(wanted);
        }
    }

    void check_size(const Json& schema, const char* least, const char* most, std::size_t size,
                    std::string_view unit, const Path* path) {
        const auto plural = [&](std::size_t count) {
            return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
        };
        if (const auto limit = schema.find(least); limit != schema.end()) {
            const auto count = limit->get<std::size_t>();
            if (size < count) {
                report(path, least, fmt::format("{}; at least {} needed", plural(size), count),
                       fmt::format("needs at least {}", plural(count)));
            }
        }
        if (const auto limit = schema.find(most); limit != schema.end()) {
            const auto count = limit->get<std::size_t>();
            if (size > count) {
                report(path, most, fmt::format("{}; at most {} allowed", plural(size), count),
                       fmt::format("at most {}", plural(count)));
            }
        }
    }

    void check_list(const Json& schema, const Json& list, const Path* path) {
        check_size(schema, "minItems", "maxItems", list.size(), "item", path);
        const auto items = schema.find("items");
        for (std::size_t i = 0; items != schema.end() && i < list.size(); ++i) {
            const Path item{path, nullptr, i};
            if (!items->is_array()) {
                check(*items, list[i], &item);
            } else if (i < items->size()) {
                check((*items)[i], list[i], &item);
            } else if (const auto more = schema.find("additionalItems"); more != schema.end()) {
                check(*more, list[i], &item);
            }
        }
        if (schema.value("uniqueItems", false)) check_unique(list, path);
        const auto contains = schema.find("contains");
        if (contains == schema.end()) return;
        for (const auto& item : list) {
            if (tried(*contains, item, path).empty()) return;
        }
        report(path, "contains", "no item is what the list must contain", "an item is missing");
    }

    void check_unique(const Json& list, const Path* path) {
        std::set<std::string> seen;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (seen.insert(compact(list[i])).second) continue;
            const Path item{path, nullptr, i};
            report(&item, "uniqueItems", fmt::format("{} is in the list twice", shown(list[i])),
                   "given before");
        }
    }

    void check_mapping(const Json& schema, const Json& mapping, const Path* path) {
        check_size(schema, "minProperties", "maxProperties", mapping.size(), "property", path);
        check_required(schema, mapping, path);
        const auto names = schema.find("propertyNames");
        const auto properties = schema.find("properties");
        const auto by_pattern = schema.find("patternProperties");
        const auto others = schema.find("additionalProperties");
        std::vector<std::string> unknown;
        for (const auto& [key, value] : mapping.items()) {
            const Path member{path, &key, 0};
            if (names != schema.end()) check_name(*names, key, &member);
            bool known = false;
            if (properties != schema.end()) {
                const auto declared = properties->find(key);
                known = declared != properties->end();
                if (known) check(*declared, value, &member);
            }
            if (by_pattern != schema.end()) {
                for (const auto& [pattern, inner] : by_pattern->items()) {
                    if (!patterns_.found_in(key, pattern)) continue;
                    known = true;
                    check(inner, value, &member);
                }
            }
            if (known || others == schema.end()) continue;
            if (others->is_boolean() && !others->get<bool>()) {
                unknown.push_back(key);
            } else {
                check(*others, value, &member);
            }
        }
        report_unknown(schema, unknown, path);
    }

    void check_name(const Json& schema, const std::string& key, const Path* member) {
        auto faults = tried(schema, Json(key), member);
        if (faults.empty()) return;
        const auto& first = faults.front();
        report(member, "propertyNames",
               first.keyword == "not"
                   ? fmt::format("key `{}` is not allowed", key)
                   : fmt::format("key `{}` is not allowed: {}", key, first.message),
               first.label)
            .property = key;
    }

    void check_required(const Json& schema, const Json& mapping, const Path* path) {
        const auto required = schema.find("required");
        if (required == schema.end()) return;
        for (const auto& name : *required) {
            const auto& key = name.get_ref<const std::string&>();
            if (mapping.contains(key)) continue;
            report(path, "required", fmt::format("required property `{}` is missing", key),
                   fmt::format("`{}` is missing here", key))
                .property = key;
        }
    }

    // Of a mapping that is another one altogether the first keys tell as much as all of them.
    void report_unknown(const Json& schema, const std::vector<std::string>& keys,
                        const Path* path) {
        if (keys.empty()) return;
        auto known = std::make_shared<std::vector<std::string>>();
        const auto properties = schema.find("properties");
        if (properties != schema.end()) {
            for (const auto& [name, unused] : properties->items()) known->push_back(name);
        }
        const auto told = std::min(keys.size(), limits::kUnknownProperties);
        for (std::size_t i = 0; i < told; ++i) {
            auto message = fmt::format("unknown property `{}`", keys[i]);
            const auto more = keys.size() - told;
            if (i + 1 == told && more > 0) message += fmt::format(" and {} more", more);
            auto& violation =
                report(path, "additionalProperties", std::move(message), "not declared");
            violation.property = keys[i];
            violation.known = known;
        }
    }

    void check_branches(const Json& schema, const Json& value, const Path* path) {
        if (const auto all = schema.find("allOf"); all != schema.end()) {
            for (const auto& part : *all) check(part, value, path);
        }
        if (const auto any = schema.find("anyOf"); any != schema.end()) {
            check_any(*any, value, path, "anyOf");
        }
        if (const auto one = schema.find("oneOf"); one != schema.end()) {
            check_any(*one, value, path, "oneOf");
        }
        if (const auto no = schema.find("not"); no != schema.end()) {
            if (!is_open(value) && tried(*no, value, path).empty()) {
                report(path, "not", fmt::format("{} is what is not allowed here", shown(value)),
                       "not allowed");
            }
        }
        if (const auto condition = schema.find("if"); condition != schema.end()) {
            const bool holds = tried(*condition, value, path).empty();
            if (holds && is_open(value) && fits_branch(schema, "else", value, path)) return;
            const auto branch = schema.find(holds ? "then" : "else");
            if (branch != schema.end()) check(*branch, value, path);
        }
    }

    bool fits_branch(const Json& schema, const char* name, const Json& value,
                     const Path* path) {
        const auto branch = schema.find(name);
        return branch == schema.end() || tried(*branch, value, path).empty();
    }

    // Of several shapes, the one that was probably meant is explained: the only one whose
    // faults all lie inside the value, not in what kind of value it is.
    void check_any(const Json& branches, const Json& value, const Path* path,
                   std::string_view keyword) {
        std::size_t matches = 0;
        std::vector<Violation> meant;
        std::size_t candidates = 0;
        const auto here = to_pointer(path);
        for (const auto& branch : branches) {
            auto faults = tried(branch, value, path);
            if (faults.empty()) {
                ++matches;
                continue;
            }
            const bool other_kind =
                std::any_of(faults.begin(), faults.end(), [&](const Violation& fault) {
                    return fault.keyword == "const" ||
                           (fault.keyword == "type" && fault.pointer == here);
                });
            if (other_kind) continue;
            ++candidates;
            meant = std::move(faults);
        }
        if (matches == 1 || (matches > 1 && (keyword == "anyOf" || is_open(value)))) return;
        if (matches > 1) {
            report(path, keyword,
                   fmt::format("{} is of {} shapes at once", shown(value), matches),
                   "must be of exactly one");
        } else if (candidates == 1) {
            out_.insert(out_.end(), meant.begin(), meant.end());
        } else {
            report(path, keyword,
                   fmt::format("{} is of none of the {} allowed shapes", shown(value),
                               branches.size()),
                   "of no allowed shape");
        }
    }

    const Patterns& patterns_;
    JsonSchema::StandsForAny stands_for_any_;
    std::vector<Violation> out_;
    Violation one_too_many_;  // nobody is told of it
};

}  // namespace

bool is_house_keyword(std::string_view keyword) {
    return keyword == "pattern" || keyword == "format" || keyword == "uniqueItems" ||
           keyword == "multipleOf" || keyword == "patternProperties";
}

std::vector<Violation> explain(const Json& schema, const Json& value, const Patterns& patterns,
                               JsonSchema::StandsForAny stands_for_any) {
    return Explainer(patterns, stands_for_any).run(schema, value);
}

}  // namespace attune
