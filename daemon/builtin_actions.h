// The actions of the pack `core` that run inside the daemon: echo, noop, sleep. Pure: nothing
// here waits; a sleep is only told how long it is to be.
#pragma once

#include <string_view>
#include <variant>

#include "core/event.h"
#include "core/time.h"

namespace attune {

// Runs builtin action `action_ref` with `params` (compact JSON, an object). Its outcome, with
// `now` as its end, or how long to wait before finish_sleep() says it. Parameters that do not
// fit the action, and a ref that is no builtin action, are outcomes too: failed, with the
// reason as `error`.
std::variant<Outcome, Duration> run_builtin(std::string_view action_ref,
                                            std::string_view params, TimePoint now);

// How a core.sleep with `params` ends, once its time is over.
Outcome finish_sleep(std::string_view params, TimePoint now);

}  // namespace attune
