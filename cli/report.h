// The report of a reconcile pass (docs/control.md), shown to people.
#pragma once

#include <string>

#include "cli/command.h"
#include "core/json.h"

namespace attune {

// Diagnostics as the daemon tells them, in the layout of core/diagnostic_text.h without the
// excerpt: the files may be on another machine.
void print_diagnostics(const Json& diagnostics, Terminal& terminal);

// The diagnostics, then what changes (a plan) or what was changed, frozen and held.
void print_report(const Json& report, Terminal& terminal);

// Whether an object that has left the tree stays for `reason` ("not_certain", "brake" ...).
bool is_held(const Json& report, const std::string& reason);

// How many objects that have left the tree stay.
std::int64_t held_objects(const Json& report);

// kExitBrake when a brake refused it, kExitFailed when something else did or when a part of the
// source could not be applied, else kExitOk.
ExitCode exit_of(const Json& report);

}  // namespace attune
