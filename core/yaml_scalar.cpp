#include "core/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53U;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool octal_digit(char c) { return c >= '0' && c <= '7'; }

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

template <class Accepts>
bool all(std::string_view text, Accepts accepts) {
    return !text.empty() && std::all_of(text.begin(), text.end(), accepts);
}

std::string_view unsigned_part(std::string_view text) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    return text;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && digit(text[at])) ++at;
    return at;
}

// [-+]? ( \.[0-9]+ | [0-9]+ (\.[0-9]*)? ) ([eE][-+]?[0-9]+)?
bool is_real(std::string_view text) {
    const auto body = unsigned_part(text);
    std::size_t at = skip_digits(body, 0);
    std::size_t digits = at;
    if (at < body.size() && body[at] == '.') {
        const auto end = skip_digits(body, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits == 0) return false;
    if (at < body.size() && (body[at] == 'e' || body[at] == 'E')) {
        ++at;
        if (at < body.size() && (body[at] == '-' || body[at] == '+')) ++at;
        const auto end = skip_digits(body, at);
        if (end == at) return false;
        at = end;
    }
    return at == body.size();
}

Result<ScalarNotes> type_integer(std::string_view text, std::string_view digits, int base,
                                 Node& node) {
    const bool negative = text.front() == '-';
    std::string signed_digits = negative ? "-" : "";
    signed_digits += digits;
    const auto* end = signed_digits.data() + signed_digits.size();
    const auto [last, error] = std::from_chars(signed_digits.data(), end, node.integer, base);
    if (error != std::errc() || last != end) {
        return refuse("ATT1020", fmt::format("integer {} does not fit in 64 bits", text),
                      "quote it if it is meant as text");
    }
    node.kind = Node::Kind::kInteger;
    ScalarNotes notes;
    notes.leading_zero = base == 10 && digits.size() > 1 && digits.front() == '0';
    notes.beyond_2_53 = node.integer > kExactInDouble || node.integer < -kExactInDouble;
    return notes;
}

Result<ScalarNotes> type_real(std::string_view text, Node& node) {
    const auto body = text.front() == '+' ? text.substr(1) : text;
    const auto [last, error] =
        std::from_chars(body.data(), body.data() + body.size(), node.real);
    if (error == std::errc::result_out_of_range || !std::isfinite(node.real)) {
        return refuse("ATT1021", fmt::format("number {} is too large or too small", text),
                      "quote it if it is meant as text");
    }
    node.kind = Node::Kind::kReal;
    return ScalarNotes{};
}

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool says_nothing(std::string_view tag) { return tag.empty() || tag == "?" || tag == "!"; }

// "int" of "tag:yaml.org,2002:int"; "" for a tag of another origin.
std::string_view core_tag(std::string_view tag) {
    return tag.starts_with(kTagPrefix) ? tag.substr(kTagPrefix.size()) : std::string_view();
}

}  // namespace

Result<ScalarNotes> type_plain_scalar(std::string_view text, Node& node) {
    node.text = text;
    node.kind = Node::Kind::kString;
    if (text.empty() || one_of(text, {"null", "Null", "NULL", "~"})) {
        node.kind = Node::Kind::kNull;
        return ScalarNotes{};
    }
    const char first = text.front();
    if (!digit(first) && first != '-' && first != '+' && first != '.') {
        const bool yes = one_of(text, {"true", "True", "TRUE"});
        if (yes || one_of(text, {"false", "False", "FALSE"})) {
            node.kind = Node::Kind::kBoolean;
            node.boolean = yes;
        }
        return ScalarNotes{};
    }
    const auto body = unsigned_part(text);
    if (all(body, digit)) return type_integer(text, body, 10, node);
    if (text.starts_with("0o") && all(text.substr(2), octal_digit)) {
        return type_integer(text, text.substr(2), 8, node);
    }
    if (text.starts_with("0x") && all(text.substr(2), hex_digit)) {
        return type_integer(text, text.substr(2), 16, node);
    }
    if (one_of(body, {".inf", ".Inf", ".INF"}) || one_of(text, {".nan", ".NaN", ".NAN"})) {
        return refuse("ATT1021", fmt::format("{} has no JSON form", text),
                      "quote it if it is meant as text");
    }
    if (is_real(text)) return type_real(text, node);
    return ScalarNotes{};
}

Fault unknown_tag(std::string_view tag) {
    return refuse(
               "ATT1017", fmt::format("tag `{}` is not supported", tag),
               "remove the tag: only !!str !!int !!float !!bool !!null !!map !!seq are known")
        .value();
}

bool tag_allows(std::string_view tag, std::string_view kind) {
    return says_nothing(tag) || core_tag(tag) == kind;
}

Result<ScalarNotes> type_scalar(std::string_view tag, bool plain, std::string_view text,
                                Node& node) {
    const auto name = core_tag(tag);
    if (name == "str" || (says_nothing(tag) && (!plain || tag == "!"))) {
        node.kind = Node::Kind::kString;
        node.text = text;
        node.quoted = !plain || name == "str";
        return ScalarNotes{};
    }
    if (says_nothing(tag)) return type_plain_scalar(text, node);
    if (name != "int" && name != "float" && name != "bool" && name != "null") {
        return Refused(unknown_tag(tag));
    }
    auto notes = type_plain_scalar(text, node);
    if (!notes) return notes;
    if (name == "float" && node.kind == Node::Kind::kInteger) {
        node.kind = Node::Kind::kReal;
        node.real = static_cast<double>(node.integer);
    }
    const bool fits = (name == "int" && node.kind == Node::Kind::kInteger) ||
                      (name == "float" && node.kind == Node::Kind::kReal) ||
                      (name == "bool" && node.kind == Node::Kind::kBoolean) ||
                      (name == "null" && node.kind == Node::Kind::kNull);
    if (fits) return notes;
    return refuse("ATT1025", fmt::format("`{}` is not what its tag !!{} says", text, name),
                  "remove the tag, or correct the value");
}

}  // namespace attune
