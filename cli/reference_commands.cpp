// attune schema, explain: what the program knows without anybody's files.
#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/table.h"
#include "core/codes.h"
#include "core/kinds.h"
#include "core/suggest.h"
#include "schemas/embedded.h"

namespace attune {
namespace {

constexpr std::size_t kProseWidth = 80;

// What is judged by a schema besides manifests: the daemon's settings and the feed's items.
std::optional<Json> other_schema(std::string_view word) {
    if (word != "daemon" && word != "feed") return std::nullopt;
    const auto name = std::string(word) + ".schema.json";
    const auto files = embedded_schemas();
    const auto found = std::ranges::find_if(
        files, [&](const EmbeddedFile& file) { return file.name == name; });
    assert(found != files.end());
    return Json::parse(found->text);
}

int run_schema(const Given& given, Terminal& terminal) {
    const auto word = given.text("KIND");
    if (word.empty()) {
        Json all = {{"Source", source_schema_document()}};
        for (const auto& kind : kinds())
            all[std::string(kind.name)] = schema_document(kind.kind);
        terminal.out << all.dump(2) << '\n';
        return kExitOk;
    }
    if (word == "Source" || word == "source") {
        terminal.out << source_schema_document().dump(2) << '\n';
        return kExitOk;
    }
    if (const auto other = other_schema(word)) {
        terminal.out << other->dump(2) << '\n';
        return kExitOk;
    }
    const auto kind = find_kind(word);
    if (!kind) {
        throw CommandFailed{kExitUsage, "`" + word + "` is no kind of manifest",
                            "kinds are: source, pack, trigger, action, sensor, rule; there are "
                            "also daemon and feed"};
    }
    terminal.out << schema_document(*kind).dump(2) << '\n';
    return kExitOk;
}

std::string indented(const std::string& text) {
    std::string result;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = std::min(text.find('\n', from), text.size());
        result += end > from ? "    " + text.substr(from, end - from) + "\n" : "\n";
        from = end + 1;
    }
    return result;
}

void print_code(const CodeInfo& code, Terminal& terminal) {
    terminal.out << code.code << ": " << code.title << "\n\n"
                 << wrapped(code.text, kProseWidth);
    if (!code.text.ends_with('\n')) terminal.out << '\n';
    if (!code.reasons.empty()) {
        terminal.out << "\nReasons:";
        for (const auto& reason : code.reasons) terminal.out << ' ' << reason;
        terminal.out << '\n';
    }
    if (!code.bad.empty()) terminal.out << "\nWrong:\n\n" << indented(code.bad);
    if (!code.good.empty()) terminal.out << "\nRight:\n\n" << indented(code.good);
}

Json code_json(const CodeInfo& code) {
    return {{"code", code.code}, {"title", code.title}, {"text", code.text},
            {"bad", code.bad},   {"good", code.good},   {"reasons", code.reasons}};
}

[[noreturn]] void no_such_code(const std::string& word) {
    std::vector<std::string> words;
    for (const auto& code : codes()) {
        words.push_back(code.code);
        words.insert(words.end(), code.reasons.begin(), code.reasons.end());
    }
    const auto near = suggest(word, words);
    throw CommandFailed{kExitFailed, "`" + word + "` is no code and no reason",
                        near ? "did you mean `" + *near + "`?"
                             : "`attune explain` without a code lists them all"};
}

int run_explain(const Given& given, Terminal& terminal) {
    const auto word = given.text("CODE");
    if (word.empty()) {
        auto all = Json::array();
        for (const auto& code : codes()) all.push_back(code_json(code));
        show(given, terminal, all, [&] {
            for (const auto& code : codes()) {
                terminal.out << code.code << "  " << code.title << '\n';
            }
        });
        return kExitOk;
    }
    const auto* code = find_code(word);
    if (code == nullptr) no_such_code(word);
    show(given, terminal, code_json(*code), [&] { print_code(*code, terminal); });
    return kExitOk;
}

}  // namespace

void add_reference_commands(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "schema",
         .summary = "print the JSON Schema of a kind of manifest",
         .text =
             "For editors: see docs/manifests.md. Without a kind those of all manifests are "
             "printed as one object. `daemon` is the schema of attuned.yaml, `feed` that of "
             "the "
             "items that `attune watch -o json` prints.",
         .examples = {"attune schema sensor", "attune schema daemon"},
         .options = {{Option::Kind::kOperand, "KIND", "",
                      "source, pack, trigger, action, sensor, rule, daemon or feed"}},
         .run = run_schema});
    commands.push_back(
        {.words = "explain",
         .summary = "explain a diagnostic's code, with a bad and a good example",
         .text = "Without a code all of them are listed.",
         .examples = {"attune explain ATT2004", "attune explain reversed_range"},
         .options = {{Option::Kind::kOperand, "CODE", "",
                      "a code such as ATT2004, or a reason such as out_of_range"},
                     output_option({"text", "json", "yaml"})},
         .run = run_explain});
}

}  // namespace attune
