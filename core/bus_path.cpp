#include "core/bus_path.h"

#include <fmt/format.h>

namespace attune {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::string bus_path_element(std::string_view name) {
    if (name.empty()) return "_";
    std::string element;
    for (const char c : name) {
        if (is_plain(c) && !(element.empty() && is_digit(c))) {
            element += c;
        } else {
            element += fmt::format("_{:02x}", static_cast<unsigned char>(c));
        }
    }
    return element;
}

std::optional<std::string> name_of_element(std::string_view element) {
    std::string name;
    for (std::size_t at = 0; at < element.size() && element != "_"; ++at) {
        if (element[at] != '_') {
            name += element[at];
            continue;
        }
        if (at + 2 >= element.size()) return std::nullopt;
        const int high = hex_digit(element[at + 1]);
        const int low = hex_digit(element[at + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        name += static_cast<char>(high * 16 + low);
        at += 2;
    }
    if (bus_path_element(name) != element) return std::nullopt;
    return name;
}

}  // namespace attune
