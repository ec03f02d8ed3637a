#include "manual/schema_text.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "manual/page.h"
#include "manual/roff.h"
#include "schemas/embedded.h"

namespace attune {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& last) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " " + last + " " : ", ";
        text += words[i];
    }
    return text;
}

std::string word_of(const OrderedJson& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string type_word(const std::string& type, const OrderedJson& property) {
    const auto format = property.value("format", std::string());
    if (format == "date-time") return type == "null" ? "null" : "an RFC 3339 moment";
    if (type == "integer") return "an integer";
    if (type == "number") return "a number";
    if (type == "boolean") return "true or false";
    if (type == "array") return "a list";
    if (type == "object") return "a mapping";
    if (type == "null") return "null";
    return "text";
}

// Of "anyOf": an integer of seconds, or a text of attune's format.
bool is_duration(const OrderedJson& property) {
    return property.contains("anyOf") &&
           property["anyOf"].back().value("format", "") == "duration";
}

std::string types_of(const OrderedJson& property) {
    if (is_duration(property)) return "a duration";
    const auto type = property.find("type");
    if (type == property.end()) return {};
    if (type->is_string()) return type_word(type->get<std::string>(), property);
    std::vector<std::string> words;
    for (const auto& each : *type) {
        words.push_back(type_word(each.get<std::string>(), property));
    }
    return joined(words, "or");
}

std::string bounds_of(const OrderedJson& property) {
    const bool from = property.contains("minimum");
    const bool to = property.contains("maximum");
    if (from && to) {
        return ", " + property["minimum"].dump() + " to " + property["maximum"].dump();
    }
    if (from) return ", at least " + property["minimum"].dump();
    return to ? ", at most " + property["maximum"].dump() : "";
}

std::string variable_of(const std::string& key) {
    std::string name = "ATTUNE__";
    for (const char letter : key) {
        if (letter == '.') {
            name += "__";
        } else {
            name += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
        }
    }
    return name;
}

// Pages are below /usr/share/doc/attune on the machines that have manual pages.
std::string with_places(std::string text) {
    constexpr std::string_view kPages = "docs/";
    for (auto at = text.find(kPages); at != std::string::npos; at = text.find(kPages, at)) {
        text.replace(at, kPages.size(), "/usr/share/doc/attune/");
        at += kPages.size();
    }
    return text;
}

bool is_required(const OrderedJson& schema, const std::string& name) {
    const auto required = schema.value("required", OrderedJson::array());
    return std::find(required.begin(), required.end(), name) != required.end();
}

}  // namespace

OrderedJson schema_file(const std::string& name) {
    for (const auto& file : embedded_schemas()) {
        if (file.name == name) return OrderedJson::parse(file.text);
    }
    throw FrameError("there is no schema " + name);
}

std::string shape_text(const OrderedJson& property) {
    if (property.contains("const")) return "Always `" + word_of(property["const"]) + "`.";
    if (property.contains("enum")) {
        std::vector<std::string> words;
        for (const auto& word : property["enum"]) words.push_back("`" + word_of(word) + "`");
        return "One of " + joined(words, "or") + ".";
    }
    auto text = types_of(property) + bounds_of(property);
    if (text.empty()) return text;
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

std::string property_items(const OrderedJson& schema, const std::string& above,
                           bool variables) {
    std::string items;
    const auto properties = schema.find("properties");
    if (properties == schema.end()) return items;
    for (const auto& [name, property] : properties->items()) {
        const auto key = above + name;
        const bool group = property.contains("properties");
        const auto description = property.value("description", std::string());
        auto body = roff::prose(with_places(description));
        if (!group) body += roff::prose(shape_text(property));
        if (is_required(schema, name)) body += "Required.\n";
        const bool told = description.find("Default") != std::string::npos;
        if (property.contains("default") && !told) {
            const auto& standard = property["default"];
            const auto word = word_of(standard);
            body +=
                roff::prose(word.empty() ? "Empty by default." : "Default: `" + word + "`.");
        }
        if (variables && !group) body += ".Pq Ev " + roff::literal(variable_of(key)) + "\n";
        // A group of settings has no words of its own.
        if (!body.empty()) items += roff::item("Va " + roff::literal(key), body);
        items += property_items(property, key + ".", variables);
    }
    return items;
}

}  // namespace attune
