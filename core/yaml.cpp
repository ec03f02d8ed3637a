#include "core/yaml.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "core/limits.h"
#include "core/text_places.h"
#include "core/yaml_bytes.h"
#include "core/yaml_errors.h"
#include "core/yaml_source.h"
#include "core/yaml_tree.h"

namespace attune {
namespace {

std::size_t offset(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.pos, 0));
}

bool is_flow(YAML::EmitterStyle::value style) { return style == YAML::EmitterStyle::Flow; }

class Events : public YAML::EventHandler {
public:
    explicit Events(YamlTree& tree) : tree_(tree) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        tree_.start_document(offset(mark));
    }
    void OnDocumentEnd() override { tree_.end_document(); }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        tree_.null(offset(mark), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        tree_.alias(offset(mark), anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        tree_.scalar(offset(mark), tag, anchor, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override {
        tree_.open(Node::Kind::kSequence, offset(mark), tag, anchor, is_flow(style));
    }
    void OnSequenceEnd() override { tree_.close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        tree_.open(Node::Kind::kMapping, offset(mark), tag, anchor, is_flow(style));
    }
    void OnMapEnd() override { tree_.close(); }

private:
    YamlTree& tree_;
};

Diagnostic finding(std::string_view code, std::string_view message, std::string_view help) {
    Diagnostic diagnostic;
    diagnostic.code = code;
    diagnostic.message = message;
    diagnostic.help = help;
    return diagnostic;
}

bool is_directive(std::string_view line) {
    return line.starts_with("%YAML") || line.starts_with("%TAG");
}

// 1.1 and 1.2 are read alike, with the types of 1.2; the parser itself only refuses 2.0.
bool is_unread_version(std::string_view line) {
    if (!line.starts_with("%YAML")) return false;
    const auto version = line.substr(std::min(skip_blanks(line, 5), line.size()));
    return version.starts_with("1.") && !version.starts_with("1.1") &&
           !version.starts_with("1.2");
}

// Directives stand before a document's `---`, at the start or behind a line `...`.
void check_directives(const TextPlaces& places, Diagnostics& out) {
    if (places.text().find('%') == std::string_view::npos) return;
    bool prologue = true;
    const Range* open = nullptr;
    Range last;
    const auto report = [&](const Range& range, std::string_view message,
                            std::string_view help) {
        out.push_back(finding("ATT1024", message, help));
        out.back().range = range;
    };
    const int lines = places.line_of(places.text().size());
    for (int number = 1; number <= lines; ++number) {
        const auto line = places.line(number);
        const auto start = places.line_start(number);
        if (is_directive(line)) {
            last = places.range(start, start + line.size());
            if (!prologue) {
                report(last, "a directive inside a document",
                       "end the document before it with a line `...`");
            } else if (is_unread_version(line)) {
                report(last, "a YAML version that attune does not read",
                       "remove the directive, or write %YAML 1.2");
            }
            open = &last;
        } else if (line.starts_with("...")) {
            prologue = true;
        } else if (line.find_first_not_of(" \t") != std::string_view::npos &&
                   !line.starts_with('#')) {
            prologue = false;
            open = nullptr;
        }
    }
    if (open != nullptr) {
        report(*open, "a directive without a document", "follow it with a line `---`");
    }
}

// The parser reads a line of brackets, and brackets that nothing closes, to their end before it
// reports the first of them, at a hundred bytes for each; more than any file may have values
// are not worth its memory.
bool check_brackets(const TextPlaces& places, Diagnostics& out) {
    constexpr std::size_t kMost = 3 * limits::kNodes;
    std::size_t on_line = 0;
    std::size_t open = 0;
    const auto text = places.text();
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\n') {
            on_line = 0;
        } else if (c == '[' || c == '{') {
            ++on_line;
            ++open;
        } else if (c == ']' || c == '}') {
            ++on_line;
            if (open > 0) --open;
        } else if (c == ',') {
            ++on_line;
        }
        if (on_line <= kMost && open <= kMost) continue;
        out.push_back(finding("ATT1012",
                              fmt::format("more than {} values in one file", limits::kNodes),
                              "split the file"));
        out.back().range = places.range(at, at + 1);
        return false;
    }
    return true;
}

void read(const TextPlaces& places, YamlTree& tree) {
    std::istringstream stream{std::string(places.text())};
    Events events(tree);
    try {
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(events)) {
        }
    } catch (const YamlStop&) {
        // What stopped it has been reported.
    } catch (const YAML::Exception& error) {
        auto found = explain_yaml_error(places, offset(error.mark), error.msg);
        // The parser notices a missing bracket far behind the one it is missing for.
        const auto bracket = tree.open_bracket();
        if (bracket && found.code == "ATT1031") found.range = *bracket;
        tree.diagnostics.push_back(std::move(found));
    }
}

}  // namespace

YamlDocuments parse_yaml(std::string_view bytes, std::string_view file) {
    YamlDocuments result;
    auto checked = check_bytes(bytes, file);
    result.diagnostics = std::move(checked.diagnostics);
    if (!result.diagnostics.empty()) return result;

    const TextPlaces places(checked.text);
    YamlTree tree(places, file);
    check_directives(places, tree.diagnostics);
    if (check_brackets(places, tree.diagnostics)) read(places, tree);
    result.diagnostics = std::move(tree.diagnostics);
    if (has_errors(result.diagnostics)) {
        tree.documents.clear();
    } else if (tree.documents.empty()) {
        result.diagnostics.push_back(
            finding("ATT1028", "the file has no document", "remove it if it is not needed"));
        result.diagnostics.back().severity = Severity::kWarning;
    }
    for (auto& diagnostic : result.diagnostics) diagnostic.file = file;
    sort_diagnostics(result.diagnostics);
    limit_findings(result.diagnostics);
    result.documents = std::move(tree.documents);
    return result;
}

}  // namespace attune
