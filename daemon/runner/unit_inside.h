// What an instance of attune-action@.service runs: it reads its order from stdin, runs the
// command, and ends as the command does.
//
// Stdin then stays open as a lifeline: when whoever gave the order is gone, the command is
// killed, and systemd ends what is left of the unit.
#pragma once

namespace attune {

// Returns the code to exit with; a signal that has killed the command kills this program, too.
// `lifeline`: stdin.
int run_inside_unit(int lifeline);

}  // namespace attune
