#include "manual/roff.h"

#include <cctype>

namespace attune::roff {
namespace {

std::string_view escaped(char letter, bool typed) {
    switch (letter) {
        case '\\':
            return "\\e";
        case '"':
            return "\\(dq";
        case '`':
            return "\\(ga";
        case '\'':
            return typed ? "\\(aq" : "'";
        case '-':
            return typed ? "\\-" : "-";
        case '~':
            return "\\(ti";
        case '^':
            return "\\(ha";
        default:
            return {};
    }
}

std::string escaped(std::string_view text, bool typed) {
    std::string result;
    for (const char letter : text) {
        const auto other = escaped(letter, typed);
        if (other.empty()) {
            result += letter;
        } else {
            result += other;
        }
    }
    return result;
}

// A line that begins with one of these would be a request to roff.
std::string guarded(std::string line) {
    if (line.starts_with('.') || line.starts_with('\'')) line.insert(0, "\\&");
    return line;
}

// Where a sentence ends within `text`, from `from` on: behind its full stop and before a blank
// and a capital letter or the start of something quoted.
std::size_t sentence_end(std::string_view text, std::size_t from) {
    for (auto at = text.find(". ", from); at != std::string_view::npos;
         at = text.find(". ", at + 1)) {
        const char next = at + 2 < text.size() ? text[at + 2] : 'A';
        if (std::isupper(static_cast<unsigned char>(next)) != 0 || next == '`') return at + 1;
    }
    return text.size();
}

std::string with_bold(std::string_view sentence) {
    std::string result;
    bool quoted = false;
    for (std::size_t from = 0; from <= sentence.size();) {
        const auto tick = std::min(sentence.find('`', from), sentence.size());
        const auto part = escaped(sentence.substr(from, tick - from), quoted);
        result += quoted ? "\\fB" + part + "\\fR" : part;
        quoted = !quoted;
        from = tick + 1;
    }
    return result;
}

}  // namespace

std::string literal(std::string_view text) { return guarded(escaped(text, true)); }

std::string prose(std::string_view text) {
    std::string lines;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = sentence_end(text, from);
        auto sentence = std::string(text.substr(from, end - from));
        if (end == text.size() &&
            std::string_view(".:!?").find(sentence.back()) == std::string_view::npos) {
            sentence += '.';
        }
        lines += guarded(with_bold(sentence)) + '\n';
        from = text.find_first_not_of(" \n", end);
        if (from == std::string_view::npos) break;
    }
    return lines;
}

std::string sentence(std::string_view text) {
    std::string whole(text);
    if (!whole.empty()) {
        whole[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(whole[0])));
    }
    return prose(whole);
}

std::string block(const std::vector<std::string>& lines) {
    std::string result = ".Bd -literal -offset indent\n";
    for (const auto& line : lines) result += literal(line) + '\n';
    return result + ".Ed\n";
}

std::string item(std::string_view head, std::string_view body) {
    return ".It " + std::string(head) + '\n' + std::string(body);
}

std::string list(std::string_view items, std::string_view wide) {
    if (items.empty()) return {};
    const std::string width = wide.empty() ? "Ds" : "\"" + literal(wide) + "\" -compact";
    return ".Bl -tag -width " + width + '\n' + std::string(items) + ".El\n";
}

}  // namespace attune::roff
