#include "cli/yaml_text.h"

#include <algorithm>
#include <string_view>

namespace attune {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";

// Whether YAML reads the bare word as this string and nothing else. Words only: whatever could
// be a number, a date or a constant is quoted.
bool is_plain(std::string_view text) {
    if (text.empty() || text.find_first_not_of(kPlain) != std::string_view::npos) return false;
    const char first = text.front();
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (!letter) return false;
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const auto* word : {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
        if (lower == word) return false;
    }
    return true;
}

std::string scalar(const Json& value) {
    if (value.is_string() && is_plain(value.get_ref<const std::string&>())) {
        return value.get<std::string>();
    }
    return compact(value);
}

bool is_block(const Json& value) { return value.is_structured() && !value.empty(); }

void write(const Json& value, std::size_t indent, std::string& text);

void write_member(const std::string& key, const Json& value, std::size_t indent,
                  std::string& text) {
    text += scalar(Json(key)) + ":";
    if (!is_block(value)) {
        text += " " + scalar(value) + "\n";
        return;
    }
    text += "\n" + std::string(indent + 2, ' ');
    write(value, indent + 2, text);
}

// The caller has written the indent of the first line.
void write(const Json& value, std::size_t indent, std::string& text) {
    if (!is_block(value)) {
        text += scalar(value) + "\n";
        return;
    }
    bool first = true;
    for (const auto& [key, member] : value.items()) {
        if (!first) text += std::string(indent, ' ');
        first = false;
        if (value.is_array()) {
            text += "- ";
            write(member, indent + 2, text);
        } else {
            write_member(key, member, indent, text);
        }
    }
}

}  // namespace

std::string yaml_text(const Json& value) {
    std::string text;
    write(value, 0, text);
    return text;
}

}  // namespace attune
