#include "daemon/executor/courier.h"

#include <algorithm>
#include <span>

#include "core/limits.h"
#include "wire/inboxes.h"

namespace attune {

Courier::Courier(Bus& bus, const std::atomic<bool>& listened)
    : bus_(bus),
      runner_(bus, {kRunnerInbox}),
      feed_(bus, {kFeedInbox}, limits::kFeedItems),
      listened_(listened) {}

void Courier::confirm(const std::string& worker, Confirmation confirmation) {
    confirmations_[worker].push_back(confirmation);
}

void Courier::send_confirmations() {
    for (auto& [worker, all] : confirmations_) {
        std::span<const Confirmation> rest(all);
        while (!rest.empty()) {
            const auto some =
                rest.first(std::min(rest.size(), limits::kConfirmationsPerMessage));
            send(worker, Confirmations{{some.begin(), some.end()}});
            rest = rest.subspan(some.size());
        }
        all.clear();
    }
}

void Courier::reply(const std::string& inbox, const Message& message) { send(inbox, message); }

void Courier::wake(int executor) { send(executor_inbox(executor), Wake{}); }

void Courier::to_runner(const Message& message) {
    unsent_.push_back(encode(message));
    flush();
}

void Courier::flush() {
    while (!unsent_.empty() && runner_.send(unsent_.front())) unsent_.pop_front();
}

void Courier::feed(const FeedItem& item) { feed_.send(encode(item)); }

void Courier::send(const std::string& inbox, const Message& message) {
    auto& known = outboxes_[inbox];
    try {
        if (!known) known = std::make_unique<Outbox>(bus_, std::vector<std::string>{inbox});
    } catch (const BusClosed&) {
        return;  // an executor says its last words to the database, not to anybody here
    }
    known->send(encode(message));
}

}  // namespace attune
