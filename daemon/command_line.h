// What attuned is started with.
#pragma once

#include <optional>

#include "daemon/program_options.h"
#include "reconciler/config.h"

namespace attune {

struct CommandLine {
    ConfigRequest config;  // with the process's environment
    bool check = false;    // print the settings in force and exit
};

const Program& daemon_program();

// nullopt: everything is said (--help, --version, a mistake) and `code` is to be exited with.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& code);

}  // namespace attune
