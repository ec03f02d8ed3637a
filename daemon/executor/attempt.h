// One try of an execution, as its executor holds it: from the claim's commit to the commit of
// its outcome.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/event.h"
#include "core/ids.h"
#include "core/json_schema.h"
#include "daemon/slots.h"
#include "store/ledger.h"
#include "wire/messages.h"

namespace attune {

struct Attempt {
    ExecutionKey key;
    ClaimToken token;
    ActionId action;
    std::string action_ref;
    std::string rule_ref;  // empty for a run, as the event and the sensor
    std::string sensor_ref;
    EventId event;
    std::string params;
    std::string idempotency_key;
    int number = 1;
    std::optional<Duration> sleeps_until;  // elapsed; of a core.sleep

    // Of a process action.
    bool process = false;
    SlotLease slot;
    bool running = false;                          // let go
    bool cancelled = false;                        // the runner is told to stop it
    std::shared_ptr<const JsonSchema> out_schema;  // what its answer must be; nullptr: anything
    // What is said to the runner, until it has answered; it may not have heard.
    std::optional<Message> unanswered;
    Duration ask_again_at{0};  // elapsed
};

Attempt attempt_of(const NewExecution& execution, const Answer& answer, const Entry& entry);
Attempt attempt_of(const Run& run);
Attempt attempt_of(const ClaimedExecution& claimed);

}  // namespace attune
