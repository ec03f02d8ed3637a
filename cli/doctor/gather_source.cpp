#include <sys/stat.h>

#include <filesystem>
#include <variant>

#include <fmt/format.h>

#include "cli/doctor/gather.h"
#include "cli/validation.h"
#include "reconciler/directory_source.h"

namespace attune::doctor {
namespace {

namespace fs = std::filesystem;

// A directory of which one is told is enough for all below it.
void look_at_modes(const fs::path& path, const Facts& facts, SourceFacts& source) {
    const auto status = look_at([&] { return file_status(path.string()); });
    if (!status) return;  // gone meanwhile
    if (facts.daemon_account && !may_read(*status, *facts.daemon_account)) {
        source.unreadable.push_back(path.string());
    }
    if ((status->mode & S_IWOTH) != 0) source.open.push_back(path.string());
}

void look_at_modes_below(const Facts& facts, SourceFacts& source) {
    for (fs::path above = fs::path(source.path).parent_path(); above.has_relative_path();
         above = above.parent_path()) {
        const auto status = look_at([&] { return file_status(above.string()); });
        // To pass through takes no right to list.
        if (!status || !facts.daemon_account) continue;
        auto passed = *status;
        passed.mode |= 0444U;
        if (!may_read(passed, *facts.daemon_account))
            source.unreadable.push_back(above.string());
    }
    look_at_modes(source.path, facts, source);
    std::error_code failed;
    fs::recursive_directory_iterator entries(source.path, failed);
    for (const auto end = fs::end(entries); !failed && entries != end;
         entries.increment(failed)) {
        if (entries->is_symlink(failed)) continue;
        const auto name = entries->path().filename().string();
        if (name.starts_with('.')) {  // .git and the like are not read
            entries.disable_recursion_pending();
            continue;
        }
        look_at_modes(entries->path(), facts, source);
    }
}

SourceFacts look(const std::string& path, const Facts& facts) {
    SourceFacts source;
    source.path = path;
    const auto validated = validate_source(path);
    source.files = validated.files;
    for (const auto& found : validated.diagnostics) {
        (found.severity == Severity::kError ? source.errors : source.warnings) += 1;
        if (source.first.empty()) source.first = in_one_line(found);
    }
    DirectorySource directory(path, WhileGitWorks::kRead);
    const auto scanned = directory.scan();
    if (const auto* tree = std::get_if<SourceTree>(&scanned)) {
        source.digest = tree->digest;
        source.directories = tree->listing.directories.size() + 1;
    }
    source.there = !std::holds_alternative<SourceFailure>(scanned);
    if (!source.there) return source;
    look_at_modes_below(facts, source);
    return source;
}

}  // namespace

void gather_source(Facts& facts) {
    if (!facts.config) {
        facts.source = tl::unexpected(facts.config.error());
        return;
    }
    try {
        facts.source = look(facts.config->source_path, facts);
    } catch (const CommandFailed& failed) {
        facts.source = tl::unexpected(failed.message);
    }
}

}  // namespace attune::doctor
