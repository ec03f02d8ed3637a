#include "os/command_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <climits>

namespace attune {
namespace {

tl::unexpected<std::string> because(std::string why) { return tl::unexpected(std::move(why)); }

// realpath(3), or the reason.
tl::expected<std::string, std::string> resolve(const std::string& path) {
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) != nullptr) return resolved;
    if (errno == ENOENT || errno == ENOTDIR) return because("does not exist");
    return because("cannot be found: " + std::generic_category().message(errno));
}

// "" when it may be executed, else why not.
std::string why_not_executable(const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) {
        return "cannot be read: " + std::generic_category().message(errno);
    }
    if (S_ISDIR(about.st_mode)) return "is a directory";
    if (!S_ISREG(about.st_mode)) return "is no regular file";
    if (::access(path.c_str(), X_OK) != 0) {
        return errno == EACCES
                   ? "is not executable"
                   : "cannot be executed: " + std::generic_category().message(errno);
    }
    return {};
}

tl::expected<std::string, std::string> find_in_pack(const std::string& name,
                                                    const std::string& pack_directory) {
    const auto pack = resolve(pack_directory);
    if (!pack) return because("has no pack to be in: " + pack_directory + " " + pack.error());
    auto path = resolve(name.starts_with('/') ? name : *pack + "/" + name);
    if (!path) return path;
    if (!path->starts_with(*pack + "/")) return because("leads out of the pack");
    if (auto why = why_not_executable(*path); !why.empty()) return because(std::move(why));
    return path;
}

tl::expected<std::string, std::string> find_in_path(const std::string& name) {
    std::string_view rest = kCommandPath;
    while (!rest.empty()) {
        const auto colon = std::min(rest.find(':'), rest.size());
        const std::string path = std::string(rest.substr(0, colon)) + "/" + name;
        // Not resolved: programs like busybox look at the name they are called by.
        if (why_not_executable(path).empty()) return path;
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return because(std::string("is not found in ") + kCommandPath);
}

}  // namespace

tl::expected<std::string, std::string> resolve_command(const std::string& name,
                                                       const std::string& pack_directory) {
    if (name.empty()) return because("is empty");
    if (name.find('\0') != std::string::npos) return because("contains a NUL byte");
    if (name.find('/') == std::string::npos) return find_in_path(name);
    return find_in_pack(name, pack_directory);
}

}  // namespace attune
