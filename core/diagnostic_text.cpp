#include "core/diagnostic_text.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/printable.h"
#include "core/text_places.h"

namespace attune {
namespace {

struct Ansi {
    std::string_view severity;  // of the finding at hand
    std::string_view bold = "\x1b[1m";
    std::string_view frame = "\x1b[34m";
    std::string_view off = "\x1b[0m";
};

std::string_view word(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "error";
        case Severity::kWarning:
            return "warning";
        case Severity::kNote:
            return "note";
    }
    return "";
}

std::string_view color_of(Severity severity) {
    switch (severity) {
        case Severity::kError:
            return "\x1b[1;31m";
        case Severity::kWarning:
            return "\x1b[1;33m";
        case Severity::kNote:
            return "\x1b[1;36m";
    }
    return "";
}

std::string place(const std::string& file, const Range& range) {
    if (range.line == 0) return printable(file);
    return fmt::format("{}:{}:{}", printable(file), range.line, range.column);
}

class Renderer {
public:
    Renderer(const TextOf& text_of, TextStyle style) : text_of_(text_of), style_(style) {}

    std::string render(const Diagnostic& diagnostic) {
        ansi_ = style_.color ? Ansi{color_of(diagnostic.severity)} : Ansi{{}, {}, {}, {}};
        out_.clear();
        headline(diagnostic);
        const auto gutter = std::to_string(diagnostic.range.line).size();
        where(diagnostic, gutter);
        excerpt(diagnostic, gutter);
        for (const auto& related : diagnostic.related) {
            entry(gutter, "note",
                  fmt::format("{}: {}", related.message, place(related.file, related.range)));
        }
        for (const auto& note : diagnostic.notes) entry(gutter, "note", note);
        if (!diagnostic.help.empty()) entry(gutter, "help", diagnostic.help);
        return out_;
    }

private:
    void headline(const Diagnostic& diagnostic) {
        out_ += fmt::format("{}{}[{}]{}{}: {}{}\n", ansi_.severity, word(diagnostic.severity),
                            diagnostic.code, ansi_.off, ansi_.bold,
                            printable(diagnostic.message), ansi_.off);
    }

    void where(const Diagnostic& diagnostic, std::size_t gutter) {
        if (diagnostic.file.empty()) return;
        out_ += fmt::format("{}{}-->{} {}", std::string(gutter, ' '), ansi_.frame, ansi_.off,
                            place(diagnostic.file, diagnostic.range));
        if (!diagnostic.object_kind.empty()) {
            out_ += fmt::format("  {} {}", printable(diagnostic.object_kind),
                                printable(diagnostic.object_ref));
        }
        if (!diagnostic.pointer.empty()) out_ += "  " + printable(diagnostic.pointer);
        out_ += '\n';
    }

    void excerpt(const Diagnostic& diagnostic, std::size_t gutter) {
        const auto& range = diagnostic.range;
        const auto* places = places_of(diagnostic.file);
        if (range.line == 0 || places == nullptr) return;
        const auto line = places->line(range.line);
        const auto width = static_cast<int>(count_code_points(line));
        // Long lines, such as JSON on one line, are shown around the finding.
        constexpr int kWidest = 160;
        int skipped = 0;
        // A tab is one blank, so that the caret below counts columns as the range does.
        std::string shown = printable(line);
        if (width > kWidest) {
            skipped = std::max(0, range.column - 1 - kWidest / 4);
            const auto begin = places->offset_of(range.line, skipped + 1);
            const auto end = places->offset_of(range.line, skipped + kWidest);
            shown = printable(places->text().substr(begin, end - begin));
        }
        int last = range.end_line == range.line ? range.end_column : width + 1;
        last = std::min(last, skipped + kWidest);
        const auto carets = std::max(1, last - range.column);
        out_ += fmt::format("{}{} |{} {}\n", ansi_.frame, range.line, ansi_.off, shown);
        out_ +=
            fmt::format("{}{} |{} {}{}{}", std::string(gutter, ' '), ansi_.frame, ansi_.off,
                        std::string(static_cast<std::size_t>(range.column - 1 - skipped), ' '),
                        ansi_.severity, std::string(static_cast<std::size_t>(carets), '^'));
        if (!diagnostic.label.empty()) out_ += " " + printable(diagnostic.label);
        out_ += fmt::format("{}\n", ansi_.off);
    }

    void entry(std::size_t gutter, std::string_view kind, const std::string& text) {
        out_ += fmt::format("{} {}={} {}{}:{} {}\n", std::string(gutter, ' '), ansi_.frame,
                            ansi_.off, ansi_.bold, kind, ansi_.off, printable(text));
    }

    const TextPlaces* places_of(const std::string& file) {
        const auto found = places_.find(file);
        if (found != places_.end()) return found->second.get();
        auto text = text_of_ ? text_of_(file) : std::nullopt;
        if (text && text->starts_with("\xEF\xBB\xBF")) text->remove_prefix(3);
        auto places = text ? std::make_unique<TextPlaces>(*text) : nullptr;
        return places_.emplace(file, std::move(places)).first->second.get();
    }

    const TextOf& text_of_;
    TextStyle style_;
    Ansi ansi_;
    std::string out_;
    std::map<std::string, std::unique_ptr<TextPlaces>> places_;
};

std::string count_of(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string render_text(const Diagnostics& diagnostics, const TextOf& text_of,
                        TextStyle style) {
    Renderer renderer(text_of, style);
    std::string text;
    std::map<Severity, std::size_t> seen;
    std::size_t hidden = 0;
    for (const auto& diagnostic : diagnostics) {
        if (style.max_errors != 0 && ++seen[diagnostic.severity] > style.max_errors) {
            ++hidden;
            continue;
        }
        if (!text.empty()) text += '\n';
        text += renderer.render(diagnostic);
    }
    if (hidden > 0) {
        text += fmt::format("\nand {}; --max-errors 0 shows all\n",
                            count_of(hidden, "more finding"));
    }
    return text;
}

std::string summary_line(const Diagnostics& diagnostics, std::size_t files) {
    std::size_t errors = 0;
    std::size_t warnings = 0;
    std::set<std::string_view> named;
    for (const auto& diagnostic : diagnostics) {
        if (diagnostic.severity == Severity::kNote) continue;
        ++(diagnostic.severity == Severity::kError ? errors : warnings);
        named.insert(diagnostic.file);
    }
    if (errors + warnings == 0) return count_of(files, "file") + ", no problems";
    std::string text;
    if (errors > 0) text = count_of(errors, "error");
    if (warnings > 0) text += (text.empty() ? "" : ", ") + count_of(warnings, "warning");
    return fmt::format("{} in {} of {}", text, named.size(), count_of(files, "file"));
}

std::string one_line(const Diagnostic& diagnostic) {
    std::string text;
    if (!diagnostic.file.empty()) text = place(diagnostic.file, diagnostic.range) + ": ";
    text += diagnostic.code + " ";
    if (!diagnostic.object_ref.empty()) text += printable(diagnostic.object_ref) + ": ";
    return text + printable(diagnostic.message);
}

}  // namespace attune
