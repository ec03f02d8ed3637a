#include "wire/peer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "os/system_error.h"

namespace attune {
namespace {

std::vector<gid_t> groups_of(int fd) {
    socklen_t size = 0;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size) == 0) return {};
    if (errno != ERANGE) throw_errno("cannot tell the groups of a peer");
    std::vector<gid_t> groups(size / sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) {
        throw_errno("cannot tell the groups of a peer");
    }
    return groups;
}

}  // namespace

Peer peer_of(int fd) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        throw_errno("cannot tell who a peer is");
    }
    return {.uid = credentials.uid,
            .gid = credentials.gid,
            .pid = credentials.pid,
            .groups = groups_of(fd)};
}

bool may_control(const Peer& peer, uid_t daemon, std::optional<gid_t> group) {
    if (peer.uid == 0 || peer.uid == daemon) return true;
    if (!group) return false;
    return peer.gid == *group ||
           std::find(peer.groups.begin(), peer.groups.end(), *group) != peer.groups.end();
}

}  // namespace attune
