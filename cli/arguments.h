// From argv to the command that was asked for.
#pragma once

#include "cli/terminal.h"

namespace attune {

// Parses `argv`, runs the command and returns the program's exit code. Never throws: what a
// command cannot do is told on stderr.
int run_command_line(int argc, const char* const* argv, Terminal& terminal);

}  // namespace attune
