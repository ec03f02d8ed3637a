// What is recorded, as the JSON that the control endpoints answer with (docs/control.md). Pure.
#pragma once

#include <optional>
#include <string>

#include "core/json.h"
#include "core/pause.h"
#include "core/plan.h"
#include "store/catalog_store.h"
#include "store/queries.h"

namespace attune {

Json view(const EventRow& event);
Json view(const EnforcementRow& enforcement);
Json view(const ExecutionRow& execution);
Json view(const AttemptRow& attempt);
Json view(const TimerFigures& timer);
Json view(const HostSensorFigures& sensor);
Json view(const RuleFigures& rule);
Json view(const Revision& revision);

// One object as it stands in a list: names, where it comes from, and what its kind adds
// (trigger, action, runner ...).
Json view(const StoredObject& object);

Json view(const std::optional<Pause>& pause);

// The version of an object that ran, with the way back to its line.
Json view(Kind kind, const std::string& ref, const CatalogStore::Change& change);

// Whether a sensor or rule is in force: the operator's word over the file's.
bool is_enabled(const StoredObject& object);

// JSON text as a value; text that is none as a string.
Json parsed(const std::string& text);

// RFC 3339, or null.
Json moment(const std::optional<TimePoint>& at);

}  // namespace attune
