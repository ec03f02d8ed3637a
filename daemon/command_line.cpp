#include "daemon/command_line.h"

#include <unistd.h>

#include <array>
#include <string>

namespace attune {
namespace {

constexpr std::array kOptions = {
    ProgramOption{"config", "FILE",
                  "instead of /etc/attune/attuned.yaml (and attuned.yaml.d/*.yaml)"},
    ProgramOption{"source", "DIR", "the tree of manifests; short for --set source.path=DIR"},
    ProgramOption{"set", "KEY=VALUE", "one setting, dotted: --set log.level=debug"},
    ProgramOption{"check", nullptr, "check the configuration, print it, and exit"}};

}  // namespace

const Program& daemon_program() {
    static constexpr Program kProgram{
        "attuned", kOptions,
        "SIGHUP: look at the source now. SIGTERM: drain and stop; a second one: stop at once."};
    return kProgram;
}

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& code) {
    const auto given = parse_options(daemon_program(), argc, argv, code);
    if (!given) return std::nullopt;
    CommandLine arguments;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        arguments.config.environment.emplace_back(*entry);
    }
    for (const auto& [name, value] : *given) {
        if (name == "config") arguments.config.file = value;
        if (name == "source") arguments.config.overrides.push_back("source.path=" + value);
        if (name == "set") arguments.config.overrides.push_back(value);
        if (name == "check") arguments.check = true;
    }
    return arguments;
}

}  // namespace attune
