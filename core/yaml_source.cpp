#include "core/yaml_source.h"

#include <algorithm>
#include <cctype>

namespace attune {
namespace {

constexpr std::string_view kFlowMarks = "[]{},";
constexpr std::string_view kTagMarks = "-!%#;/?:@&=+$_.~*'()";

bool blank(char c) { return c == ' ' || c == '\t'; }
bool space(char c) { return blank(c) || c == '\n' || c == '\r'; }

std::size_t skip_spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && space(text[at])) ++at;
    return at;
}

std::size_t line_end(std::string_view text, std::size_t at) {
    return std::min(text.find('\n', at), text.size());
}

void close_double_quotes(std::string_view text, ScalarSpan& span) {
    std::size_t at = span.begin + 1;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    span.closed = at < text.size();
    span.end = std::min(at + 1, text.size());
}

void close_single_quotes(std::string_view text, ScalarSpan& span) {
    std::size_t at = span.begin + 1;
    while (at < text.size() && (text[at] != '\'' || text.substr(at, 2) == "''")) {
        at += text[at] == '\'' ? 2 : 1;
    }
    span.closed = at < text.size();
    span.end = std::min(at + 1, text.size());
}

// A plain scalar may run over several lines; each break is a space (or LFs) in its value.
std::size_t end_of_plain(std::string_view text, std::size_t begin, std::string_view value) {
    if (text.substr(begin, value.size()) == value) return begin + value.size();
    std::size_t at = begin;
    for (std::size_t i = 0; i < value.size() && at < text.size();) {
        if (text[at] == value[i] && !space(value[i])) {
            ++at;
            ++i;
        } else if (space(value[i]) && space(text[at])) {
            at = skip_spaces(text, at);
            i = skip_spaces(value, i);
        } else {
            break;
        }
    }
    return at;
}

// Behind the anchor or the tag that starts at `at`: YAML 1.2, rules 102 and 99.
std::size_t end_of_property(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) == "!<") return std::min(text.find('>', at), text.size() - 1) + 1;
    const bool anchor = text[at] == '&';
    for (++at; at < text.size() && !space(text[at]); ++at) {
        const bool part_of_tag = std::isalnum(static_cast<unsigned char>(text[at])) != 0 ||
                                 kTagMarks.find(text[at]) != std::string_view::npos;
        if (anchor ? kFlowMarks.find(text[at]) != std::string_view::npos : !part_of_tag) break;
    }
    return at;
}

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && blank(text[at])) ++at;
    return at;
}

std::size_t skip_properties(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
        at = skip_spaces(text, end_of_property(text, at));
        while (at < text.size() && text[at] == '#') {
            at = skip_spaces(text, line_end(text, at));
        }
    }
    return at;
}

ScalarSpan span_of_scalar(std::string_view text, std::size_t at, std::string_view value) {
    using enum ScalarSpan::Style;
    ScalarSpan span;
    span.begin = std::min(skip_properties(text, at), text.size());
    span.end = span.begin;
    const char first = span.begin < text.size() ? text[span.begin] : '\0';
    if (first == '"') {
        span.style = kDoubleQuoted;
        close_double_quotes(text, span);
    } else if (first == '\'') {
        span.style = kSingleQuoted;
        close_single_quotes(text, span);
    } else if (first == '|' || first == '>') {
        span.style = kBlock;
        while (span.end < text.size() && !space(text[span.end])) ++span.end;
    } else {
        span.end = end_of_plain(text, span.begin, value);
    }
    return span;
}

bool is_explicit_key(std::string_view text, std::size_t at) {
    while (at > 0 && space(text[at - 1])) --at;
    return at > 0 && text[at - 1] == '?' && (at == 1 || !std::isalnum(text[at - 2]));
}

std::size_t indent_of_line(std::string_view text, std::size_t at) {
    const auto start = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    return skip_blanks(text, start) - start;
}

std::size_t falls_out_at(std::string_view text, std::size_t begin, std::size_t end,
                         std::size_t indent) {
    end = std::min(end, text.size());
    for (auto at = line_end(text, begin); at < end; at = line_end(text, at + 1)) {
        const auto first = skip_blanks(text, at + 1);
        const bool empty = first >= end || text[first] == '\n' || text[first] == '\r';
        const auto spaces = std::min(text.find_first_not_of(' ', at + 1), text.size());
        if (!empty && spaces - (at + 1) <= indent) return at + 1;
    }
    return std::string_view::npos;
}

}  // namespace attune
