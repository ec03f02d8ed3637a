#include "reconciler/pack_layout.h"

#include <fnmatch.h>

#include <algorithm>

namespace attune {
namespace {

// Whether `path` is `directory` or below it; everything is below "".
bool within(std::string_view path, std::string_view directory) {
    if (directory.empty() || path == directory) return true;
    return path.starts_with(directory) && path[directory.size()] == '/';
}

// "packs" of "packs/*", "" of "*": the part before the first segment with a wildcard.
std::string fixed_part(std::string_view glob) {
    const std::size_t wildcard = std::min(glob.find_first_of("*?["), glob.size());
    if (wildcard == glob.size()) {
        const std::size_t slash = glob.rfind('/');
        return std::string(glob.substr(0, slash == std::string_view::npos ? 0 : slash));
    }
    const std::size_t slash = glob.substr(0, wildcard).rfind('/');
    return std::string(glob.substr(0, slash == std::string_view::npos ? 0 : slash));
}

}  // namespace

PackLayout::PackLayout(const SourceSpec& source, const TreeListing& listing) {
    for (std::size_t n = 0; n < source.packs.size(); ++n) {
        const std::string& glob = source.packs[n];
        const std::size_t before = directories_.size();
        for (const TreeEntry& entry : listing.directories) {
            if (::fnmatch(glob.c_str(), entry.path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) {
                directories_.push_back(entry.path);
            }
        }
        if (directories_.size() == before) unmatched_.push_back(n);
        folders_.push_back(fixed_part(glob));
    }
    std::sort(directories_.begin(), directories_.end());
}

std::optional<std::string> PackLayout::pack_of(std::string_view path) const {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
        const std::string_view directory = path.substr(0, slash);
        if (!std::binary_search(directories_.begin(), directories_.end(), directory)) continue;
        const std::string_view rest = path.substr(slash + 1);
        if (rest.starts_with("files/") || rest.starts_with("tests/")) return std::nullopt;
        return std::string(directory);
    }
    if (path.find('/') != std::string_view::npos && in_folder(path)) return std::string();
    return std::nullopt;
}

bool PackLayout::in_folder(std::string_view path) const {
    return std::any_of(folders_.begin(), folders_.end(),
                       [&](const std::string& folder) { return within(path, folder); });
}

bool PackLayout::concerns(std::string_view path) const {
    for (const std::string& directory : directories_) {
        if (within(path, directory + "/files") || within(path, directory + "/tests")) {
            return false;
        }
    }
    return in_folder(path) ||
           std::any_of(folders_.begin(), folders_.end(),
                       [&](const std::string& folder) { return within(folder, path); });
}

}  // namespace attune
