// Who calls over D-Bus, and whether they may.
//
// Whoever may use the control socket may do everything here, too: root, the daemon's user, a
// process with the group `attune`. Others are a matter of polkit, whose policy
// (packaging/dbus/io.attune.Attune1.policy) lets everybody read, and administrators do the
// rest; without polkit they may nothing.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "daemon/dbus/interfaces.h"
#include "wire/peer.h"
#include "wire/system_bus.h"

namespace attune {

class Authority {
public:
    using Verdict = tl::expected<Peer, BusError>;
    using Then = std::function<void(Verdict)>;

    // `bus` is borrowed; `daemon`: our own user.
    Authority(SystemBus& bus, uid_t daemon, std::optional<gid_t> group);

    // Asks the bus, and polkit if need be, and calls `then` once, later, by bus.process();
    // never when the connection is destroyed first. `caller`: its unique name. `may_ask`:
    // polkit may ask for a password, for which it takes its time.
    void judge(const std::string& caller, BusPermission permission, bool may_ask, Then then);

private:
    void ask_polkit(const std::string& caller, const Peer& peer, BusPermission permission,
                    bool may_ask, Then then);

    SystemBus& bus_;
    uid_t daemon_;
    std::optional<gid_t> group_;
};

}  // namespace attune
