// The command's way to the daemon: finds its socket, asks, and turns what went wrong into
// words with a remedy.
#pragma once

#include <map>
#include <string>

#include "cli/command.h"
#include "core/json.h"
#include "wire/control.h"
#include "wire/control_client.h"

namespace attune {

// --socket, else $ATTUNE_SOCKET, else the first of /run/attune/control.sock and
// $XDG_RUNTIME_DIR/attune/control.sock that exists, else the former.
std::string control_socket(const Given& given);

// --socket's neighbour: feed.sock in the same directory.
std::string feed_socket(const Given& given);

// "?a=b&c=d", encoded; "" for none. Empty values are left out.
std::string query_text(const std::map<std::string, std::string>& query);

class DaemonClient {
public:
    explicit DaemonClient(const Given& given);
    explicit DaemonClient(std::string socket) : socket_(std::move(socket)) {}

    // The answer's body. Throws CommandFailed: kExitUnreachable when no answer was had or the
    // database is away, kExitBrake for the code `brake`, kExitFailed for any other refusal.
    Json get(const std::string& target) const;
    Json post(const std::string& target, const Json& body, Duration patience) const;

    // The same, with whatever status the daemon answers. Throws for no answer only.
    ControlResponse ask(const std::string& method, const std::string& target,
                        const std::string& body, Duration patience) const;

    const std::string& socket() const { return socket_; }

private:
    std::string socket_;
};

// What to do when the daemon cannot be reached.
std::string unreachable_remedy(const ControlUnreachable& failed);

// The body of an answer that is no refusal; throws CommandFailed for one that is.
Json accept(const ControlResponse& response);

}  // namespace attune
