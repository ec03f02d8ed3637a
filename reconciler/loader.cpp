#include "reconciler/loader.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "core/findings.h"
#include "core/yaml.h"
#include "os/processors.h"
#include "reconciler/pack_layout.h"

namespace attune {
namespace {

Diagnostic about(const std::string& path, Severity severity, std::string code,
                 std::string message) {
    Diagnostic diagnostic;
    diagnostic.severity = severity;
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.file = path;
    return diagnostic;
}

// A link is somebody's choice; everything else keeps a manifest from being read.
Diagnostic finding(const SkippedEntry& entry) {
    if (entry.cause == SkipCause::kSymlink) {
        Diagnostic diagnostic =
            about(entry.path, Severity::kWarning, "ATT5004",
                  fmt::format("`{}` {}", entry.path, to_string(entry.cause)));
        diagnostic.help = "put the file itself there; what was applied from it stays as it is";
        return diagnostic;
    }
    std::string message = fmt::format("`{}` {}", entry.path, to_string(entry.cause));
    if (entry.error != 0) message += fmt::format(": {}", std::strerror(entry.error));
    Diagnostic diagnostic = about(entry.path, Severity::kError, "ATT5005", std::move(message));
    diagnostic.help = "what was applied from it stays as it is until it can be read";
    return diagnostic;
}

// A glob without a match is a slip as often as a pack that is yet to come.
Diagnostic no_pack(const SourceSpec& source, std::string_view text, std::size_t glob) {
    const auto parsed = parse_yaml(text, kSourceFile);
    const Subject subject{.file = std::string(kSourceFile),
                          .kind = "Source",
                          .ref = source.name,
                          .document = &parsed.documents.front()};
    auto diagnostic = finding_at(subject, fmt::format("/spec/packs/{}", glob), Aim::kValue);
    diagnostic.severity = Severity::kWarning;
    diagnostic.code = "ATT5007";
    diagnostic.message = fmt::format("no directory matches `{}`", source.packs[glob]);
    diagnostic.help = "a pack is a directory with a pack.yaml; `packs` names where they are";
    return diagnostic;
}

// The text went away between the scan and now: as if it had not been readable.
std::shared_ptr<const LoadedFile> moved(const TreeFile& file, const std::string& pack) {
    auto loaded = std::make_shared<LoadedFile>();
    loaded->path = file.path;
    loaded->pack = pack.substr(pack.rfind('/') + 1);
    loaded->identified = false;
    Diagnostic diagnostic = about(file.path, Severity::kError, "ATT5005",
                                  fmt::format("`{}` changed while it was read", file.path));
    diagnostic.help = "the next scan reads it again";
    loaded->diagnostics.push_back(std::move(diagnostic));
    return loaded;
}

}  // namespace

LoadedTree Loader::load(const SourceTree& tree, DirectorySource& source) {
    LoadedTree result;
    const auto root =
        std::find_if(tree.files.begin(), tree.files.end(),
                     [](const TreeFile& file) { return file.path == kSourceFile; });
    const auto text = root != tree.files.end() ? source.text(*root) : std::nullopt;
    LoadedSource loaded = load_source(kSourceFile, text.value_or(""));
    result.diagnostics = std::move(loaded.diagnostics);
    result.source = std::move(loaded.source);
    if (!result.source) return result;

    const PackLayout layout(*result.source, tree.listing);
    for (const std::size_t glob : layout.unmatched()) {
        result.diagnostics.push_back(no_pack(*result.source, text.value_or(""), glob));
    }
    for (const SkippedEntry& entry : tree.skipped) {
        if (!layout.concerns(entry.path)) continue;
        result.unreadable.push_back(entry.path);
        result.diagnostics.push_back(finding(entry));
    }

    std::vector<Task> tasks;
    for (const TreeFile& file : tree.files) {
        auto pack = layout.pack_of(file.path);
        if (!pack) continue;
        Task task{.file = &file, .pack = std::move(*pack), .text = {}, .loaded = nullptr};
        const auto kept = kept_.find(file.path);
        if (kept != kept_.end() && kept->second.digest == file.digest &&
            kept->second.pack == task.pack) {
            task.loaded = kept->second.file;
        } else if (const auto bytes = source.text(file)) {
            task.text = *bytes;
        } else {
            task.loaded = moved(file, task.pack);
            task.to_be_kept = false;
        }
        tasks.push_back(std::move(task));
    }
    result.pack_directories = layout.directories();
    std::vector<Task*> open;
    for (Task& task : tasks) {
        if (task.loaded == nullptr) open.push_back(&task);
    }
    run(open);
    for (const Task& task : tasks) {
        result.files.push_back(task.loaded);
        result.texts.push_back(*task.file);
    }
    if (purpose_ == LoadedFor::kApplying) keep(tasks);
    return result;
}

void Loader::run(std::vector<Task*>& tasks) const {
    constexpr std::size_t kWorthAThread = 64;
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t n = next++; n < tasks.size(); n = next++) {
            Task& task = *tasks[n];
            task.loaded = std::make_shared<const LoadedFile>(
                load_file(task.file->path, task.pack, task.text, purpose_));
        }
    };
    const std::size_t useful = std::min(tasks.size() / kWorthAThread, usable_processors());
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < useful) helpers.emplace_back(work);
    work();
}

void Loader::keep(const std::vector<Task>& tasks) {
    std::map<std::string, Kept> kept;
    std::size_t manifests = 0;
    for (const Task& task : tasks) {
        if (!task.to_be_kept) continue;
        manifests += task.loaded->manifests.size();
        kept.emplace_hint(kept.end(), task.file->path,
                          Kept{task.file->digest, task.pack, task.loaded});
    }
    if (manifests > kKeptManifests) kept.clear();
    kept_ = std::move(kept);
}

}  // namespace attune
