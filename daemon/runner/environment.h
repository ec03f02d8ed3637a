// The environment of an action's process: clean, the same on every host, nothing of ours.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "wire/messages.h"

namespace attune {

// "NAME=value": PATH, HOME, LANG, then what the action's manifest adds or replaces, then
// ATTUNE_EXECUTION_ID, ATTUNE_ATTEMPT, ATTUNE_ACTION, ATTUNE_IDEMPOTENCY_KEY and, where there
// is one, ATTUNE_RULE and ATTUNE_EVENT_ID, which nothing replaces. Never a parameter: those
// can be secrets, and /proc shows environments. The reason when a name or value cannot be in
// an environment.
tl::expected<std::vector<std::string>, std::string> make_environment(const ProcessClaim& claim,
                                                                     const std::string& home);

// The entry that all processes of this execution carry, by which what a dead daemon left of
// it is recognised: "ATTUNE_EXECUTION_ID=17".
std::string execution_mark(ExecutionId execution);

}  // namespace attune
