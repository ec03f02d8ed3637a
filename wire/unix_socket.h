// Listening unix stream sockets with the care a service owes them: never open to others for a
// moment, a dead daemon's socket replaced, a live one's respected.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace attune {

// Somebody serves that path already.
struct SocketTaken : std::runtime_error {
    explicit SocketTaken(const std::string& path);
};

class UnixListener {
public:
    // Binds `path` and listens: mode 0660, of `group` when given, non-blocking. A socket left
    // by a dead daemon is replaced. Throws SocketTaken when it is alive, std::system_error
    // when something else stands there or the system refuses (a path of more than 107 bytes
    // included).
    static UnixListener bind(const std::string& path, std::optional<gid_t> group);

    // Takes a descriptor that already listens (socket activation). Its file is not ours and
    // stays. Throws std::invalid_argument when it is no listening unix stream socket.
    static UnixListener adopt(int fd);

    UnixListener(UnixListener&& other) noexcept;
    UnixListener& operator=(UnixListener&&) = delete;
    // Closes, and removes the file when it is still the one that bind() made.
    ~UnixListener();

    int fd() const { return fd_; }
    // Hands the descriptor to a library that closes it; the file is still removed by this.
    int release();

private:
    explicit UnixListener(int fd) : fd_(fd) {}

    int fd_ = -1;
    std::string path_;  // empty: not ours to remove
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace attune
