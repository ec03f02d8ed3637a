// The report of a reconcile pass (docs/control.md), shown to people.
#pragma once

#include <string>

#include "cli/command.h"
#include "core/json.h"

namespace attune {

// Diagnostics as the daemon tells them, in the layout of core/diagnostic_text.h without the
// excerpt: the files may be on another machine.
void print_diagnostics(const Json& diagnostics, Terminal& terminal);

// One line for each change, the diagnostics, and the summary.
void print_report(const Json& report, Terminal& terminal);

// kExitBrake when a brake refused it, kExitFailed when something else did, else kExitOk.
ExitCode exit_of(const Json& report);

}  // namespace attune
