// The arms of the cases in manual/completion/attune.zsh.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manual/completion.h"
#include "manual/page.h"

namespace attune {
namespace {

using Kind = Offer::Kind;

// `text` with a backslash before each of `special`, within single quotes.
std::string quoted(std::string_view text, std::string_view special) {
    std::string result;
    for (const char letter : text) {
        if (letter == '\'') {
            result += "'\\''";
            continue;
        }
        if (special.find(letter) != std::string_view::npos) result += '\\';
        result += letter;
    }
    return result;
}

// What _arguments calls an action (zshcompsys(1)).
std::string action(const Offer& offer) {
    switch (offer.kind) {
        case Kind::kNothing:
            return " ";
        case Kind::kWords:
            return fmt::format("({})",
                               quoted(fmt::format("{}", fmt::join(offer.words, " ")), "*?[]#"));
        case Kind::kKeys:
            return fmt::format(" _attune_keys {}", fmt::join(offer.words, " "));
        case Kind::kFiles:
            return "_files";
        case Kind::kDirectories:
            return "_files -/";
        case Kind::kFilesAt:
            return " _attune_files_at";
        case Kind::kObjects:
            return " _attune_objects " + offer.words.front();
        case Kind::kRefs:
            return "->refs";
        case Kind::kExecutions:
            return " _attune_executions";
        case Kind::kPathsOrSensors:
            return " _attune_paths_or_sensors";
        case Kind::kZones:
            return "_time_zone";
        case Kind::kUsers:
            return "_users";
    }
    return " ";
}

std::string option_spec(const OfferedOption& option) {
    // A long option takes its value behind = or as the next word, a short one either way.
    const auto spelt = [&](const std::string& name) {
        if (option.value.empty()) return name;
        return name + (name.starts_with("--") ? "=" : "+");
    };
    std::string spec;
    if (option.names.size() == 1) {
        spec = "'" + spelt(option.names.front());
    } else {
        std::vector<std::string> names;
        for (const auto& name : option.names) names.push_back(spelt(name));
        spec =
            fmt::format("'({})'{{{}}}'", fmt::join(option.names, " "), fmt::join(names, ","));
    }
    spec += "[" + quoted(option.help, "[]\\") + "]";
    if (!option.value.empty()) {
        spec += ":" + quoted(option.value, ":") + ":" + action(option.offer);
    }
    return spec + "'";
}

std::string arguments(const CommandLineOffer& line) {
    std::string text = fmt::format("    ('{}')\n      _arguments -S", line.words);
    bool refs = false;
    for (const auto& option : line.options) text += " \\\n        " + option_spec(option);
    for (std::size_t i = 0; i < line.operands.size(); ++i) {
        const auto& operand = line.operands[i];
        const auto position = operand.repeated ? std::string("*") : std::to_string(i + 1);
        text += fmt::format(" \\\n        '{}:{}:{}'", position, quoted(operand.name, ":"),
                            action(operand.offer));
        refs = refs || operand.offer.kind == Kind::kRefs;
    }
    // Kinds are also understood in the singular.
    if (refs) text += "\n      [[ $state == refs ]] && _attune_objects ${line[1]%s}s";
    return text + "\n      ;;\n";
}

std::string arguments_text(const std::string&) {
    std::string text;
    for (const auto& line : offers_of_command()) text += arguments(line);
    return text + arguments(offers_of_program("attuned")) +
           arguments(offers_of_program("attune-runner"));
}

std::map<std::string, std::vector<std::string>> groups() {
    std::map<std::string, std::vector<std::string>> found;
    for (const auto& line : offers_of_command()) {
        const auto blank = line.words.find(' ');
        if (blank == std::string::npos) continue;
        found[line.words.substr(0, blank)].push_back("'" + line.words.substr(blank + 1) + ":" +
                                                     quoted(line.summary, ":\\") + "'");
    }
    return found;
}

std::string commands_text(const std::string&) {
    std::string text;
    for (const auto& [word, commands] : groups()) {
        text += fmt::format("    ({}) commands=({}) ;;\n", word, fmt::join(commands, " "));
    }
    text += "    (*)\n      commands=(\n";
    for (const auto& line : offers_of_command()) {
        if (line.words.find(' ') != std::string::npos) continue;
        text += fmt::format("        '{}:{}'\n", line.words, quoted(line.summary, ":\\"));
    }
    for (const auto& [word, commands] : groups()) text += fmt::format("        {}\n", word);
    return text + "      )\n      ;;\n";
}

std::string groups_text(const std::string&) {
    std::string text;
    for (const auto& [word, commands] : groups()) {
        text += fmt::format(
            "        ({})\n"
            "          ((CURRENT == 2)) && {{ _attune_commands {}; return }}\n"
            "          command+=\" $words[2]\"\n"
            "          shift words\n"
            "          ((CURRENT--))\n"
            "          ;;\n",
            word, word);
    }
    return text;
}

}  // namespace

void add_zsh_sections(Sections& sections) {
    sections["zsh-arguments"] = arguments_text;
    sections["zsh-commands"] = commands_text;
    sections["zsh-groups"] = groups_text;
}

}  // namespace attune
