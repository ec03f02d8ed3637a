// What became of a reconcile pass, and what one would do, as JSON: the answer of the control
// socket (docs/control.md has the members) and what `attune plan`, `apply` and `reconcile`
// print.
//
// A source may have any number of objects, and a report travels as one message, so each list
// ends at limits::kReportListBytes and says in NAME_left_out how many there was no room for.
// As a whole, compact, it has at most limits::kReportBytes.
#pragma once

#include "core/json.h"
#include "reconciler/reconcile.h"

namespace attune {

Json report_json(const Report& report);
Json preview_json(const Preview& preview);

}  // namespace attune
