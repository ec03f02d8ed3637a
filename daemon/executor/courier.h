// What an executor sends: confirmations to the timer workers, claims to the process runner,
// replies to whoever asked, items to the feed. Losing any of it costs delay, never work; once
// the bus is closed all of it is lost.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/decision.h"
#include "wire/bus.h"
#include "wire/messages.h"

namespace attune {

class Courier {
public:
    Courier(Bus& bus, const std::atomic<bool>& listened);

    // Collected, and sent by send_confirmations() as one message for each worker.
    void confirm(const std::string& worker, Confirmation confirmation);
    void send_confirmations();

    void reply(const std::string& inbox, const Message& message);

    // Tells another executor to look.
    void wake(int executor);

    // In order; what the runner cannot take yet waits here and goes out with the next flush().
    void to_runner(const Message& message);
    void flush();
    bool has_unsent() const { return !unsent_.empty(); }

    bool listened() const { return listened_.load(std::memory_order_relaxed); }
    void feed(const FeedItem& item);

private:
    void send(const std::string& inbox, const Message& message);

    Bus& bus_;
    Outbox runner_;
    Outbox feed_;
    const std::atomic<bool>& listened_;
    std::map<std::string, std::unique_ptr<Outbox>> outboxes_;  // those who gave their address
    std::map<std::string, std::vector<Confirmation>> confirmations_;
    std::deque<std::string> unsent_;  // for the runner; bounded by the slots
};

}  // namespace attune
