#include "daemon/executor/courier.h"

#include <algorithm>
#include <span>

#include "core/limits.h"

namespace attune {

Courier::Courier(Bus& bus, const std::string& runner_inbox, const std::string& feed_inbox,
                 const std::atomic<bool>& listened)
    : bus_(bus),
      runner_(bus, {runner_inbox}),
      feed_(bus, {feed_inbox}, limits::kFeedItems),
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
            outbox(worker).send(encode(Confirmations{{some.begin(), some.end()}}));
            rest = rest.subspan(some.size());
        }
        all.clear();
    }
}

void Courier::reply(const std::string& inbox, const Message& message) {
    outbox(inbox).send(encode(message));
}

void Courier::to_runner(const Message& message) {
    unsent_.push_back(encode(message));
    flush();
}

void Courier::flush() {
    while (!unsent_.empty() && runner_.send(unsent_.front())) unsent_.pop_front();
}

void Courier::feed(const FeedItem& item) { feed_.send(encode(item)); }

Outbox& Courier::outbox(const std::string& inbox) {
    auto& known = outboxes_[inbox];
    if (!known) known = std::make_unique<Outbox>(bus_, std::vector<std::string>{inbox});
    return *known;
}

}  // namespace attune
