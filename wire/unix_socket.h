// Listening unix sockets with the care a service owes them: never open to others for a moment,
// a dead daemon's socket replaced, a live one's respected. `type` is socket(2)'s: SOCK_STREAM,
// or SOCK_SEQPACKET for connections that keep packets apart.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/time.h"
#include "os/unique_fd.h"

namespace attune {

// Somebody serves that path already.
struct SocketTaken : std::runtime_error {
    explicit SocketTaken(const std::string& path);
};

class UnixListener {
public:
    // Binds `path` and listens: mode 0660, of `group` when given, non-blocking. A socket left
    // by a dead daemon is replaced. Throws SocketTaken when it is alive, SystemError
    // when something else stands there or the system refuses (a path of more than 107 bytes
    // included).
    static UnixListener bind(const std::string& path, std::optional<gid_t> group,
                             int type = SOCK_STREAM);

    // Takes a descriptor that already listens (socket activation). Its file is not ours and
    // stays. Throws std::invalid_argument when it is no listening unix socket of that type.
    static UnixListener adopt(int fd, int type = SOCK_STREAM);

    UnixListener(UnixListener&& other) noexcept;
    UnixListener& operator=(UnixListener&&) = delete;
    // Closes, and removes the file when it is still the one that bind() made.
    ~UnixListener();

    int fd() const { return fd_.get(); }
    // Hands the descriptor to a library that closes it; the file is still removed by this.
    int release() { return fd_.release(); }

    // The next connection, non-blocking; none when nobody waits. Throws SystemError.
    UniqueFd accept() const;

private:
    explicit UnixListener(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
    std::string path_;  // empty: not ours to remove
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

// A connection to whoever listens at `path`; when the listener is busy, waits for it at most
// `patience` (> 0). Throws SystemError: ENOENT or ECONNREFUSED when nobody is there, EACCES
// when this user may not, EAGAIN when the time is over. The descriptor is non-blocking.
UniqueFd connect_unix(const std::string& path, Duration patience, int type = SOCK_STREAM);

}  // namespace attune
