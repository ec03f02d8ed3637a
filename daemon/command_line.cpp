#include "daemon/command_line.h"

#include <getopt.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "core/version.h"
#include "daemon/exit_codes.h"

namespace attune {
namespace {

constexpr const char* kUsage =
    "usage: attuned [--config FILE] [--source DIR] [--set KEY=VALUE]... [--check] [--version]\n"
    "\n"
    "  --config FILE      instead of /etc/attune/attuned.yaml (and attuned.yaml.d/*.yaml)\n"
    "  --source DIR       the tree of manifests; short for --set source.path=DIR\n"
    "  --set KEY=VALUE    one setting, dotted: --set log.level=debug\n"
    "  --check            check the configuration, print it, and exit\n"
    "  --version          print the version and exit\n"
    "\n"
    "SIGHUP: look at the source now. SIGTERM: drain and stop; a second one: stop at once.\n"
    "See docs/configuration.md.\n";

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& code) {
    static const option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                      {"source", required_argument, nullptr, 's'},
                                      {"set", required_argument, nullptr, 'S'},
                                      {"check", no_argument, nullptr, 'k'},
                                      {"version", no_argument, nullptr, 'v'},
                                      {"help", no_argument, nullptr, 'h'},
                                      {nullptr, 0, nullptr, 0}};
    CommandLine arguments;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        arguments.config.environment.emplace_back(*entry);
    }
    for (int option; (option = ::getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
        switch (option) {
            case 'c':
                arguments.config.file = optarg;
                break;
            case 's':
                arguments.config.overrides.push_back(std::string("source.path=") + optarg);
                break;
            case 'S':
                arguments.config.overrides.emplace_back(optarg);
                break;
            case 'k':
                arguments.check = true;
                break;
            case 'v':
                std::printf("attuned %s\n", std::string(version()).c_str());
                code = exit_code::kOk;
                return std::nullopt;
            case 'h':
                std::fputs(kUsage, stdout);
                code = exit_code::kOk;
                return std::nullopt;
            default:
                std::fputs(kUsage, stderr);
                code = exit_code::kUsage;
                return std::nullopt;
        }
    }
    if (optind != argc) {
        std::fprintf(stderr, "attuned: %s is not an option\n%s", argv[optind], kUsage);
        code = exit_code::kUsage;
        return std::nullopt;
    }
    return arguments;
}

}  // namespace attune
