// Asks another thread of the daemon and waits for its answer.
//
// A message is a hint that may be lost, so a request that may be repeated (a fire, a run: their
// key makes them one; a cancellation finds itself done) is sent again after 1 s, 2 s, 4 s ...
// until it is answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.h"
#include "wire/bus.h"
#include "wire/messages.h"

namespace attune {

class Asker {
public:
    // `inbox`: where the answers come; `executors`: how many of them serve requests.
    Asker(Bus& bus, const Clock& clock, const std::string& inbox, int executors);

    // Each fills in `request` and `reply_to`. nullopt: no answer within `patience`, or the
    // daemon is stopping; the request may still be done.
    std::optional<FireReply> fire(FireRequest request, Duration patience);
    std::optional<RunReply> run(RunRequest request, Duration patience);
    std::optional<CancelReply> cancel(CancelRequest request, Duration patience);
    // Sent once: a pass under way answers when it is done.
    std::optional<ReconcileReply> reconcile(ReconcileRequest request, Duration patience);

    std::optional<PauseReply> pause(PauseRequest request, Duration patience);

    // Sent and not waited for.
    void begin_reconcile(ReconcileRequest request);

private:
    template <class Reply, class Request>
    std::optional<Reply> ask(Outbox& outbox, Request request, Duration patience, bool repeat);

    const Clock& clock_;
    Inbox inbox_;
    Outbox executors_;
    Outbox reconcile_;
    std::uint64_t requests_ = 0;
};

}  // namespace attune
