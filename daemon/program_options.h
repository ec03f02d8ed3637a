// The command lines of attuned and attune-runner: a table for each, from which parsing, --help
// and the manual are made. (The command `attune` has its own: cli/command.h.)
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace attune {

struct ProgramOption {
    const char* name;   // without dashes
    const char* value;  // what its value stands for, "FILE"; nullptr: it takes none
    const char* help;   // lower case, no full stop
};

struct Program {
    const char* name;
    std::span<const ProgramOption> options;  // besides --version and --help, which all have
    const char* signals;                     // what it does on which; a sentence or two
};

// What `program --help` prints.
std::string usage(const Program& program);

// All options of a program, --version and --help too.
std::vector<ProgramOption> all_options(const Program& program);

struct GivenOption {
    std::string name;  // as in the table
    std::string value;
};

// What was given, in its order; nothing but options of the table is taken. nullopt: everything
// is said (--help, --version, a mistake) and `code` is to be exited with.
std::optional<std::vector<GivenOption>> parse_options(const Program& program, int argc,
                                                      char** argv, int& code);

// Says what is wrong with a command line, and how it is to be; returns the code to exit with.
int tell_usage_error(const Program& program, const std::string& message);

}  // namespace attune
