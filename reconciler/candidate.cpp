#include "reconciler/candidate.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "os/command_path.h"

namespace attune {
namespace {

std::string key_of(Kind kind, const Ref& ref) {
    return fmt::format("{} {}", to_string(kind), ref.text());
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
    return path == directory ||
           (path.starts_with(directory) && path.substr(directory.size()).starts_with('/'));
}

bool owned_by(const StoredObject& object, const std::string& source) {
    return !object.retired_at && object.origin == Origin::kManifest && object.source == source;
}

// What this source last applied: where the tree says the same, the tree's own manifests, so
// that only what differs has to be made from its document.
std::vector<const Manifest*> last_applied(const StoredState& state, const std::string& source,
                                          const std::vector<const LoadedFile*>& files,
                                          std::vector<std::unique_ptr<Manifest>>& restored) {
    std::unordered_map<std::string, const Manifest*> in_tree;
    for (const LoadedFile* file : files) {
        for (const Manifest& manifest : file->manifests) {
            in_tree.emplace(key_of(manifest.kind, manifest.ref), &manifest);
        }
    }
    std::vector<const Manifest*> applied;
    for (const StoredObject& object : state.objects) {
        if (!owned_by(object, source)) continue;
        const auto found = in_tree.find(key_of(object.kind, object.ref));
        if (found != in_tree.end() && found->second->spec_digest == object.spec_digest &&
            found->second->meta_digest == object.meta_digest &&
            found->second->place.file == object.place.file) {
            applied.push_back(found->second);
            continue;
        }
        const Json document = Json::parse(object.document, nullptr, /*allow_exceptions=*/false);
        auto manifest = load_document(document, object.place);
        if (!manifest) continue;  // an older attune's; there is nothing to fall back to
        restored.push_back(std::make_unique<Manifest>(std::move(*manifest)));
        applied.push_back(restored.back().get());
    }
    return applied;
}

// Stand-ins for files that cannot be read, so that what was known from them freezes.
std::vector<std::unique_ptr<LoadedFile>> unreadable_files(
    const std::vector<std::string>& unreadable, const StoredState& state,
    const std::string& source) {
    std::set<std::string> paths;
    for (const StoredObject& object : state.objects) {
        if (!owned_by(object, source)) continue;
        for (const std::string& path : unreadable) {
            if (is_at_or_below(object.place.file, path)) paths.insert(object.place.file);
        }
    }
    std::vector<std::unique_ptr<LoadedFile>> files;
    for (const std::string& path : paths) {
        auto file = std::make_unique<LoadedFile>();
        file->path = path;
        file->identified = false;
        files.push_back(std::move(file));
    }
    return files;
}

std::vector<SourceFile> source_files(const LoadedTree& loaded, const SourceTree& tree,
                                     const Diagnostics& diagnostics) {
    std::unordered_map<std::string, Diagnostics> by_file;
    for (const Diagnostic& diagnostic : diagnostics) {
        by_file[diagnostic.file].push_back(diagnostic);
    }
    std::vector<SourceFile> files;
    const auto add = [&](const std::string& path, const std::string& digest) {
        Diagnostics own = by_file.contains(path) ? by_file[path] : Diagnostics();
        const bool valid = !has_errors(own);
        files.push_back(
            {.path = path, .digest = digest, .valid = valid, .diagnostics = std::move(own)});
    };
    for (const TreeFile& file : tree.files) {
        if (file.path == kSourceFile) add(file.path, file.digest);
    }
    for (const TreeFile& file : loaded.texts) add(file.path, file.digest);
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

// Nobody reconciles what they left behind, so it runs on until somebody says otherwise.
void warn_of_other_sources(const StoredState& state, const std::string& source,
                           Diagnostics& diagnostics) {
    std::map<std::string, int> others;
    for (const StoredObject& object : state.objects) {
        const bool theirs = !object.retired_at && object.origin == Origin::kManifest;
        if (theirs && object.source != source) ++others[object.source];
    }
    for (const auto& [name, count] : others) {
        Diagnostic diagnostic;
        diagnostic.severity = Severity::kWarning;
        diagnostic.code = "ATT6005";
        diagnostic.message = fmt::format(
            "{} objects of source `{}` keep running, this source is `{}`", count, name, source);
        diagnostic.file = kSourceFile;
        diagnostic.object_kind = "Source";
        diagnostic.object_ref = source;
        diagnostic.pointer = "/metadata/name";
        diagnostic.help = "a source that is renamed is another source; give it back its name";
        diagnostics.push_back(std::move(diagnostic));
    }
}

}  // namespace

Candidate check_tree(const LoadedTree& loaded, const SourceTree& tree, const StoredState& state,
                     DirectorySource& texts, TimePoint now, const ZoneSource& zones) {
    Candidate candidate;
    candidate.source = *loaded.source;
    for (const auto& file : loaded.files) candidate.files.push_back(file.get());
    candidate.placeholders = unreadable_files(loaded.unreadable, state, loaded.source->name);
    for (const auto& file : candidate.placeholders) candidate.files.push_back(file.get());

    std::unordered_map<std::string_view, const TreeFile*> by_path;
    for (const TreeFile& file : loaded.texts) by_path.emplace(file.path, &file);
    std::unordered_map<std::string_view, std::string> folders;
    for (const std::string& directory : loaded.pack_directories) {
        const std::string_view name =
            std::string_view(directory).substr(directory.rfind('/') + 1);
        folders.emplace(name, fmt::format("{}/{}", tree.listing.root, directory));
    }
    std::unordered_map<std::string_view, std::string_view> digests;
    for (const SourceFile& file : state.files) digests.emplace(file.path, file.digest);
    CheckInput input;
    input.files = candidate.files;
    input.last_applied =
        last_applied(state, loaded.source->name, candidate.files, candidate.restored);
    input.is_as_applied = [&](std::string_view path) {
        const auto file = by_path.find(path);
        const auto before = digests.find(path);
        return file != by_path.end() && before != digests.end() &&
               file->second->digest == before->second;
    };
    input.zones = &zones;
    input.now = now;
    input.text_of = [&](std::string_view path) -> std::optional<std::string_view> {
        const auto file = by_path.find(path);
        return file != by_path.end() ? texts.text(*file->second) : std::nullopt;
    };
    input.why_not_runnable = [&](std::string_view pack,
                                 std::string_view path) -> std::optional<std::string> {
        const auto folder = folders.find(pack);
        if (folder == folders.end()) return std::nullopt;
        const auto resolved = resolve_command(std::string(path), folder->second);
        return resolved ? std::nullopt : std::optional(resolved.error());
    };
    candidate.checked = check(input);
    candidate.diagnostics = loaded.diagnostics;
    candidate.diagnostics.insert(candidate.diagnostics.end(),
                                 candidate.checked.diagnostics.begin(),
                                 candidate.checked.diagnostics.end());
    warn_of_other_sources(state, loaded.source->name, candidate.diagnostics);
    sort_diagnostics(candidate.diagnostics);
    candidate.source_files = source_files(loaded, tree, candidate.diagnostics);
    return candidate;
}

}  // namespace attune
