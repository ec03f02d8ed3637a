// Of the command `attune`: its commands, their options and examples, its exit codes.
#include <algorithm>
#include <string>

#include "cli/command.h"
#include "core/codes.h"
#include "core/version.h"
#include "manual/page.h"
#include "manual/roff.h"

namespace attune {
namespace {

bool is_operand(const Option& option) {
    return option.kind == Option::Kind::kOperand || option.kind == Option::Kind::kOperands;
}

// "-o,--output" -> "Fl o , Fl -output Ar FORMAT"
std::string option_head(const Option& option) {
    std::string head;
    for (std::size_t from = 0; from < option.name.size();) {
        const auto end = std::min(option.name.find(',', from), option.name.size());
        const auto dashless = option.name.substr(from + 1, end - from - 1);
        head += (head.empty() ? "Fl " : " , Fl ") + roff::literal(dashless);
        from = end + 1;
    }
    return option.value.empty() ? head : head + " Ar " + roff::literal(option.value);
}

std::string operand_words(const Option& option) {
    auto words = "Ar " + roff::literal(option.name);
    if (option.kind == Option::Kind::kOperands) words += " ...";
    return option.required ? words : "Oo " + words + " Oc";
}

std::string operands_of(const Command& command) {
    std::string words;
    for (const auto& option : command.options) {
        if (is_operand(option)) words += ' ' + operand_words(option);
    }
    return words;
}

std::string command_text(const Command& command) {
    std::string items;
    for (const auto& option : command.options) {
        const auto head = is_operand(option) ? "Ar " + option.name : option_head(option);
        items += roff::item(head, option.choices.empty() ? roff::sentence(option.help)
                                                         : roff::prose(option.help));
    }
    std::vector<std::string> examples;
    for (const auto& example : command.examples) examples.push_back("$ " + example);
    return ".Ss " + command.words + "\n.Nm Ic " + command.words + " Oo Ar OPTION ... Oc" +
           operands_of(command) + "\n.Pp\n" + roff::sentence(command.summary) +
           roff::prose(command.text) + roff::list(items) + ".Pp\nFor example:\n" +
           roff::block(examples);
}

std::string commands_text(const std::string&) {
    std::string text;
    for (const auto& command : commands()) text += command_text(command);
    return text;
}

std::string summary_text(const std::string&) {
    std::string items;
    for (const auto& command : commands()) {
        items += roff::item("Ic " + command.words + operands_of(command),
                            roff::sentence(command.summary));
    }
    return roff::list(items);
}

std::string codes_text(const std::string&) {
    std::string items;
    for (const auto& code : codes()) {
        items += roff::item("Li " + code.code, roff::sentence(code.title));
    }
    return roff::list(items, "ATT0000");
}

std::string system_text(const std::string&) {
    return ".Os attune " + std::string(version()) + "\n";
}

}  // namespace

void add_command_sections(Sections& sections) {
    sections["commands"] = commands_text;
    sections["summary"] = summary_text;
    sections["codes"] = codes_text;
    sections["system"] = system_text;
}

}  // namespace attune
