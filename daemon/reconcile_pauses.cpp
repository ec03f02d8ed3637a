// Pausing and resuming, on the thread that changes the catalog.
#include <utility>

#include <fmt/format.h>

#include "core/kinds.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "daemon/reconcile_loop.h"
#include "store/errors.h"

namespace attune {
namespace {

// Until a sensor is tried again whose pause is over and whose schedule cannot be armed.
constexpr Duration kResumeAgain = std::chrono::minutes(1);

std::vector<LogField> fields_of(Kind kind, const std::string& ref) {
    return {{kind == Kind::kRule ? "ATTUNE_RULE" : "ATTUNE_SENSOR", ref}};
}

std::string told(const Pause& pause) {
    std::string text = " by " + pause.by;
    if (pause.until) text += " until " + format_rfc3339(*pause.until);
    if (!pause.reason.empty()) text += ": " + pause.reason;
    return text;
}

}  // namespace

void ReconcileLoop::serve_pauses(Moment moment) {
    for (const auto& request : std::exchange(pauses_, {})) {
        auto reply = serve(request, moment);
        reply.request = request.request;
        Outbox(bus_, {request.reply_to}).send(encode(reply));
    }
    resume_over(moment);
}

// A database that is away is no reason to keep the one who asked waiting.
PauseReply ReconcileLoop::serve(const PauseRequest& request, Moment moment) {
    PauseReply reply;
    try {
        const Pause pause{.by = request.by,
                          .reason = request.reason,
                          .until = request.ends ? std::optional(request.until) : std::nullopt};
        const auto done = request.paused
                              ? pausing_.pause(request.kind, request.ref, pause, moment.now)
                              : pausing_.resume(request.kind, request.ref, moment.now);
        if (!done) {
            reply.outcome = PauseOutcome::kRefused;
            reply.fault = done.error().message;
            return reply;
        }
        reply.generation = done->generation;
        switch (done->outcome) {
            case PauseReport::Outcome::kUnknown:
                reply.outcome = PauseOutcome::kUnknown;
                return reply;
            case PauseReport::Outcome::kUnchanged:
                reply.outcome = PauseOutcome::kUnchanged;
                return reply;
            case PauseReport::Outcome::kChanged:
                reply.outcome = PauseOutcome::kChanged;
        }
        const LogFields about(request.paused ? message_id::kPaused : message_id::kResumed,
                              fields_of(request.kind, request.ref));
        log_.info("{} {} is {}{}", info(request.kind).singular, request.ref,
                  request.paused ? "paused" : "resumed",
                  request.paused ? told(pause) : " by " + request.by);
        announce(reply.generation, /*moved=*/true, moment);
    } catch (const StoreError& error) {
        if (reply.outcome == PauseOutcome::kChanged) return reply;  // others follow later
        reply.fault = error.what();
    }
    return reply;
}

void ReconcileLoop::resume_over(Moment moment) {
    if (moment.elapsed < resume_at_) return;
    const auto end = pausing_.next_end();
    if (!end || *end > moment.now) return;
    for (const auto& ended : pausing_.resume_over(moment.now)) {
        const auto fields = fields_of(ended.kind, ended.ref);
        if (ended.outcome) {
            const LogFields about(message_id::kResumed, fields);
            log_.info("{} {} is resumed: its pause is over", info(ended.kind).singular,
                      ended.ref);
            announce(ended.outcome->generation, /*moved=*/true, moment);
        } else {
            const LogFields about(message_id::kSensorFaulted, fields);
            log_.error("{} {} stays paused though its pause is over: {}",
                       info(ended.kind).singular, ended.ref, ended.outcome.error().message);
            resume_at_ = moment.elapsed + kResumeAgain;
        }
    }
}

}  // namespace attune
