// attune validate.
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/validation.h"
#include "core/diagnostic_json.h"
#include "core/diagnostic_text.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

// Above the limit of a manifest, so that the reader says what is too long, and how much.
constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

void add(Validation& all, Validation one) {
    all.diagnostics.insert(all.diagnostics.end(),
                           std::make_move_iterator(one.diagnostics.begin()),
                           std::make_move_iterator(one.diagnostics.end()));
    all.files += one.files;
    all.texts.merge(one.texts);
}

// What reads these finds the files from where it stands itself, whichever source they are of.
bool names_from_here(const Given& given) {
    const auto format = given.text("--output");
    return format == "github" || format == "sarif" || given.texts("PATH").size() > 1;
}

// Files of a source under the directory it was given by.
Validation prefixed(Validation validation, const std::string& root) {
    const auto renamed = [&](const std::string& file) -> std::string {
        if (file.empty()) return root == "." ? "" : root;
        return (fs::path(root) / file).lexically_normal();
    };
    for (auto& diagnostic : validation.diagnostics) {
        diagnostic.file = renamed(diagnostic.file);
        for (auto& related : diagnostic.related) related.file = renamed(related.file);
    }
    std::map<std::string, std::string> texts;
    for (auto& [file, text] : validation.texts) texts.emplace(renamed(file), std::move(text));
    validation.texts = std::move(texts);
    return validation;
}

Validation validate_file(const std::string& path, const std::string& pack) {
    if (const auto root = find_source_root(path); !root.empty() && pack.empty()) {
        const auto below = fs::weakly_canonical(path).lexically_relative(root).string();
        return validate_file_of_source(root, below, path);
    }
    return validate_text(path, read_input_file(path, kMostBytes), pack);
}

Validation validate_path(const std::string& path, const Given& given, Terminal& terminal) {
    const auto pack = given.text("--pack");
    if (path == "-") return validate_text("<stdin>", read_input(terminal, kMostBytes), pack);
    std::error_code failed;
    if (!fs::is_directory(path, failed)) return validate_file(path, pack);
    auto validation = validate_source(path);
    return names_from_here(given) ? prefixed(std::move(validation), path)
                                  : std::move(validation);
}

Validation validate_all(const Given& given, Terminal& terminal) {
    auto paths = given.texts("PATH");
    if (paths.empty()) paths.emplace_back(".");
    Validation all;
    for (const auto& path : paths) add(all, validate_path(path, given, terminal));
    sort_diagnostics(all.diagnostics);
    return all;
}

void print(const Validation& found, const Given& given, Terminal& terminal) {
    const auto format = given.text("--output");
    const auto text_of = [&](std::string_view file) -> std::optional<std::string_view> {
        const auto text = found.texts.find(std::string(file));
        if (text == found.texts.end()) return std::nullopt;
        return text->second;
    };
    if (format == "json") {
        terminal.out << diagnostics_json(found.diagnostics, found.files).dump(2) << '\n';
    } else if (format == "sarif") {
        terminal.out << diagnostics_sarif(found.diagnostics).dump(2) << '\n';
    } else if (format == "github") {
        terminal.out << diagnostics_github(found.diagnostics);
    } else {
        TextStyle style{.color = terminal.color};
        if (const auto most = given.number("--max-errors")) {
            style.max_errors = static_cast<std::size_t>(*most);
        }
        const auto text = render_text(found.diagnostics, text_of, style);
        terminal.out << text << (text.empty() ? "" : "\n")
                     << summary_line(found.diagnostics, found.files) << '\n';
    }
}

int run_validate(const Given& given, Terminal& terminal) {
    const auto found = validate_all(given, terminal);
    print(found, given, terminal);
    if (has_errors(found.diagnostics)) return kExitFailed;
    for (const auto& diagnostic : found.diagnostics) {
        if (diagnostic.severity != Severity::kWarning) continue;
        return given.has("--fail-on-warning") ? kExitWarnings : kExitOk;
    }
    return kExitOk;
}

}  // namespace

void add_validate_command(std::vector<Command>& commands) {
    commands.push_back(
        {.words = "validate",
         .summary = "check manifests, offline",
         .text =
             "A directory with an attune.yaml is checked as a whole: every file, references "
             "between them, schedules, and that commands can be run. A file of such a "
             "directory is checked together with all of it, and what concerns the file is "
             "told. Any other file, or standard input (-), is checked by itself. Without a "
             "path the current directory is checked. Exit codes: 0, 1 with errors, 3 with "
             "warnings under --fail-on-warning.",
         .examples = {"attune validate examples/config",
                      "attune validate -o sarif . > attune.sarif",
                      "attune validate - < manifest.yaml"},
         .options = {{Option::Kind::kOperands, "PATH", "",
                      "directories, files, or - for standard input"},
                     output_option({"text", "json", "sarif", "github"}),
                     {Option::Kind::kNumber, "--max-errors", "N",
                      "show at most so many errors, and warnings, as text (100; 0: all)"},
                     {Option::Kind::kFlag, "--fail-on-warning", "",
                      "exit 3 when there are warnings"},
                     {Option::Kind::kText, "--pack", "PACK",
                      "the pack of a file by itself (the one its first ref names)"}},
         .run = run_validate});
}

}  // namespace attune
