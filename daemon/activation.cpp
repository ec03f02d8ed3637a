#include "daemon/activation.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>

#include <systemd/sd-daemon.h>

#include "os/system_error.h"

namespace attune {

namespace {

// `wanted` is what its unit must name for the one socket there may be.
UniqueFd activated_socket(int type, const std::string& wanted) {
    const int count = ::sd_listen_fds(1);
    if (count < 0) throw SystemError(-count, "cannot take over the sockets of systemd");
    if (count == 0) return {};
    UniqueFd socket(SD_LISTEN_FDS_START);
    if (count > 1) {
        throw SystemError(EINVAL, std::to_string(count) +
                                      " sockets were handed over ($LISTEN_FDS), and one is "
                                      "taken: leave one " +
                                      wanted);
    }
    if (::sd_is_socket_unix(socket.get(), type, 1, nullptr, 0) <= 0) {
        throw SystemError(EINVAL,
                          "the socket that was handed over ($LISTEN_FDS) is no listening unix "
                          "socket of the type needed: there must be " +
                              wanted);
    }
    return socket;
}

}  // namespace

UniqueFd activated_control_socket() {
    return activated_socket(SOCK_STREAM, "ListenStream= with a path in attuned.socket");
}

UniqueFd activated_runner_socket() {
    return activated_socket(SOCK_SEQPACKET,
                            "ListenSequentialPacket= with a path in attune-runner.socket");
}

}  // namespace attune
