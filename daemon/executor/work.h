// What an executor has taken in and not yet recorded: a timer's decision or an event from
// outside.
#pragma once

#include <optional>
#include <string>

#include "core/decision.h"
#include "wire/messages.h"

namespace attune {

struct Work {
    std::optional<Decision> decision;  // exactly one of the two is there
    std::string worker;                // the inbox of the timer worker that decided
    std::optional<FireRequest> fire;
};

}  // namespace attune
