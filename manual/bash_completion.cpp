// The arms of the cases in manual/completion/attune.bash.
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manual/completion.h"
#include "manual/page.h"

namespace attune {
namespace {

using Kind = Offer::Kind;

std::vector<CommandLineOffer> everything() {
    auto all = offers_of_command();
    all.push_back(offers_of_program("attuned"));
    all.push_back(offers_of_program("attune-runner"));
    return all;
}

// The call that offers it; "" for nothing. The words have nothing that a shell would expand.
std::string call(const Offer& offer) {
    switch (offer.kind) {
        case Kind::kNothing:
            return "";
        case Kind::kWords:
            return fmt::format("__attune_words '{}'", fmt::join(offer.words, "' '"));
        case Kind::kKeys:
            return fmt::format("__attune_keys {}", fmt::join(offer.words, " "));
        case Kind::kFiles:
            return "__attune_files";
        case Kind::kDirectories:
            return "__attune_files -d";
        case Kind::kFilesAt:
            return "__attune_files_at";
        case Kind::kObjects:
            return "__attune_objects " + offer.words.front();
        case Kind::kRefs:
            return "__attune_refs";
        case Kind::kExecutions:
            return "__attune_executions";
        case Kind::kPathsOrSensors:
            return "__attune_files; __attune_objects sensors";
        case Kind::kZones:
            return "__attune_lines < <(__attune_zones)";
        case Kind::kUsers:
            return "__attune_lines < <(compgen -u)";
    }
    return "";
}

// Lines of the same call are arms of the same pattern.
std::string arms(const std::map<std::string, std::vector<std::string>>& patterns_of_call) {
    std::string text;
    for (const auto& [what, patterns] : patterns_of_call) {
        text += fmt::format("    {}) {} ;;\n", fmt::join(patterns, " | "), what);
    }
    return text;
}

std::string valued_text(const std::string&) {
    std::map<std::string, std::vector<std::string>> patterns;
    for (const auto& line : everything()) {
        for (const auto& option : line.options) {
            if (option.value.empty()) continue;
            for (const auto& name : option.names) {
                patterns["return 0"].push_back(fmt::format("'{} {}'", line.words, name));
            }
        }
    }
    return arms(patterns);
}

std::string values_text(const std::string&) {
    std::map<std::string, std::vector<std::string>> patterns;
    for (const auto& line : everything()) {
        for (const auto& option : line.options) {
            if (option.offer.kind == Kind::kNothing) continue;
            for (const auto& name : option.names) {
                patterns[call(option.offer)].push_back(
                    fmt::format("'{} {}'", line.words, name));
            }
        }
    }
    return arms(patterns);
}

std::string operands_text(const std::string&) {
    std::map<std::string, std::vector<std::string>> patterns;
    for (const auto& line : everything()) {
        for (std::size_t i = 0; i < line.operands.size(); ++i) {
            const auto& operand = line.operands[i];
            if (operand.offer.kind == Kind::kNothing) continue;
            patterns[call(operand.offer)].push_back(
                operand.repeated ? fmt::format("'{} '*", line.words)
                                 : fmt::format("'{} {}'", line.words, i));
        }
    }
    return arms(patterns);
}

std::string options_text(const std::string&) {
    std::string text = "    '') echo --version -h --help ;;\n";
    for (const auto& line : everything()) {
        std::vector<std::string> names;
        for (const auto& option : line.options) {
            names.insert(names.end(), option.names.begin(), option.names.end());
        }
        text += fmt::format("    '{}') echo {} ;;\n", line.words, fmt::join(names, " "));
    }
    return text;
}

std::string commands_text(const std::string&) {
    std::vector<std::string> first;
    std::map<std::string, std::vector<std::string>> second;
    for (const auto& line : offers_of_command()) {
        const auto blank = line.words.find(' ');
        const auto word = line.words.substr(0, blank);
        if (blank == std::string::npos || !second.contains(word)) first.push_back(word);
        if (blank != std::string::npos) second[word].push_back(line.words.substr(blank + 1));
    }
    std::string text = fmt::format("    '') echo {} ;;\n", fmt::join(first, " "));
    for (const auto& [word, words] : second) {
        text += fmt::format("    {}) echo {} ;;\n", word, fmt::join(words, " "));
    }
    return text;
}

}  // namespace

void add_bash_sections(Sections& sections) {
    sections["bash-valued"] = valued_text;
    sections["bash-values"] = values_text;
    sections["bash-operands"] = operands_text;
    sections["bash-options"] = options_text;
    sections["bash-commands"] = commands_text;
}

}  // namespace attune
