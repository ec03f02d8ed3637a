// The service manager's end of sd_notify(3), for tests: hears what this process says to it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "os/unique_fd.h"
#include "tests/support/temp_directory.h"

namespace attune {

class NotifySocket {
public:
    NotifySocket() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const auto path = (directory_.path() / "notify").string();
        std::copy(path.begin(), path.end(), address.sun_path);
        if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
            0) {
            std::abort();
        }
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~NotifySocket() { ::unsetenv("NOTIFY_SOCKET"); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    // The lines of everything heard since the last call, in order.
    std::vector<std::string> heard() {
        std::vector<std::string> lines;
        std::array<char, 4096> datagram{};
        for (ssize_t size;
             (size = ::recv(fd_.get(), datagram.data(), datagram.size(), 0)) > 0;) {
            std::istringstream text({datagram.data(), static_cast<std::size_t>(size)});
            for (std::string line; std::getline(text, line);) lines.push_back(line);
        }
        return lines;
    }

private:
    TempDirectory directory_;
    UniqueFd fd_;
};

}  // namespace attune
