// attune-unit: what attune-runner starts for an action of `runner: systemd`, and what runs
// inside its unit. Not for people.
//
//   attune-unit --directory DIR --instance N [--bus ADDRESS] -- COMMAND [ARGUMENT...]
//   attune-unit --inside
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/runner/unit_inside.h"
#include "daemon/runner/unit_run.h"
#include "os/signals.h"

namespace attune {
namespace {

constexpr int kFailed = 125;
constexpr int kUsage = 64;

struct Arguments {
    UnitRunOptions run;
    UnitOrder order;
};

std::optional<Arguments> parse(int argc, char** argv) {
    Arguments arguments;
    int at = 1;
    for (; at + 1 < argc && std::string_view(argv[at]) != "--"; at += 2) {
        const std::string_view name = argv[at];
        if (name == "--directory") {
            arguments.run.directory = argv[at + 1];
        } else if (name == "--instance") {
            arguments.run.instance = argv[at + 1];
        } else if (name == "--bus") {
            arguments.run.bus_address = argv[at + 1];
        } else {
            return std::nullopt;
        }
    }
    for (++at; at < argc; ++at) arguments.order.argv.emplace_back(argv[at]);
    if (arguments.order.argv.empty() || arguments.run.directory.empty() ||
        arguments.run.instance.empty()) {
        return std::nullopt;
    }
    return arguments;
}

std::string read_input() {
    std::string input;
    std::array<char, 64 * 1024> chunk;
    for (ssize_t got = 0; (got = ::read(STDIN_FILENO, chunk.data(), chunk.size())) > 0;) {
        input.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return input;
}

// What this was started with is meant for the command.
void complete(UnitOrder& order) {
    for (char** each = environ; *each != nullptr; ++each) order.env.emplace_back(*each);
    std::array<char, 4096> directory{};
    if (::getcwd(directory.data(), directory.size()) != nullptr) {
        order.directory = directory.data();
    }
    order.input = read_input();
}

int run(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--inside") {
        return run_inside_unit(STDIN_FILENO);
    }
    auto arguments = parse(argc, argv);
    if (!arguments) {
        std::fprintf(stderr, "attune-unit is started by attune-runner\n");
        return kUsage;
    }
    SignalFd signals({SIGTERM, SIGINT});
    ignore_broken_pipes();
    complete(arguments->order);
    UnitEnd end;
    try {
        UnitRun unit(arguments->run, arguments->order);
        end = unit.run(signals);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return kFailed;
    }
    if (end.signal != 0) die_by(end.signal);  // its pipes are gone by now
    return end.code;
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) { return attune::run(argc, argv); }
