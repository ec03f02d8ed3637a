// The command's end of the control protocol: one request, one response.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "core/time.h"
#include "os/unique_fd.h"
#include "wire/control.h"

namespace attune {

// No answer was had. what() is a sentence for people that names the socket.
struct ControlUnreachable : std::runtime_error {
    enum class Why {
        kNotRunning,    // no socket, or nobody behind it
        kNoPermission,  // the socket's mode keeps this user out
        kDeadline,      // no answer in time
        kBroken,        // it went away in the middle, or does not speak HTTP
    };

    ControlUnreachable(Why reason, const std::string& text)
        : std::runtime_error(text), why(reason) {}

    Why why;
};

class ControlClient {
public:
    explicit ControlClient(std::string socket_path);

    // Sends one request over a connection of its own and waits for the response, whatever its
    // status. `target`: path and query, encoded. Throws ControlUnreachable.
    ControlResponse request(std::string_view method, std::string_view target,
                            std::string_view body, Duration deadline) const;

private:
    std::string socket_path_;
};

// A connection to whoever listens at `socket_path`, had within `patience`: for a client of
// another protocol, or to see whether anyone is there. Throws ControlUnreachable.
UniqueFd reach(const std::string& socket_path, Duration patience);

}  // namespace attune
