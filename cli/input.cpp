#include "cli/input.h"

#include <iterator>

#include <fmt/format.h>

#include "cli/command.h"
#include "core/limits.h"
#include "core/params.h"
#include "os/files.h"
#include "os/system_error.h"

namespace attune {

std::string read_input(Terminal& terminal, std::size_t limit) {
    std::string text;
    std::string piece(64 * 1024, '\0');
    while (terminal.in.read(piece.data(), static_cast<std::streamsize>(piece.size())),
           terminal.in.gcount() > 0) {
        text.append(piece, 0, static_cast<std::size_t>(terminal.in.gcount()));
        if (text.size() > limit) {
            throw CommandFailed{kExitFailed,
                                fmt::format("standard input is longer than {} bytes", limit)};
        }
    }
    return text;
}

std::string read_input_file(const std::string& path, std::size_t limit) {
    try {
        return read_file(path, limit);
    } catch (const SystemError& error) {
        throw CommandFailed{kExitFailed, error.what()};
    }
}

Json read_json(const std::string& given, const std::string& option, Terminal& terminal) {
    const auto text = given == "-" ? read_input(terminal, limits::kControlBodyBytes)
                      : given.starts_with('@')
                          ? read_input_file(given.substr(1), limits::kControlBodyBytes)
                          : given;
    auto value = parse_untrusted(text);
    if (value) return *std::move(value);
    throw CommandFailed{kExitFailed, fmt::format("{}: {}", option, value.error().message),
                        value.error().help.empty()
                            ? fmt::format("give JSON, `{0} '{{\"path\": \"/tmp\"}}'`, a file, "
                                          "`{0} @FILE`, or `{0} -`",
                                          option)
                            : value.error().help};
}

}  // namespace attune
