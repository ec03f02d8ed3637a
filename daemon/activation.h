// Sockets that systemd has opened for a program of ours (sd_listen_fds(3)).
#pragma once

#include "os/unique_fd.h"

namespace attune {

// The control socket of attuned.socket; none when the daemon was started without it. To be
// asked once, before anything is started. Throws SystemError when what was handed over
// is anything else than one listening unix stream socket.
UniqueFd activated_control_socket();

// The same for attune-runner: the socket of attune-runner.socket, which keeps packets apart.
UniqueFd activated_runner_socket();

}  // namespace attune
