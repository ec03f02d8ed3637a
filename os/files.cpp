#include "os/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/progress.h"
#include "os/random.h"
#include "os/system_error.h"
#include "os/unique_fd.h"

namespace attune {
namespace {

// O_NONBLOCK: opening a FIFO must not wait for its writer; regular files do not care.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::string read_all(const UniqueFd& file, const std::string& path, std::size_t limit) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) throw_errno("cannot read " + path);
    if (!S_ISREG(about.st_mode)) {
        throw SystemError(EINVAL, path + " is no regular file");
    }
    std::string bytes;
    // One byte more than it should have, to see its end in the same go.
    bytes.resize(std::min(static_cast<std::size_t>(about.st_size), limit) + 1);
    std::size_t size = 0;
    for (;;) {
        const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_errno("cannot read " + path);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
        if (size > limit) {
            throw SystemError(EFBIG,
                              path + " is longer than " + std::to_string(limit) + " bytes");
        }
        // All that it was said to have, and there was room for more: this is the end.
        if (size == static_cast<std::size_t>(about.st_size) && size < bytes.size()) break;
        if (size == bytes.size()) bytes.resize(std::min(size * 2, limit + 1));
    }
    bytes.resize(size);
    return bytes;
}

// One segment of `path` further, and never through a link. openat2(2) would go all the way at
// once, but a service with RestrictSUIDSGID= does not get it (systemd.exec(5)).
UniqueFd enter(const UniqueFd& folder, const std::string& name, const std::string& path) {
    if (name.empty() || name == "..") throw SystemError(EXDEV, "cannot open " + path);
    UniqueFd inner(::openat(folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat about {};
    if (!inner || ::fstat(inner.get(), &about) != 0) throw_errno("cannot open " + path);
    if (S_ISLNK(about.st_mode)) throw SystemError(ELOOP, "cannot open " + path);
    if (!S_ISDIR(about.st_mode)) throw SystemError(ENOTDIR, "cannot open " + path);
    return inner;
}

UniqueFd open_folder(const UniqueFd& root, const std::string& folder_path,
                     const std::string& path) {
    UniqueFd folder;
    for (std::size_t at = 0; at <= folder_path.size();) {
        const auto slash = std::min(folder_path.find('/', at), folder_path.size());
        folder = enter(folder ? folder : root, folder_path.substr(at, slash - at), path);
        at = slash + 1;
    }
    return folder;
}

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

void write_all(const UniqueFd& file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw_errno("cannot write " + path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) throw_errno("cannot write " + path);
}

}  // namespace

std::string read_file(const std::string& path, std::size_t limit) {
    const WaitsOutside disk;
    const UniqueFd file(::open(path.c_str(), kReadFlags));
    if (!file) throw_errno("cannot open " + path);
    return read_all(file, path, limit);
}

FilesBelow::FilesBelow(const std::string& root)
    : root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (!root_) throw_errno("cannot open " + root);
}

std::string FilesBelow::read(const std::string& path, std::size_t limit) {
    const WaitsOutside disk;
    const std::string name = path.substr(path.rfind('/') + 1);
    const UniqueFd file(::openat(folder_of(path).get(), name.c_str(), kReadFlags | O_NOFOLLOW));
    if (!file) throw_errno("cannot open " + path);
    return read_all(file, path, limit);
}

const UniqueFd& FilesBelow::folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return root_;
    const auto folder_path = path.substr(0, slash);
    if (!folder_ || folder_path != folder_path_) {
        folder_ = open_folder(root_, folder_path, path);
        folder_path_ = folder_path;
    }
    return folder_;
}

std::string read_file_below(const std::string& root, const std::string& path,
                            std::size_t limit) {
    return FilesBelow(root).read(path, limit);
}

void write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
    const std::string beside = path + "." + random_uuid() + ".tmp";
    const UniqueFd file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file) throw_errno("cannot make " + beside);
    try {
        write_all(file, bytes, beside);
        if (::rename(beside.c_str(), path.c_str()) != 0) throw_errno("cannot replace " + path);
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    const UniqueFd directory(
        ::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) throw_errno("cannot sync beside " + path);
}

UniqueFd memory_file(std::string_view bytes) {
    UniqueFd file(::memfd_create("attune", MFD_CLOEXEC));
    if (!file) throw_errno("cannot make a file in memory");
    while (!bytes.empty()) {
        const auto written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0) throw_errno("cannot write a file in memory");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.get(), 0, SEEK_SET) < 0) throw_errno("cannot read a file in memory");
    return file;
}

void make_directories(const std::string& path, mode_t mode) {
    std::size_t end = 0;
    do {
        end = std::min(path.find('/', end + 1), path.size());
        const std::string step = path.substr(0, end);
        if (::mkdir(step.c_str(), mode) == 0 || errno == EEXIST) continue;
        throw_errno("cannot make the directory " + step);
    } while (end < path.size());
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) throw_errno("cannot make the directory " + path);
    if (!S_ISDIR(about.st_mode)) {
        throw SystemError(ENOTDIR, "cannot make the directory " + path);
    }
}

}  // namespace attune
