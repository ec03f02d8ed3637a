// What a schema cannot say about one manifest, as far as it needs no other: user schemas,
// conditions, templates, what a runner and a runtime can do.
#pragma once

#include "core/diagnostic.h"
#include "core/findings.h"
#include "core/manifest.h"

namespace attune {

// Findings ATT202x (user schemas), ATT4030 to ATT4036 (conditions and templates), ATT4101
// (runtime not supported), ATT4102 (builtin sensor of a trigger that is no timer), ATT4103
// (builtin action that attune does not have), ATT4104 (command that leaves its pack).
// Requires that `manifest` is what `subject.document` says.
Diagnostics check_meaning(const Manifest& manifest, const Subject& subject);

}  // namespace attune
