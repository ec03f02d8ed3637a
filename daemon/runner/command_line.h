// What attune-runner is started with.
#pragma once

#include <optional>
#include <string>

#include "daemon/program_options.h"

namespace attune {

struct RunnerArguments {
    std::string socket;     // empty: systemd hands one over
    std::string state_dir;  // never empty
    std::string daemon;     // a user's name, or empty
    std::string units;      // where pipes to units are made; empty: there are no units
    std::string log_level = "info";
};

const Program& runner_program();

// nullopt: everything is said (--help, --version, a mistake) and `code` is to be exited with.
std::optional<RunnerArguments> parse_runner_arguments(int argc, char** argv, int& code);

}  // namespace attune
