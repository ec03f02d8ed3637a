#include "cli/validation.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "cli/command.h"
#include "core/check.h"
#include "core/load.h"
#include "core/yaml.h"
#include "os/loop.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "reconciler/candidate.h"
#include "reconciler/directory_source.h"
#include "reconciler/loader.h"

namespace attune {
namespace {

constexpr int kScans = 10;
constexpr Duration kBetweenScans = std::chrono::milliseconds(300);

// An editor or a checkout that is at work just now is given the time to finish.
std::variant<SourceTree, SourceFailure> scan_settled(DirectorySource& source) {
    const SystemClock clock;
    Waiter waiter;
    std::string moving;
    for (int i = 0; i < kScans; ++i) {
        auto scanned = source.scan();
        if (auto* tree = std::get_if<SourceTree>(&scanned)) return std::move(*tree);
        if (auto* failure = std::get_if<SourceFailure>(&scanned)) return std::move(*failure);
        moving = std::get<Unsettled>(scanned).path;
        waiter.wait(clock.now() + kBetweenScans);
    }
    throw CommandFailed{
        kExitFailed,
        fmt::format("{} is being written to all the time ({})", source.root(), moving),
        "try again when nobody writes to it, or validate a copy"};
}

void keep_texts(Validation& validation, const SourceTree& tree, DirectorySource& source) {
    for (const auto& diagnostic : validation.diagnostics) {
        if (diagnostic.file.empty() || validation.texts.contains(diagnostic.file)) continue;
        const auto file = std::find_if(
            tree.files.begin(), tree.files.end(),
            [&](const TreeFile& candidate) { return candidate.path == diagnostic.file; });
        if (file == tree.files.end()) continue;
        if (const auto text = source.text(*file)) {
            validation.texts.emplace(diagnostic.file, *text);
        }
    }
}

// The pack of the first ref that names one.
std::string pack_of(const std::string& bytes) {
    for (const auto& document : parse_yaml(bytes, "").documents) {
        const auto* ref = find(document, "/metadata/ref").node;
        if (ref == nullptr || ref->kind != Node::Kind::kString) continue;
        if (const auto named = Ref::parse(ref->text)) return std::string(named->pack());
        if (const auto pack = Ref::parse_pack(ref->text)) return pack->text();
    }
    return "unknown";
}

// What a text by itself cannot know: objects that other files declare.
bool is_about_other_files(const Diagnostic& diagnostic) {
    if (diagnostic.code == "ATT3006") return true;
    return diagnostic.code == "ATT3001" &&
           diagnostic.message.find("`core.") == std::string::npos;
}

// As if nothing had ever been applied, with the zones of this machine.
Candidate check_as_new(const LoadedTree& loaded, const SourceTree& tree,
                       DirectorySource& source) {
    const ZoneFiles zones;
    return check_tree(loaded, tree, StoredState{}, source, SystemClock().now(), zones);
}

// The file is one thing; whether the source it is in can be read at all comes before it.
bool concerns(const Diagnostic& diagnostic, const std::string& path) {
    return diagnostic.file == path || diagnostic.file.empty() ||
           (diagnostic.file == kSourceFile && diagnostic.severity == Severity::kError);
}

Diagnostic not_read(const std::string& root, const std::string& path) {
    Diagnostic diagnostic;
    diagnostic.code = "ATT5006";
    diagnostic.file = path;
    std::error_code failed;
    const bool there = std::filesystem::exists(std::filesystem::path(root) / path, failed);
    diagnostic.message = there ? fmt::format("`{}` is not read as a manifest", path)
                               : fmt::format("there is no file `{}`", path);
    diagnostic.help =
        there ? "manifests are the .yaml and .yml files of a pack's directory, outside its "
                "files/ and tests/, that do not begin with . or # and that .attuneignore does "
                "not name; --pack PACK checks one by itself"
              : "check the name; a directory checks all that is in it";
    return diagnostic;
}

// "conf/attune.yaml" beside what is shown as "conf/packs/ops/a.yaml".
std::string shown_source_file(const std::string& root, const std::string& path,
                              const std::string& shown) {
    const auto beside =
        shown.ends_with(path) ? shown.substr(0, shown.size() - path.size()) : root + "/";
    return beside + std::string(kSourceFile);
}

void rename_file(Validation& validation, const std::string& path, const std::string& shown) {
    for (auto& diagnostic : validation.diagnostics) {
        if (diagnostic.file == path) diagnostic.file = shown;
    }
    if (auto text = validation.texts.extract(path)) {
        text.key() = shown;
        validation.texts.insert(std::move(text));
    }
}

// `looked_at`, when somebody asks: the files that a finding would have been told of, had they
// any.
Validation check_source(const std::string& root, std::set<std::string>* looked_at) {
    DirectorySource source(root, WhileGitWorks::kRead);
    auto scanned = scan_settled(source);
    if (auto* failure = std::get_if<SourceFailure>(&scanned)) {
        return {.diagnostics = {std::move(failure->diagnostic)}};
    }
    const auto& tree = std::get<SourceTree>(scanned);
    Loader loader(LoadedFor::kChecking);
    const auto loaded = loader.load(tree, source);
    Validation validation{.diagnostics = loaded.diagnostics, .files = tree.files.size()};
    if (loaded.source) {
        validation.diagnostics = check_as_new(loaded, tree, source).diagnostics;
    }
    sort_diagnostics(validation.diagnostics);
    keep_texts(validation, tree, source);
    if (looked_at != nullptr) {
        looked_at->emplace(kSourceFile);
        for (const auto& file : loaded.texts) looked_at->insert(file.path);
        looked_at->insert(loaded.unreadable.begin(), loaded.unreadable.end());
    }
    return validation;
}

}  // namespace

Validation validate_source(const std::string& root) { return check_source(root, nullptr); }

Validation validate_file_of_source(const std::string& root, const std::string& path,
                                   const std::string& shown) {
    std::set<std::string> looked_at;
    auto validation = check_source(root, &looked_at);
    std::erase_if(validation.diagnostics,
                  [&](const Diagnostic& diagnostic) { return !concerns(diagnostic, path); });
    if (!looked_at.contains(path) && !has_errors(validation.diagnostics)) {
        validation.diagnostics.push_back(not_read(root, path));
    }
    if (path != kSourceFile) {
        rename_file(validation, std::string(kSourceFile), shown_source_file(root, path, shown));
    }
    rename_file(validation, path, shown);
    validation.files = 1;
    return validation;
}

Validation validate_text(const std::string& name, const std::string& bytes,
                         const std::string& pack) {
    const auto of_pack = pack.empty() ? pack_of(bytes) : pack;
    const auto loaded = load_file(name, of_pack, bytes);
    Validation validation{.files = 1, .texts = {{name, bytes}}};
    CheckInput input;
    input.files = {&loaded};
    input.text_of = [&](std::string_view) { return std::optional<std::string_view>(bytes); };
    const ZoneFiles zones;
    input.zones = &zones;
    input.now = SystemClock().now();
    validation.diagnostics = check(input).diagnostics;
    std::erase_if(validation.diagnostics, is_about_other_files);
    return validation;
}

std::vector<Manifest> sensors_of_source(const std::string& root) {
    DirectorySource source(root, WhileGitWorks::kRead);
    auto scanned = scan_settled(source);
    if (const auto* failure = std::get_if<SourceFailure>(&scanned)) {
        throw CommandFailed{kExitFailed, failure->diagnostic.message, failure->diagnostic.help};
    }
    const auto& tree = std::get<SourceTree>(scanned);
    Loader loader;
    const auto loaded = loader.load(tree, source);
    if (!loaded.source) {
        throw CommandFailed{kExitFailed, fmt::format("{}/{} is refused", root, kSourceFile),
                            fmt::format("`attune validate {}` says why", root)};
    }
    const auto candidate = check_as_new(loaded, tree, source);
    std::vector<Manifest> sensors;
    for (const auto& object : candidate.checked.objects) {
        if (object.verdict != Verdict::kApply || object.kind != Kind::kSensor) continue;
        sensors.push_back(*object.manifest);
    }
    return sensors;
}

std::vector<Manifest> sensors_of_text(const std::string& name, const std::string& bytes) {
    std::vector<Manifest> sensors;
    for (const auto& manifest : load_file(name, pack_of(bytes), bytes).manifests) {
        if (manifest.kind == Kind::kSensor) sensors.push_back(manifest);
    }
    return sensors;
}

std::string find_source_root(const std::string& path) {
    std::error_code failed;
    auto directory = std::filesystem::weakly_canonical(path, failed);
    if (failed) return "";
    if (!std::filesystem::is_directory(directory, failed)) directory = directory.parent_path();
    while (true) {
        if (std::filesystem::exists(directory / kSourceFile, failed)) return directory.string();
        if (!directory.has_relative_path()) return "";
        directory = directory.parent_path();
    }
}

}  // namespace attune
