// What a command is given to read: a text, a file, or its standard input.
#pragma once

#include <cstddef>
#include <string>

#include "cli/terminal.h"
#include "core/json.h"

namespace attune {

// All of standard input. Throws CommandFailed when it is longer than `limit` bytes.
std::string read_input(Terminal& terminal, std::size_t limit);

// The whole of a regular file. Throws CommandFailed naming it and why.
std::string read_input_file(const std::string& path, std::size_t limit);

// The value of --payload or --params: JSON text, `@FILE`, or `-` for standard input. Throws
// CommandFailed, naming `option`, when it is no JSON.
Json read_json(const std::string& given, const std::string& option, Terminal& terminal);

}  // namespace attune
