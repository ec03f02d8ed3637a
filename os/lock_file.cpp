#include "os/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>

#include "os/files.h"
#include "os/system_error.h"

namespace attune {

std::optional<LockFile> LockFile::take(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) throw_errno("cannot open the lock file " + path);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::nullopt;
        if (errno != EINTR) throw_errno("cannot lock " + path);
    }
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), text.data(), text.size(), 0) < 0) {
        throw_errno("cannot write " + path);
    }
    return LockFile(std::move(file));
}

std::optional<pid_t> LockFile::holder(const std::string& path) {
    std::string text;
    try {
        text = read_file(path, 64);
    } catch (const SystemError&) {
        return std::nullopt;
    }
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || pid <= 0) return std::nullopt;
    return pid;
}

}  // namespace attune
