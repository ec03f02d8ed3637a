#include "cli/arguments.h"

#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/table.h"
#include "core/version.h"

namespace attune {
namespace {

constexpr std::size_t kHelpWidth = 80;
constexpr const char* kAbout =
    "attune: events from timers and the outside, rules and actions, all declared in git.";

// "-o,--output" is known as "--output", an operand by its name.
std::string key_of(const Option& option) {
    return option.name.substr(option.name.rfind(',') + 1);
}

void add_option(CLI::App& app, const Option& option, Given& given) {
    const auto key = key_of(option);
    CLI::Option* added = nullptr;
    switch (option.kind) {
        case Option::Kind::kFlag:
            added = app.add_flag_function(
                option.name, [&given, key](std::int64_t) { given.add(key, "true"); },
                option.help);
            break;
        case Option::Kind::kNumber:
            added = app.add_option_function<std::uint32_t>(
                option.name,
                [&given, key](std::uint32_t value) { given.add(key, std::to_string(value)); },
                option.help);
            break;
        case Option::Kind::kOperands:
            added = app.add_option_function<std::vector<std::string>>(
                option.name,
                [&given, key](const std::vector<std::string>& values) {
                    for (const auto& value : values) given.add(key, value);
                },
                option.help);
            break;
        case Option::Kind::kText:
            // Given several times, the last one counts, or all: as the command wants it.
            added = app.add_option_function<std::vector<std::string>>(
                           option.name,
                           [&given, key](const std::vector<std::string>& values) {
                               for (const auto& value : values) given.add(key, value);
                           },
                           option.help)
                        ->allow_extra_args(false);
            break;
        case Option::Kind::kOperand:
            added = app.add_option_function<std::string>(
                option.name, [&given, key](const std::string& value) { given.add(key, value); },
                option.help);
            break;
    }
    if (!option.value.empty()) added->option_text(option.value);
    if (added->get_positional()) added->type_name("");
    if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
    if (option.required) added->required();
}

std::string footer(const Command& command) {
    std::string text = wrapped(command.text, kHelpWidth);
    if (!text.empty()) text += "\n\n";
    text += command.examples.size() > 1 ? "Examples:\n" : "Example:\n";
    for (const auto& example : command.examples) text += "  " + example + "\n";
    return text;
}

// The app below which the last word of `words` belongs: "audit ledger" makes "audit" on the
// way.
CLI::App& parent_of(CLI::App& root, const std::string& words) {
    const auto space = words.find(' ');
    if (space == std::string::npos) return root;
    const auto group = words.substr(0, space);
    for (auto* sub : root.get_subcommands([](const CLI::App*) { return true; })) {
        if (sub->get_name() == group) return *sub;
    }
    auto* made = root.add_subcommand(group, "see attune " + group + " --help");
    made->require_subcommand(1);
    return *made;
}

int run(const Command& command, const Given& given, Terminal& terminal) {
    try {
        const int exit = command.run(given, terminal);
        terminal.out.flush();
        // A reader that has seen enough (a pipe into head) is no failure; a full disk is.
        if (terminal.out.good() || reader_is_gone()) return exit;
        tell_error(terminal, "cannot write the output");
        return kExitFailed;
    } catch (const CommandFailed& failed) {
        terminal.out.flush();
        tell_error(terminal, failed.message, failed.help);
        return failed.exit;
    } catch (const std::exception& error) {
        terminal.out.flush();
        tell_error(terminal, error.what());
        return kExitFailed;
    }
}

}  // namespace

int run_command_line(int argc, const char* const* argv, Terminal& terminal) {
    CLI::App app(kAbout, "attune");
    app.set_version_flag("--version", "attune " + std::string(version()));
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);

    Given given;
    const Command* chosen = nullptr;
    for (const auto& command : commands()) {
        auto& parent = parent_of(app, command.words);
        auto* sub = parent.add_subcommand(command.words.substr(command.words.rfind(' ') + 1),
                                          command.summary);
        sub->footer(footer(command));
        sub->callback([&chosen, &command] { chosen = &command; });
        for (const auto& option : command.options) add_option(*sub, option, given);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        terminal.out << version.what() << '\n';
        return kExitOk;
    } catch (const CLI::CallForHelp&) {
        terminal.out << app.help();
        return kExitOk;
    } catch (const CLI::ParseError& error) {
        tell_error(terminal, error.what(), "see `attune --help` or `attune COMMAND --help`");
        return kExitUsage;
    }
    return run(*chosen, given, terminal);
}

}  // namespace attune
