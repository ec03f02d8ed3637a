// The daemon's end of the control protocol: HTTP/1.1 over a unix stream socket.
//
// One thread of its own does the talking, so no client can hold it: whoever is slow meets the
// deadline. Handlers run on a few threads beside it, so one long answer does not delay the
// next. Who may talk is decided by the kernel's word about the peer, before a byte is read.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/limits.h"
#include "core/time.h"
#include "wire/control.h"

namespace attune {

// Answers requests; made on, used by and destroyed on one handler thread, so that it may own
// an inbox or a database connection.
class ControlHandler {
public:
    ControlHandler() = default;
    ControlHandler(const ControlHandler&) = delete;
    ControlHandler& operator=(const ControlHandler&) = delete;
    virtual ~ControlHandler() = default;

    // An exception becomes a 500 with its text. Should answer within the client's patience
    // (the command waits 30 s): the server puts no deadline on it.
    virtual ControlResponse handle(const ControlRequest& request) = 0;
};

struct ControlServerOptions {
    std::string socket_path;          // $RUNTIME_DIR/control.sock; its file is 0660
    std::optional<gid_t> group;       // processes in it may talk too, besides root and our uid
    std::optional<int> listening_fd;  // adopted instead of binding socket_path
    int handler_threads = 4;          // >= 1; of several, one is for GET alone
    std::size_t clients = limits::kControlClients;        // one more gets 503 at once
    std::size_t body_bytes = limits::kControlBodyBytes;   // more gets 413
    Duration deadline = limits::kControlDeadline;         // to send a request; to take a reply
    std::function<void(const std::string&)> report = {};  // what an operator should read
};

class ControlServer {
public:
    // `make_handler` is called once on each handler thread with its number, from 0. Returns
    // when requests are being answered. Throws SocketTaken, std::system_error (socket), and
    // whatever make_handler throws.
    ControlServer(ControlServerOptions options,
                  const std::function<std::unique_ptr<ControlHandler>(int)>& make_handler);
    // stop().
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    // Accepts nobody new, lets the running handlers finish and their replies be taken (1 s),
    // answers 503 to what waits, and ends its threads. May be called more than once.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace attune
