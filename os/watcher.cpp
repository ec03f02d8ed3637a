#include "os/watcher.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

namespace attune {
namespace {

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE |
                                IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr std::uint32_t kMaskAbove =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;

std::string without_trailing_slashes(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

std::string above(const std::string& root) {
    const auto slash = root.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : root.substr(0, slash);
}

std::string remedy(int error) {
    if (error == ENOSPC) return "; raise the sysctl fs.inotify.max_user_watches";
    if (error == EMFILE) return "; raise the sysctl fs.inotify.max_user_instances";
    return "";
}

std::string cannot(const std::string& what, int error) {
    return fmt::format("cannot watch {}: {}{}", what, std::generic_category().message(error),
                       remedy(error));
}

}  // namespace

TreeWatcher::TreeWatcher(std::string root)
    : root_(without_trailing_slashes(std::move(root))),
      root_name_(root_.substr(root_.rfind('/') + 1)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (!inotify_) trouble_ = cannot(root_, errno);
}

bool TreeWatcher::drain() {
    if (!inotify_) return false;
    bool concerned = false;
    alignas(inotify_event) std::array<char, 64 * 1024> buffer;
    ssize_t got = 0;
    while ((got = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0) {
        for (const char* at = buffer.data(); at < buffer.data() + got;) {
            inotify_event event;
            std::memcpy(&event, at, sizeof event);
            const std::string_view name = event.len > 0 ? at + sizeof event : "";
            at += sizeof event + event.len;
            if ((event.mask & IN_Q_OVERFLOW) != 0) {
                trouble_ = "events of " + root_ +
                           " were lost; raise the sysctl fs.inotify.max_queued_events";
                concerned = true;
            } else if (event.wd == above_) {
                concerned = concerned || name == root_name_ || name.empty();
            } else {
                // An unknown watch is one that has just been dropped: still a hint.
                concerned = true;
            }
            // The kernel has removed it, and may give its number away.
            if ((event.mask & IN_IGNORED) != 0) {
                watches_.erase(event.wd);
                if (event.wd == above_) above_ = -1;
            }
        }
    }
    return concerned;
}

int TreeWatcher::watch(const std::string& path) {
    const int watch = ::inotify_add_watch(inotify_.get(), path.c_str(), kMask);
    // Gone or replaced by something else meanwhile: its parent has an event about that.
    if (watch < 0 && errno != ENOENT && errno != ENOTDIR) trouble_ = cannot(path, errno);
    return watch;
}

bool TreeWatcher::cover(const TreeListing& listing) {
    if (!inotify_) return false;
    trouble_.clear();
    above_ = ::inotify_add_watch(inotify_.get(), above(root_).c_str(), kMaskAbove);
    if (above_ < 0) trouble_ = cannot(above(root_), errno);

    // A directory that is watched already keeps its number, whatever its path is by now.
    std::unordered_set<int> wanted = {watch(listing.root)};
    for (const auto& directory : listing.directories) {
        if (!trouble_.empty()) break;
        wanted.insert(watch(listing.root + "/" + directory.path));
    }
    wanted.erase(-1);
    for (const int old : watches_) {
        if (!wanted.contains(old) && old != above_) ::inotify_rm_watch(inotify_.get(), old);
    }
    const bool any_new =
        std::ranges::any_of(wanted, [&](int watch) { return !watches_.contains(watch); });
    watches_ = std::move(wanted);
    return any_new;
}

std::chrono::seconds TreeWatcher::poll_every() const {
    return trouble_.empty() ? std::chrono::seconds(60) : std::chrono::seconds(5);
}

}  // namespace attune
