// What became of a reconcile pass, and what one would do, as JSON: the answer of the control
// socket (docs/control.md) and what `attune plan`, `apply` and `reconcile` print.
#pragma once

#include "core/json.h"
#include "reconciler/reconcile.h"

namespace attune {

Json report_json(const Report& report);
Json preview_json(const Preview& preview);

}  // namespace attune
