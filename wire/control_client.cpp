#include "wire/control_client.h"

#include <cerrno>
#include <utility>

#include "os/system_error.h"
#include "wire/unix_socket.h"

namespace attune {

using Why = ControlUnreachable::Why;

ControlClient::ControlClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

UniqueFd reach(const std::string& socket_path, Duration patience) {
    try {
        return connect_unix(socket_path, patience);
    } catch (const SystemError& error) {
        switch (error.error()) {
            case ENOENT:
            case ECONNREFUSED:
                throw ControlUnreachable(
                    Why::kNotRunning,
                    "attuned is not running: nobody listens at " + socket_path);
            case EACCES:
            case EPERM:
                throw ControlUnreachable(Why::kNoPermission,
                                         "no permission to use " + socket_path +
                                             ": members of its group, its owner and root may");
            case EAGAIN:
                throw ControlUnreachable(Why::kDeadline,
                                         "attuned at " + socket_path + " takes no connection");
            default:
                throw ControlUnreachable(Why::kBroken, error.what());
        }
    }
}

}  // namespace attune
