// Who is at the other end of a unix socket, by the kernel's word (unix(7), SO_PEERCRED,
// SO_PEERGROUPS): as they were when they connected, whatever they claim.
//
// From another user namespace every uid looks like 65534 ("nobody"), so a daemon that talks
// to clients must not run under PrivateUsers=.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <vector>

namespace attune {

struct Peer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    pid_t pid = 0;
    // Supplementary groups of the process, not of the user's entry: what the kernel itself
    // lets it open, and nothing that a directory service would have to be asked for.
    std::vector<gid_t> groups;
};

// Throws SystemError.
Peer peer_of(int fd);

// Whether `peer` may control a daemon that runs as `daemon`: root, the same uid, or a process
// in `group`.
bool may_control(const Peer& peer, uid_t daemon, std::optional<gid_t> group);

}  // namespace attune
