#include "daemon/control/asker.h"

#include <algorithm>

#include "wire/inboxes.h"

namespace attune {
namespace {

constexpr Duration kFirstRepeat = std::chrono::seconds(1);

}  // namespace

Asker::Asker(Bus& bus, const Clock& clock, const std::string& inbox, int executors)
    : clock_(clock),
      inbox_(bus, inbox),
      executors_(bus, executor_inboxes(executors)),
      reconcile_(bus, {kReconcileInbox}) {}

std::optional<FireReply> Asker::fire(FireRequest request, Duration patience) {
    return ask<FireReply>(executors_, std::move(request), patience, /*repeat=*/true);
}

std::optional<RunReply> Asker::run(RunRequest request, Duration patience) {
    return ask<RunReply>(executors_, std::move(request), patience, /*repeat=*/true);
}

std::optional<CancelReply> Asker::cancel(CancelRequest request, Duration patience) {
    return ask<CancelReply>(executors_, std::move(request), patience, /*repeat=*/true);
}

std::optional<ReconcileReply> Asker::reconcile(ReconcileRequest request, Duration patience) {
    return ask<ReconcileReply>(reconcile_, std::move(request), patience, /*repeat=*/false);
}

std::optional<PauseReply> Asker::pause(PauseRequest request, Duration patience) {
    return ask<PauseReply>(reconcile_, std::move(request), patience, /*repeat=*/true);
}

void Asker::begin_reconcile(ReconcileRequest request) {
    request.request = 0;
    request.reply_to.clear();
    reconcile_.send(encode(request));
}

// Answers to earlier requests, whose askers have given up, are passed over.
template <class Reply, class Request>
std::optional<Reply> Asker::ask(Outbox& outbox, Request request, Duration patience,
                                bool repeat) {
    request.request = ++requests_;
    request.reply_to = inbox_.name();
    const auto bytes = encode(request);
    const auto give_up = clock_.elapsed() + patience;
    auto pause = kFirstRepeat;
    auto repeat_at = clock_.elapsed();
    bool sent = false;
    while (true) {
        const auto now = clock_.elapsed();
        if (now >= give_up) return std::nullopt;
        if (!sent || (repeat && now >= repeat_at)) {
            sent = outbox.send(bytes);
            repeat_at = now + pause;
            if (sent) pause *= 2;
        }
        const auto wait_until = repeat || !sent ? std::min(give_up, repeat_at) : give_up;
        const auto woken = inbox_.wait(wait_until - now);
        if (woken.closed) return std::nullopt;
        while (const auto received = inbox_.receive()) {
            const auto message = decode(*received);
            const auto* reply = message ? std::get_if<Reply>(&*message) : nullptr;
            if (reply != nullptr && reply->request == request.request) return *reply;
        }
    }
}

}  // namespace attune
