#include "core/yaml_errors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/yaml_source.h"

namespace attune {
namespace {

// The line the parser stumbled over.
struct Trouble {
    const TextPlaces& places;
    std::string_view message;
    std::size_t at;
    int number;             // of the line
    std::string_view line;  // its text
    std::size_t start;      // where it starts
};

Diagnostic finding(const Trouble& trouble, std::string_view code, std::size_t begin,
                   std::size_t end, std::string message, std::string help) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.message = std::move(message);
    diagnostic.range = trouble.places.range(begin, end);
    diagnostic.help = std::move(help);
    return diagnostic;
}

std::size_t tab_in_indent(std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    const auto tab = line.find('\t');
    return tab < std::min(first, line.size()) ? tab : std::string_view::npos;
}

std::optional<Diagnostic> tab_used(const Trouble& trouble) {
    for (int number = trouble.number; number >= std::max(1, trouble.number - 1); --number) {
        const auto tab = tab_in_indent(trouble.places.line(number));
        if (tab == std::string_view::npos) continue;
        const auto at = trouble.places.line_start(number) + tab;
        auto found = finding(trouble, "ATT1006", at, at + 1, "a tab is used for indentation",
                             "indent with spaces");
        found.fix = Fix{found.range, "  ", false};
        return found;
    }
    return std::nullopt;
}

// Where the plain value around `at` starts and ends: behind the "key: " or "- " before it.
std::pair<std::size_t, std::size_t> value_around(const Trouble& trouble) {
    const auto within = std::min(trouble.at - trouble.start, trouble.line.size());
    auto begin = trouble.line.rfind(": ", within);
    begin = begin == std::string_view::npos ? trouble.line.find_first_not_of(" -")
                                            : trouble.line.find_first_not_of(' ', begin + 1);
    if (begin == std::string_view::npos) begin = within;
    auto end = trouble.line.find(" #", begin);
    end = trouble.line.find_last_not_of(" \r", std::min(end, trouble.line.size()) - 1) + 1;
    return {trouble.start + begin, trouble.start + std::max(end, begin)};
}

std::string quoted(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + "\"";
}

Diagnostic must_be_quoted(const Trouble& trouble, std::string_view code,
                          std::string_view what) {
    const auto [begin, end] = value_around(trouble);
    const auto value = trouble.places.text().substr(begin, end - begin);
    constexpr std::size_t kShown = 100;
    auto found = finding(trouble, code, begin, end, std::string(what), "quote the value");
    found.fix = Fix{found.range, quoted(value), true};
    if (value.size() <= kShown) found.help += ": " + found.fix->text;
    return found;
}

bool looks_like_cron(std::string_view value) {
    return std::count(value.begin(), value.end(), ' ') >= 4 &&
           value.find_first_not_of("0123456789*/-,? LW#+ABCDEFGHIJMNOPRSTUVY") ==
               std::string_view::npos;
}

std::optional<Diagnostic> indicator_first(const Trouble& trouble) {
    const auto [begin, end] = value_around(trouble);
    if (begin >= end) return std::nullopt;
    const auto value = trouble.places.text().substr(begin, end - begin);
    switch (value.front()) {
        case '*':
            if (looks_like_cron(value) || value.find_first_of("/ ") != std::string_view::npos) {
                return must_be_quoted(
                    trouble, "ATT1007",
                    "`*` starts a YAML alias here; a cron expression must be quoted");
            }
            return finding(trouble, "ATT1010", begin, end,
                           fmt::format("alias `{}` names no anchor that stands before it",
                                       value.substr(0, value.find_first_of(" ,]}"))),
                           "quote the value if it is meant as text");
        case '@':
        case '`':
        case '%':
            return must_be_quoted(
                trouble, "ATT1007",
                fmt::format("a plain value cannot start with `{}`", value.front()));
        default:
            return std::nullopt;
    }
}

std::optional<Diagnostic> second_colon(const Trouble& trouble) {
    const auto within = trouble.at - trouble.start;
    const auto colon = trouble.line.find(": ");
    if (colon == std::string_view::npos || colon >= within) return std::nullopt;
    auto earlier = trouble;
    earlier.at = trouble.start + colon + 1;
    auto begin = trouble.line.find_first_not_of(' ', colon + 1);
    if (begin == std::string_view::npos || begin >= within) return std::nullopt;
    earlier.at = trouble.start + begin;
    return must_be_quoted(earlier, "ATT1008", "a plain value cannot contain `: `");
}

// "foo" on a line of its own, then "b: 1": the parser reads one key over both lines.
std::optional<Diagnostic> line_without_colon(const Trouble& trouble) {
    const auto before = trouble.places.line(trouble.number - 1);
    const auto first = before.find_first_not_of(" -");
    if (first == std::string_view::npos || before[first] == '#') return std::nullopt;
    const auto start = trouble.places.line_start(trouble.number - 1);
    const auto last = before.find_last_not_of(' ') + 1;
    if (before.find(':') == std::string_view::npos) {
        return finding(trouble, "ATT1005", start + first, start + last,
                       "a line of a mapping has no `:`", "write `key: value`");
    }
    const auto indent = trouble.line.find_first_not_of(' ');
    if (indent != std::string_view::npos && indent > first) {
        return finding(trouble, "ATT1030", trouble.start, trouble.start + indent,
                       "this line is indented deeper than the line before it allows",
                       "indent keys of one mapping alike");
    }
    return std::nullopt;
}

struct Wording {
    std::string_view parser;  // how its message starts
    std::string_view code;
    std::string_view message;
    std::string_view help;
};

constexpr std::array kWordings = {
    Wording{"end of map not found", "ATT1030",
            "this does not continue the mapping it stands in",
            "check the indentation, and quotes and brackets before it"},
    Wording{"end of sequence not found", "ATT1030",
            "this does not continue the list it stands in",
            "check the indentation, and quotes before it"},
    Wording{"end of sequence flow", "ATT1031", "a `[` is not closed", "add the missing `]`"},
    Wording{"end of map flow", "ATT1031", "a `{` is not closed", "add the missing `}`"},
    Wording{"illegal flow end", "ATT1031", "a bracket closes nothing", "remove it"},
    Wording{"illegal block entry", "ATT1030", "a list item `- ` cannot stand here",
            "put the list on lines of its own"},
    Wording{"illegal map key", "ATT1030", "a key cannot stand here", "check the indentation"},
    Wording{"illegal map value", "ATT1030", "a `: ` cannot stand here",
            "check the indentation, or quote the value"},
    Wording{"illegal EOF", "ATT1004", "a quote is not closed", "add the closing quote"},
    Wording{"illegal document indicator", "ATT1004", "a quote is still open at `---`",
            "close the quote that opens before this line"},
    Wording{"bad character found while scanning hex", "ATT1032",
            "an escape with a wrong hexadecimal digit", "write \\x41, \\u0041 or \\U00000041"},
    Wording{"invalid unicode", "ATT1032", "an escape that names no character",
            "write a code point that exists and is no surrogate"},
    Wording{"bad YAML version", "ATT1024", "a %YAML directive that cannot be read",
            "remove it, or write %YAML 1.2"},
    Wording{"YAML major version", "ATT1024", "a YAML version that attune does not read",
            "remove the directive, or write %YAML 1.2"},
    Wording{"repeated YAML directive", "ATT1024", "a %YAML directive too much", "remove it"},
    Wording{"YAML directives must", "ATT1024", "a %YAML directive that cannot be read",
            "remove it, or write %YAML 1.2"},
    Wording{"the referenced anchor", "ATT1010", "an alias names no anchor before it",
            "quote the value if it is meant as text"},
    Wording{"bad file", "ATT1013", "nested deeper than attune reads", "flatten it"},
    Wording{"illegal tab", "ATT1006", "a tab is used for indentation", "indent with spaces"},
    Wording{"alias not found", "ATT1007", "`*` starts a YAML alias here; quote the value", ""},
};

Diagnostic by_wording(const Trouble& trouble) {
    const auto end = trouble.start + std::max(trouble.line.size(), trouble.at - trouble.start);
    for (const auto& wording : kWordings) {
        if (!trouble.message.starts_with(wording.parser)) continue;
        return finding(trouble, wording.code, trouble.at, std::max(end, trouble.at + 1),
                       std::string(wording.message), std::string(wording.help));
    }
    return finding(trouble, "ATT1029", trouble.at, std::max(end, trouble.at + 1),
                   fmt::format("this is not YAML: {}", trouble.message), "");
}

}  // namespace

Diagnostic explain_yaml_error(const TextPlaces& places, std::size_t at,
                              std::string_view message) {
    at = std::min(at, places.text().size());
    const int number = places.line_of(at);
    const Trouble trouble{
        places, message, at, number, places.line(number), places.line_start(number)};
    if (auto tab = tab_used(trouble)) return *tab;
    if (message.starts_with("unknown escape") && at >= 2 && places.text()[at - 2] == '\\') {
        return finding(trouble, "ATT1032", at - 2, at, "an escape that YAML does not know",
                       "double the backslash, or use single quotes");
    }
    if (message.starts_with("illegal map value")) {
        if (auto found = second_colon(trouble)) return *found;
        if (auto found = line_without_colon(trouble)) return *found;
    }
    const bool scalar_start = message.starts_with("unknown token") ||
                              message.starts_with("the referenced anchor") ||
                              message.starts_with("alias not found") ||
                              message.starts_with("illegal character found while scanning") ||
                              message.starts_with("illegal character in scalar");
    if (scalar_start) {
        if (auto found = indicator_first(trouble)) return *found;
    }
    return by_wording(trouble);
}

}  // namespace attune
