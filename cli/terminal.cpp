#include "cli/terminal.h"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>

namespace attune {

bool wants_color(int fd) {
    return ::isatty(fd) == 1 && environment("NO_COLOR").empty() &&
           environment("TERM") != "dumb";
}

bool reader_is_gone() {
    pollfd reader{STDOUT_FILENO, 0, 0};
    return ::poll(&reader, 1, 0) == 1 && (reader.revents & (POLLERR | POLLHUP)) != 0;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

void tell_error(Terminal& terminal, std::string_view message, std::string_view help) {
    const bool color = terminal.err_color;
    terminal.err << (color ? "\033[1;31merror\033[0m: " : "error: ") << message << '\n';
    if (!help.empty()) terminal.err << "  = help: " << help << '\n';
}

}  // namespace attune
