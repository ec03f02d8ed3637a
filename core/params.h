// JSON that comes from outside the configuration: an action's parameters, an event's payload,
// what a program answers.
#pragma once

#include <string>
#include <string_view>

#include "core/catalog.h"
#include "core/event.h"
#include "core/json.h"
#include "core/result.h"

namespace attune {

// Reads `text` without trusting it. Fault ATT7010: not JSON or not UTF-8, deeper than
// limits::kDepth, or with the character U+0000, which PostgreSQL does not store.
Result<Json> parse_untrusted(std::string_view text);

// `params` completed with the defaults that the action's param_schema gives its top-level
// properties, then checked against it. Compact text. Fault ATT7011: not an object, not what
// the schema asks (with its pointer), or over limits::kRenderedParamsBytes.
Result<std::string> complete_params(const CatalogAction& action, Json params);

// A payload for an event of `trigger`: what `attune fire` is given. Compact text. Fault
// ATT7010 as above, ATT7012: over limits::kEventPayloadBytes or not what out_schema asks.
Result<std::string> accept_payload(const CatalogTrigger& trigger, std::string_view text);

// How a run of an action with `out_schema` is recorded: as `outcome` says, unless it succeeded
// with `data` that is not what the schema asks. Then it failed, and `error` beside the data
// says why.
Outcome hold_to_schema(const JsonSchema& out_schema, Outcome outcome);

}  // namespace attune
