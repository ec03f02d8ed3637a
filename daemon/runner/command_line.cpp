#include "daemon/runner/command_line.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace attune {
namespace {

constexpr std::array kOptions = {
    ProgramOption{"socket", "PATH",
                  "where attuned connects (what systemd has opened, else "
                  "$RUNTIME_DIRECTORY/runner.sock)"},
    ProgramOption{"state-dir", "DIR", "where outcomes are kept ($STATE_DIRECTORY)"},
    ProgramOption{"daemon", "USER", "who may connect, besides root and the runner's own user"},
    ProgramOption{"log-level", "LEVEL", "debug, info (the default), warn or error"}};

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warn", "error"};

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace

const Program& runner_program() {
    static constexpr Program kProgram{"attune-runner", kOptions,
                                      "SIGTERM: end every action and stop."};
    return kProgram;
}

std::optional<RunnerArguments> parse_runner_arguments(int argc, char** argv, int& code) {
    const auto given = parse_options(runner_program(), argc, argv, code);
    if (!given) return std::nullopt;
    RunnerArguments arguments;
    for (const auto& [name, value] : *given) {
        if (name == "socket") arguments.socket = value;
        if (name == "state-dir") arguments.state_dir = value;
        if (name == "daemon") arguments.daemon = value;
        if (name == "log-level") arguments.log_level = value;
    }
    if (arguments.state_dir.empty()) arguments.state_dir = variable("STATE_DIRECTORY");
    arguments.units = variable("RUNTIME_DIRECTORY");
    if (arguments.socket.empty() && !arguments.units.empty()) {
        arguments.socket = arguments.units + "/runner.sock";
    }
    if (std::ranges::find(kLevels, arguments.log_level) == kLevels.end()) {
        code = tell_usage_error(runner_program(), "there is no such log level");
        return std::nullopt;
    }
    if (arguments.state_dir.empty()) {
        code = tell_usage_error(runner_program(), "it needs --state-dir");
        return std::nullopt;
    }
    return arguments;
}

}  // namespace attune
