#include "wire/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "os/system_error.h"

namespace attune {
namespace {

constexpr int kBacklog = 128;
constexpr mode_t kMode = 0660;

UniqueFd socket_of(int type) {
    UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) throw_errno("cannot make a unix socket");
    return fd;
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        throw SystemError(ENAMETOOLONG, "no socket can be at " + path);
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    return address;
}

template <auto kCall>
bool call_with(int fd, const sockaddr_un& address) {
    return kCall(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Removes what a dead daemon left at `path`; throws when it is alive or no socket at all.
void remove_stale(const std::string& path, const sockaddr_un& address, int type) {
    struct stat file {};
    if (::lstat(path.c_str(), &file) != 0) {
        if (errno == ENOENT) return;
        throw_errno("cannot look at " + path);
    }
    if (!S_ISSOCK(file.st_mode)) {
        throw SystemError(EEXIST, "cannot listen at " + path + ": it is not a socket");
    }
    // A full backlog (EAGAIN) is a sign of life too.
    if (call_with<::connect>(socket_of(type).get(), address) || errno == EAGAIN) {
        throw SocketTaken(path);
    }
    if (errno != ECONNREFUSED) throw_errno("cannot tell whether anyone serves " + path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw_errno("cannot remove " + path);
}

}  // namespace

SocketTaken::SocketTaken(const std::string& path)
    : std::runtime_error("another daemon serves " + path) {}

UnixListener UnixListener::bind(const std::string& path, std::optional<gid_t> group, int type) {
    const auto address = address_of(path);
    auto fd = socket_of(type);
    // The file gets at most the mode of the socket it is made for, so it is closed to all
    // others until its group is right.
    if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0) throw_errno("cannot restrict a socket");
    if (!call_with<::bind>(fd.get(), address)) {
        if (errno != EADDRINUSE) throw_errno("cannot listen at " + path);
        remove_stale(path, address, type);
        if (!call_with<::bind>(fd.get(), address)) {
            if (errno == EADDRINUSE) throw SocketTaken(path);
            throw_errno("cannot listen at " + path);
        }
    }
    UnixListener listener(std::move(fd));
    struct stat file {};
    if (::lstat(path.c_str(), &file) != 0) throw_errno("cannot look at " + path);
    listener.path_ = path;
    listener.device_ = file.st_dev;
    listener.inode_ = file.st_ino;
    // A hardened service may not call chown at all, and has no need to: the file is of its
    // group.
    if (group && file.st_gid != *group &&
        ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) {
        throw_errno("cannot give " + path + " to its group");
    }
    if (::chmod(path.c_str(), kMode) != 0) throw_errno("cannot set the mode of " + path);
    if (::listen(listener.fd(), kBacklog) != 0) throw_errno("cannot listen at " + path);
    return listener;
}

UnixListener UnixListener::adopt(int fd, int type) {
    UnixListener listener{UniqueFd(fd)};
    const auto option = [fd](int name) {
        int value = -1;
        socklen_t size = sizeof value;
        return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    if (option(SO_DOMAIN) != AF_UNIX || option(SO_TYPE) != type || option(SO_ACCEPTCONN) != 1) {
        throw std::invalid_argument("descriptor " + std::to_string(fd) +
                                    " is no listening unix socket of the type wanted");
    }
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        throw_errno("cannot adopt descriptor " + std::to_string(fd));
    }
    return listener;
}

UnixListener::UnixListener(UnixListener&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

UnixListener::~UnixListener() {
    struct stat file {};
    if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
    // A successor may have replaced a file that we no longer answered for.
    if (file.st_dev == device_ && file.st_ino == inode_) ::unlink(path_.c_str());
}

UniqueFd UnixListener::accept() const {
    while (true) {
        UniqueFd connection(
            ::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (connection || errno == EAGAIN) return connection;
        // Who has gone again before it was accepted is nobody's trouble.
        if (errno != EINTR && errno != ECONNABORTED) throw_errno("cannot accept a connection");
    }
}

UniqueFd connect_unix(const std::string& path, Duration patience, int type) {
    const auto address = address_of(path);
    auto fd = socket_of(type);
    // A non-blocking connect fails at once when the listener's queue is full; a blocking one
    // waits, for as long as sending may.
    const auto seconds = std::chrono::floor<std::chrono::seconds>(patience);
    const timeval limit{.tv_sec = seconds.count(), .tv_usec = (patience - seconds).count()};
    if (::fcntl(fd.get(), F_SETFL, 0) != 0 ||
        ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
        throw_errno("cannot set up a unix socket");
    }
    while (!call_with<::connect>(fd.get(), address)) {
        if (errno != EINTR) throw_errno("cannot connect to " + path);
    }
    if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("cannot set up a unix socket");
    return fd;
}

}  // namespace attune
