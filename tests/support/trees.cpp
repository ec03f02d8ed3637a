#include "tests/support/trees.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "tests/support/zones.h"

namespace attune {
namespace {

std::string pack_of(const std::string& path) {
    constexpr std::string_view kPacks = "packs/";
    if (!path.starts_with(kPacks)) return {};
    return path.substr(0, path.find('/', kPacks.size()));
}

std::string place(const std::string& file, const Range& range) {
    return fmt::format("{}:{}:{}-{}:{}", file, range.line, range.column, range.end_line,
                       range.end_column);
}

}  // namespace

Tree::Tree(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {
    for (const auto& [path, text] : texts_) {
        if (path != "attune.yaml") files_.push_back(load_file(path, pack_of(path), text));
    }
}

std::vector<const Manifest*> Tree::manifests() const {
    std::vector<const Manifest*> all;
    for (const auto& file : files_) {
        for (const auto& manifest : file.manifests) all.push_back(&manifest);
    }
    return all;
}

CheckInput Tree::input() const {
    CheckInput input;
    for (const auto& file : files_) input.files.push_back(&file);
    input.zones = &system_zones();
    input.now = parse_rfc3339("2026-01-01T00:00:00Z").value();
    input.text_of = [this](std::string_view path) -> std::optional<std::string_view> {
        const auto found = texts_.find(std::string(path));
        if (found == texts_.end()) return std::nullopt;
        return found->second;
    };
    return input;
}

Checked Tree::check(const std::vector<const Manifest*>& last_applied) const {
    auto set = input();
    set.last_applied = last_applied;
    return attune::check(set);
}

std::map<std::string, std::string> read_tree(const std::string& folder) {
    std::map<std::string, std::string> texts;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".yaml") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        texts[std::filesystem::relative(entry.path(), folder).string()] = text.str();
    }
    return texts;
}

std::string describe(const Diagnostics& diagnostics) {
    std::string text;
    for (const auto& found : diagnostics) {
        const auto* severity = found.severity == Severity::kError ? "error" : "warning";
        text += fmt::format("{} {} {}{}{} {}\n", place(found.file, found.range), severity,
                            found.code, found.reason.empty() ? "" : "/", found.reason,
                            found.message);
        if (!found.label.empty()) text += "    label: " + found.label + "\n";
        if (!found.help.empty()) text += "    help: " + found.help + "\n";
        for (const auto& note : found.notes) text += "    note: " + note + "\n";
        for (const auto& related : found.related) {
            text += fmt::format("    related: {} {}\n", place(related.file, related.range),
                                related.message);
        }
        if (found.fix) {
            text += fmt::format("    fix{}: {} {}\n", found.fix->certain ? "!" : "",
                                place("", found.fix->range), found.fix->text);
        }
    }
    return text;
}

std::string describe(const std::vector<CheckedObject>& objects) {
    std::string text;
    for (const auto& object : objects) {
        const auto* verdict = object.verdict == Verdict::kApply    ? "apply"
                              : object.verdict == Verdict::kFrozen ? "frozen"
                                                                   : "absent";
        text += fmt::format("{} {} {}{}{}\n", to_string(object.kind), object.ref.text(),
                            verdict, object.why.empty() ? "" : " ", object.why);
    }
    return text;
}

}  // namespace attune
