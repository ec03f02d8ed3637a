#include "daemon/program_options.h"

#include <getopt.h>

#include <cstdio>

#include "core/columns.h"
#include "core/version.h"
#include "daemon/exit_codes.h"

namespace attune {
namespace {

constexpr std::size_t kHelpColumn = 21;
constexpr std::size_t kHelpWidth = 79;

constexpr ProgramOption kVersion{"version", nullptr, "print the version and exit"};
constexpr ProgramOption kHelp{"help", nullptr, "print this and exit"};

std::string help_line(const ProgramOption& option) {
    auto line = std::string("  --") + option.name;
    if (option.value != nullptr) line += std::string(" ") + option.value;
    line = padded(line, kHelpColumn - 1) + ' ';
    for (const char letter : wrapped(option.help, kHelpWidth - kHelpColumn)) {
        line += letter;
        if (letter == '\n') line += padded("", kHelpColumn);
    }
    return line + '\n';
}

}  // namespace

std::vector<ProgramOption> all_options(const Program& program) {
    std::vector<ProgramOption> options(program.options.begin(), program.options.end());
    options.push_back(kVersion);
    options.push_back(kHelp);
    return options;
}

std::string usage(const Program& program) {
    auto text = std::string("usage: ") + program.name + " [OPTION]...\n\n";
    for (const auto& option : all_options(program)) text += help_line(option);
    return text + "\n" + wrapped(program.signals, kHelpWidth) + "\nSee `man " + program.name +
           "`.\n";
}

int tell_usage_error(const Program& program, const std::string& message) {
    std::fprintf(stderr, "%s: %s\n%s", program.name, message.c_str(), usage(program).c_str());
    return exit_code::kUsage;
}

std::optional<std::vector<GivenOption>> parse_options(const Program& program, int argc,
                                                      char** argv, int& code) {
    const auto options = all_options(program);
    std::vector<::option> table;
    for (const auto& option : options) {
        const int takes = option.value != nullptr ? required_argument : no_argument;
        table.push_back({option.name, takes, nullptr, 0});
    }
    table.push_back({});
    std::vector<GivenOption> given;
    int at = 0;
    for (int found; (found = ::getopt_long(argc, argv, "", table.data(), &at)) != -1;) {
        if (found != 0) {  // getopt has said what is wrong with it
            std::fputs(usage(program).c_str(), stderr);
            code = exit_code::kUsage;
            return std::nullopt;
        }
        given.push_back({table[static_cast<std::size_t>(at)].name,
                         optarg != nullptr ? optarg : std::string()});
        if (given.back().name != kVersion.name && given.back().name != kHelp.name) continue;
        const auto text = given.back().name == kHelp.name
                              ? usage(program)
                              : std::string(program.name) + ' ' + std::string(version()) + '\n';
        std::fputs(text.c_str(), stdout);
        code = exit_code::kOk;
        return std::nullopt;
    }
    if (optind == argc) return given;
    code = tell_usage_error(program, std::string(argv[optind]) + " is not an option");
    return std::nullopt;
}

}  // namespace attune
