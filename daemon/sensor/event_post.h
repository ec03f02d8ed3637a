// Hands the events of host sensors to the executors, and repeats each until its reply: a
// message may be lost, and the key of an event keeps it from being born twice.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "wire/bus.h"
#include "wire/messages.h"

namespace attune {

class EventPost {
public:
    // Replies go to the inbox `reply_to`.
    EventPost(Bus& bus, std::string reply_to, int executors);

    // Sends it and returns its number, which the reply repeats. `elapsed` as of core/clock.h.
    std::uint64_t post(FireRequest request, Duration elapsed);

    // Whether the reply is to one that was under way; then it is not any more.
    bool settle(const FireReply& reply);
    void withdraw(std::uint64_t request);

    // Sends again what has waited for its reply: 1 s, 2 s ... 30 s.
    void repeat(Duration elapsed);

    std::size_t under_way() const { return under_way_.size(); }

private:
    struct Letter {
        std::string bytes;
        Duration pause{0};
        Duration repeat_at{0};
    };

    void send(Letter& letter, Duration elapsed);

    std::string reply_to_;
    Outbox executors_;
    std::map<std::uint64_t, Letter> under_way_;
    std::uint64_t last_ = 0;
};

}  // namespace attune
