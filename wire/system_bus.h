// The system's message bus (D-Bus): calls to other services, their signals, and objects of
// ours.
//
// One connection, of the thread that made it. It has no thread: its owner polls fd() for
// events() until deadline() and calls process(), which calls whoever waits for a reply, a
// signal or a call. A handler may use the connection; what it throws comes out of process().
//
// Values are JSON in the form busctl --json gives them: a structure or an array is an array, a
// dictionary whose keys are texts an object (any other an array of pairs), a variant
// {"type": "s", "data": "..."}. A descriptor (h) is sent by its number, a copy of it travels;
// one that comes in is malformed. A body is an array of values, beside their signature.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <tl/expected.hpp>

#include "core/json.h"
#include "core/time.h"

struct sd_bus_message;

namespace attune {

struct BusBody {
    std::string signature;  // "sa(sv)"; empty: no values
    Json values = Json::array();
};

// What went wrong, by the name the bus has for it ("org.freedesktop.DBus.Error.NoReply").
class BusError : public std::runtime_error {
public:
    BusError(std::string name, std::string message);

    const std::string& name() const { return name_; }
    const std::string& message() const { return message_; }

private:
    std::string name_;
    std::string message_;
};

inline constexpr const char* kBusDisconnected = "org.freedesktop.DBus.Error.Disconnected";

struct BusCall {
    std::string destination;  // "org.freedesktop.systemd1"
    std::string path;
    std::string interface;
    std::string member;
    BusBody body = {};
    Duration patience = std::chrono::seconds(5);
};

// A signal: who says what. Names are the senders' unique ones (":1.7").
struct BusSignal {
    std::string sender;
    std::string path;
    std::string interface;
    std::string member;
    BusBody body;
};

// Someone calls an object of ours. Answered once, now or later, on the thread of the
// connection; one that is dropped unanswered is refused. An answer to a caller or by a
// connection that is gone is lost.
class BusRequest {
public:
    explicit BusRequest(sd_bus_message* borrowed);
    BusRequest(BusRequest&& other) noexcept = default;
    BusRequest& operator=(BusRequest&& other) noexcept = default;
    ~BusRequest() = default;

    std::string sender() const;
    std::string path() const;
    std::string interface() const;  // empty: the caller leaves it to the member's name
    std::string member() const;
    std::string signature() const;
    // Whether the caller would answer a question for a password.
    bool may_ask() const;

    // Look at the signature first: a stranger may send large and deep values.
    Json values() const;

    // Throws std::invalid_argument: a value is not of its type.
    void reply(const BusBody& body);
    void refuse(const BusError& error);

private:
    // Refuses what is left unanswered.
    struct Drop {
        void operator()(sd_bus_message* message) const noexcept;
    };
    std::unique_ptr<sd_bus_message, Drop> message_;
};

class SystemBus {
public:
    // The outcome of a call that was not waited for. A connection that is lost refuses all.
    using Reply = tl::expected<BusBody, BusError>;
    using OnReply = std::function<void(Reply)>;
    using OnSignal = std::function<void(const BusSignal&)>;
    using OnRequest = std::function<void(BusRequest)>;

    // For as long as it lives, a handler is called. May outlive the connection.
    struct Listening;
    using Slot = std::shared_ptr<Listening>;

    // Begins to connect; what is sent waits until it is. `address` as dbus-daemon prints it;
    // empty: DBUS_SYSTEM_BUS_ADDRESS, else the system's. Throws BusError when nobody listens
    // there.
    explicit SystemBus(const std::string& address = {});
    ~SystemBus();
    SystemBus(const SystemBus&) = delete;
    SystemBus& operator=(const SystemBus&) = delete;

    // For poll(2). Events change: ask before every wait.
    int fd() const;
    short events() const;
    // How long it may wait at most; nullopt: for the descriptor.
    std::optional<Duration> deadline() const;

    // Reads and writes what it can without waiting, and calls handlers. True: more is at hand.
    // Throws BusError kBusDisconnected when the connection is lost: it is of no more use.
    bool process();

    // Calls and waits for the answer, for `patience` at most; signals and calls that come in
    // meanwhile wait for process(). Throws BusError; std::invalid_argument when a value is not
    // of its type.
    BusBody call(const BusCall& call);
    // Calls; `on_reply` is called once, by process(), unless the connection is destroyed first.
    void call(const BusCall& call, OnReply on_reply);

    // Of an object's properties; waits like call().
    Json property(const std::string& destination, const std::string& path,
                  const std::string& interface, const std::string& name);

    // Signals that fit `rule`, such as "type='signal',sender='org.freedesktop.systemd1',
    // interface='...',path='...'". Does not wait; when the bus refuses the rule the connection
    // is lost.
    Slot watch(const std::string& rule, OnSignal on_signal);

    // Calls to objects at `prefix` and below ("/": all). Introspection and properties are calls
    // like any other; only org.freedesktop.DBus.Peer is answered without asking.
    Slot serve(const std::string& prefix, OnRequest on_request);

    // A signal to everyone who watches for it, or to `destination` alone.
    void emit(const std::string& path, const std::string& interface, const std::string& member,
              const BusBody& body, const std::string& destination = {});

private:
    struct Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace attune
