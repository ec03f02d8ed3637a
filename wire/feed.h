// The feed: what the daemon tells whoever listens, live, over a unix socket.
//
// Threads send FeedItems to the publisher's inbox; it wraps each in a CloudEvents 1.0
// envelope (schemas/feed.schema.json, docs/feed.md) and publishes it under its topic. Nothing
// is kept: a listener that is slow or late misses items and reads the rows instead.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "wire/bus.h"
#include "wire/messages.h"
#include "wire/topic_pattern.h"
#include "wire/unix_socket.h"

namespace attune {

struct FeedOptions {
    std::string inbox = "feed";   // where FeedItems arrive
    std::string socket_path;      // $RUNTIME_DIR/feed.sock
    std::optional<gid_t> group;   // who besides the owner may connect
    std::string source;           // CloudEvents `source`: "/attune/<node>"
    std::string life;             // unique for each start of the daemon: makes ids unique
    std::size_t capacity = 1000;  // items that wait for a slow listener
    std::string relay;            // an inbox that is told every item, too; empty: none
    const std::atomic<bool>* relayed = nullptr;           // whether it wants them now
    std::function<void(const std::string&)> report = {};  // what an operator should read
};

// Belongs to one thread, which calls step() until it says false.
class FeedPublisher {
public:
    // `listened` is kept true while anyone subscribes or the relay wants items. Whoever makes
    // items reads it first, so that none is built for nobody; it must outlive this. Throws
    // SocketTaken when another daemon serves the path, std::system_error when it cannot be
    // served.
    FeedPublisher(Bus& bus, FeedOptions options, std::atomic<bool>& listened);
    ~FeedPublisher();

    // Publishes what has arrived, waiting at most `timeout` for something to do. Returns
    // false once the bus is closed.
    bool step(std::optional<Duration> timeout);

private:
    void publish(const FeedItem& item);

    FeedOptions options_;
    std::atomic<bool>& listened_;
    Inbox inbox_;
    UnixListener listener_;
    TopicPublisher publisher_;
    bool wanted();

    std::optional<Outbox> relay_;
    std::int64_t published_ = 0;
    std::map<std::string, std::int64_t> sequences_;  // of each topic
};

// The envelope of `item`: one JSON object, compact. `id` is unique for its source;
// `sequence` counts the items of its topic from 1, so that a listener sees what it missed.
std::string feed_envelope(const FeedItem& item, const std::string& source,
                          const std::string& id, std::int64_t sequence);

// A listener's end, for other processes. Belongs to one thread.
class FeedSubscriber {
public:
    // Listens for topics that match any of `patterns`. Throws ControlUnreachable when nobody
    // serves `socket_path` or this user may not connect; a daemon that restarts later is
    // found again without a word.
    FeedSubscriber(const std::string& socket_path, std::vector<TopicPattern> patterns);
    ~FeedSubscriber();

    // The next matching item. nullopt when none has come within `timeout` (nullopt: for
    // ever), when one of `others` is ready (poll(2): revents are set) or a signal was
    // delivered; also now and then before that, so callers look again. `data` is the
    // envelope.
    std::optional<TopicMessage> receive(std::optional<Duration> timeout,
                                        std::span<pollfd> others = {});

private:
    std::optional<TopicMessage> next_matching();

    std::vector<TopicPattern> patterns_;
    std::unique_ptr<Bus> bus_;
    std::unique_ptr<TopicSubscriber> subscriber_;
};

}  // namespace attune
