// Where a command reads and writes, and what it may assume about the reader.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

namespace attune {

struct Terminal {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool color = false;      // out may be coloured
    bool err_color = false;  // err may be coloured
};

// Whether `fd` is a terminal of a user who has not asked for plain text (NO_COLOR,
// TERM=dumb).
bool wants_color(int fd);

// Whether standard output is a pipe or socket that nobody reads any more.
bool reader_is_gone();

// The value of an environment variable, "" when it is not set.
std::string environment(const char* name);

// "error: ..." and, when there is any, "  = help: ..." on the terminal's err.
void tell_error(Terminal& terminal, std::string_view message, std::string_view help = {});

}  // namespace attune
