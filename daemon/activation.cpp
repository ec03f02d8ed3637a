#include "daemon/activation.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>

#include <systemd/sd-daemon.h>

#include "os/system_error.h"

namespace attune {

UniqueFd activated_control_socket() {
    const int count = ::sd_listen_fds(1);
    if (count < 0) throw SystemError(-count, "cannot take over the sockets of systemd");
    if (count == 0) return {};
    UniqueFd control(SD_LISTEN_FDS_START);
    if (count > 1) {
        throw SystemError(EINVAL, std::to_string(count) +
                                      " sockets were handed over ($LISTEN_FDS); attuned takes "
                                      "one, its control socket: "
                                      "leave one ListenStream= in attuned.socket");
    }
    if (::sd_is_socket_unix(control.get(), SOCK_STREAM, 1, nullptr, 0) <= 0) {
        throw SystemError(
            EINVAL,
            "the socket that was handed over ($LISTEN_FDS) is no listening unix stream socket; "
            "attuned.socket needs ListenStream= with a path");
    }
    return control;
}

}  // namespace attune
