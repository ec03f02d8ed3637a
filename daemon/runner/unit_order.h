// What an action of `runner: systemd` is, on its way from the runner into its unit: a line of
// JSON, so that nothing of it is in a file or a command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace attune {

struct UnitOrder {
    std::vector<std::string> argv;  // argv[0] is a path
    std::vector<std::string> env;   // "NAME=value"
    std::string directory;
    std::string input;  // for stdin

    friend bool operator==(const UnitOrder&, const UnitOrder&) = default;
};

// With a newline at its end and nowhere else.
std::string line_of(const UnitOrder& order);
// Fault ATT7101: not what line_of() made.
Result<UnitOrder> read_order(std::string_view line);

}  // namespace attune
