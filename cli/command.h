// What the `attune` command can do: one Command for each thing, as data, so that parsing, help
// and documentation come from the same words. cli/arguments.h turns argv into a call.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "core/exit_meaning.h"

namespace attune {

// Of the whole program.
enum ExitCode : int {
    kExitOk = 0,
    kExitFailed = 1,       // invalid input, or what was asked for failed
    kExitChanges = 2,      // plan --detailed-exitcode: there are changes
    kExitWarnings = 3,     // --fail-on-warning
    kExitBrake = 4,        // refused by a safety brake
    kExitUnreachable = 5,  // daemon or database
    kExitUsage = 64,
};

// As docs/commands.md and the manual tell them.
inline constexpr std::array kExitMeanings = {
    ExitMeaning{kExitOk, "all is well"},
    ExitMeaning{kExitFailed, "invalid input, findings, or what was asked for failed"},
    ExitMeaning{kExitChanges, "`plan --detailed-exitcode`: there are changes"},
    ExitMeaning{kExitWarnings, "`--fail-on-warning`: there are warnings"},
    ExitMeaning{kExitBrake, "refused by a safety brake"},
    ExitMeaning{kExitUnreachable, "the daemon or the database cannot be reached"},
    ExitMeaning{kExitUsage, "the command line is wrong"}};

struct Option {
    enum class Kind {
        kFlag,
        kText,
        kNumber,    // an integer, 0 or more
        kOperand,   // by position
        kOperands,  // the rest of the positions
    };

    Kind kind = Kind::kText;
    std::string name;  // "--key" or "-o,--output"; of an operand what it stands for, "SENSOR"
    // What a text or number stands for in the help, "KEY". The word also says how the shell
    // completes it (manual/completion.cpp), as an operand's name does.
    std::string value;
    std::string help;                       // one sentence, lower case, no full stop
    std::vector<std::string> choices = {};  // what a text may be; none: anything
    bool required = false;
};

// What was given on the command line, by the option's long name or the operand's.
class Given {
public:
    bool has(const std::string& name) const { return values_.contains(name); }
    // The last one given; "" when none was.
    std::string text(const std::string& name) const;
    std::optional<std::int64_t> number(const std::string& name) const;
    std::vector<std::string> texts(const std::string& name) const;

    void add(const std::string& name, std::string value);

private:
    std::map<std::string, std::vector<std::string>> values_;
};

struct Command {
    std::string words;    // "fire", "audit ledger"
    std::string summary;  // one line
    std::string text;     // what else the help says; may be empty
    std::vector<std::string> examples;
    std::vector<Option> options;
    int (*run)(const Given& given, Terminal& terminal) = nullptr;  // returns an ExitCode
};

// All of them, in the order the help shows them.
std::span<const Command> commands();

// -o,--output with `choices`, the first of which is what is shown without it.
Option output_option(std::vector<std::string> choices);
// --socket PATH
Option socket_option();
// --database URL, any form libpq knows
Option database_option(const std::string& help);

// Why a command cannot do its work: told on stderr with its remedy, and the exit code.
struct CommandFailed {
    ExitCode exit = kExitFailed;
    std::string message;
    std::string help = {};
};

}  // namespace attune
