// JSON that comes from outside the configuration: an action's parameters, an event's payload.
#pragma once

#include <string>
#include <string_view>

#include "core/catalog.h"
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

}  // namespace attune
