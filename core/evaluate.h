// What the rules of a catalog say to an event. Pure: the same catalog and event give the same
// answers, so tests, replays and the executors ask the same function.
#pragma once

#include <string>
#include <vector>

#include "core/catalog.h"
#include "core/event.h"

namespace attune {

struct RuleAnswer {
    enum class Kind {
        kMatched,    // run `rule->action` with `params`
        kUnmatched,  // nothing to record; counted per rule, with its reason
        kErrored,    // matched, but its parameters cannot be made
    };

    Kind kind = Kind::kMatched;
    const CatalogRule* rule = nullptr;  // of the catalog that was asked
    std::string reason;                 // of kUnmatched and kErrored
    std::string params;                 // kMatched: compact JSON object
    std::string idempotency_key;        // kMatched
};

// Answers of the enabled rules that `event` of `sensor` concerns, by ascending rule id. An
// event whose trigger is gone from the catalog has none.
//
// Parameters are rendered, completed with the defaults that the action's param_schema gives
// its top-level properties, and then checked against it.
std::vector<RuleAnswer> evaluate(const Catalog& catalog, const CatalogSensor& sensor,
                                 const Event& event);

}  // namespace attune
