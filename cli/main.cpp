// attune: the command. See cli/arguments.h and docs/commands.md.
#include <unistd.h>

#include <iostream>

#include "cli/arguments.h"
#include "os/signals.h"

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    attune::ignore_broken_pipes();
    attune::Terminal terminal{std::cin, std::cout, std::cerr,
                              attune::wants_color(STDOUT_FILENO),
                              attune::wants_color(STDERR_FILENO)};
    return attune::run_command_line(argc, argv, terminal);
}
