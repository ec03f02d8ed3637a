// What a shell can offer on a command line of ours, told apart from any shell: the command
// lines with their options, and for each value where its words come from.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace attune {

struct Offer {
    enum class Kind {
        kNothing,  // nobody can know
        kWords,    // one of `words`
        kKeys,     // one of `words` and =, with a value of one's own behind it
        kFiles,
        kDirectories,
        kFilesAt,     // a file behind @
        kObjects,     // refs of the daemon's objects; `words` has the kind, "sensors"
        kRefs,        // refs of the kind that the operand before names
        kExecutions,  // ids of the newest
        kPathsOrSensors,
        kZones,  // of the tz database
        kUsers,
    };
    Kind kind = Kind::kNothing;
    std::vector<std::string> words = {};
};

struct OfferedOption {
    std::vector<std::string> names;  // "-o", "--output"
    std::string help;
    std::string value;  // what its value stands for; empty: it takes none
    Offer offer;
};

struct OfferedOperand {
    std::string name;
    bool repeated = false;
    Offer offer;
};

// One of a program's commands, or of a program without commands all there is.
struct CommandLineOffer {
    std::string words;  // "audit ledger"; of a program without commands its name
    std::string summary;
    std::vector<OfferedOption> options;
    std::vector<OfferedOperand> operands;
};

std::vector<CommandLineOffer> offers_of_command();            // attune
CommandLineOffer offers_of_program(const std::string& name);  // attuned, attune-runner

// Where the words for `word`, what a value or an operand stands for, come from; `command`: of
// an operand whose command has its own sense of the word. nullopt: nobody has said so.
std::optional<Offer> offer_for(const std::string& word, const std::string& command = {});

}  // namespace attune
