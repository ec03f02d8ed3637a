// attune: the command. See cli/arguments.h and docs/commands.md.
#include <malloc.h>
#include <unistd.h>

#include <iostream>

#include "cli/arguments.h"
#include "os/signals.h"

namespace {

// Reading a tree makes and drops hundreds of small pieces for each file. Thread caches serve
// them; fast bins only have malloc tidy up whenever a file's buffer is asked for, and a heap
// that grows by 128 KiB does so hundreds of times. Together a twentieth of the time.
void suit_allocator_to_reading() {
    constexpr int kGrowth = 1024 * 1024;
    ::mallopt(M_MXFAST, 0);
    ::mallopt(M_TOP_PAD, kGrowth);
}

}  // namespace

int main(int argc, char** argv) {
    suit_allocator_to_reading();
    std::ios::sync_with_stdio(false);
    attune::ignore_broken_pipes();
    attune::Terminal terminal{std::cin, std::cout, std::cerr,
                              attune::wants_color(STDOUT_FILENO),
                              attune::wants_color(STDERR_FILENO)};
    return attune::run_command_line(argc, argv, terminal);
}
