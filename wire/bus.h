// The bus: how threads of one daemon hand each other bytes, and how the feed leaves it.
//
// Every thread has one Inbox and as many Outboxes as it needs. A message is a hint, a row is
// the truth: send() never waits, and what is lost (a full inbox, a thread that is gone) costs a
// little delay and never the work. What the bytes mean stands in wire/messages.h.
//
// A Bus outlives everything made on it. All other objects here belong to the thread that made
// them: it alone uses and destroys them. shutdown() may be called from any thread.
#pragma once

#include <poll.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/limits.h"
#include "core/time.h"

namespace attune {

class Bus {
public:
    // Says which messages get lost between send() and the inbox: how tests prove that no
    // work depends on one. Called on the sending threads, several at once.
    using Lose = std::function<bool(std::string_view bytes)>;

    Bus();
    explicit Bus(Lose lose);
    // Waits until every inbox, outbox, publisher and subscriber of it is gone.
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

    // Wakes every wait() at once and for ever: it says `closed`, send() returns false, and
    // making anything more throws BusClosed. May be called more than once.
    void shutdown() noexcept;

    struct Core;

private:
    friend class Inbox;
    friend class Outbox;
    friend class TopicPublisher;
    friend class TopicSubscriber;

    std::unique_ptr<Core> core_;
};

// Something was to be made on a bus that is shut down.
struct BusClosed : std::runtime_error {
    BusClosed();
};

struct SocketCloser {
    void operator()(void* socket) const noexcept;
};
using SocketPtr = std::unique_ptr<void, SocketCloser>;

// What ended a wait. Neither: the time is over, a descriptor is ready, or nothing (a wait may
// end early, so callers look again).
struct Woken {
    bool message = false;  // receive() has something
    bool closed = false;   // the bus is shut down: the loop ends
};

class Inbox {
public:
    // `name`: what outboxes call it. Throws std::runtime_error when the name is taken.
    Inbox(Bus& bus, const std::string& name);
    ~Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    const std::string& name() const { return name_; }

    // The next message, without waiting; nullopt when there is none (or the bus is closed).
    std::optional<std::string> receive();

    // Waits for a message, for one of `others` (as poll(2): their revents are set), for the
    // end of `timeout` (to the microsecond; nullopt: for ever; zero: only looks), or for the
    // end of the bus. Others are looked at even when a message is there.
    Woken wait(std::optional<Duration> timeout, std::span<pollfd> others = {});

    // For a foreign poll loop. The descriptor becomes readable when something MAY have
    // changed and stays silent until has_message() is asked again: ask it once before every
    // poll, and drain with receive() until nullopt. -1 once the bus is closed.
    int fd() const;
    bool has_message();

private:
    std::string name_;
    SocketPtr socket_;
};

class Outbox {
public:
    // Sends to the inboxes named, in turn, passing over those that are full or gone. They may
    // be made later than this; one that is gone is not found again. `capacity` (>= 1): how many
    // messages may wait at each inbox.
    Outbox(Bus& bus, const std::vector<std::string>& inboxes,
           std::size_t capacity = limits::kBusMessages);

    // Hands the bytes over without waiting. False: every inbox is full or gone, or the bus is
    // closed; the caller keeps the work and tries later. True promises no arrival.
    // At most limits::kMessageBytes.
    bool send(std::string_view bytes);

private:
    Bus::Core* core_;
    SocketPtr socket_;
};

// The two ends of the feed's socket: messages of two parts, a topic and its data, for any
// number of subscribers in other processes. A subscriber that cannot keep up misses messages;
// publishing never waits for it.
struct TopicMessage {
    std::string topic;
    std::string data;
};

class TopicPublisher {
public:
    // Serves subscribers at the unix socket `path`, on which `listening_fd` (taken) listens.
    // `capacity`: messages that wait for a slow subscriber before it misses some.
    TopicPublisher(Bus& bus, const std::string& path, int listening_fd, std::size_t capacity);

    // The descriptor changes when a subscriber comes or goes; like Inbox::fd(), it is silent
    // until has_subscribers() has been asked.
    int fd() const;
    // Whether anyone wants anything; takes in what subscribers have asked since.
    bool has_subscribers();

    void publish(std::string_view topic, std::string_view data);

private:
    SocketPtr socket_;
    int prefixes_ = 0;  // distinct ones asked for
};

class TopicSubscriber {
public:
    // Asks the publisher at `path` for topics that begin with one of `prefixes` ("": all).
    // Connects again by itself when the publisher comes back.
    TopicSubscriber(Bus& bus, const std::string& path,
                    const std::vector<std::string>& prefixes);

    std::optional<TopicMessage> receive();
    // As Inbox::wait; also returns when a signal is delivered to the thread.
    Woken wait(std::optional<Duration> timeout, std::span<pollfd> others = {});

private:
    SocketPtr socket_;
};

}  // namespace attune
