// Of all three programs: exit codes; of the daemon and the runner: their options.
#include <span>
#include <string>

#include "cli/command.h"
#include "core/exit_meaning.h"
#include "daemon/command_line.h"
#include "daemon/exit_codes.h"
#include "daemon/runner/command_line.h"
#include "manual/page.h"
#include "manual/roff.h"

namespace attune {
namespace {

const Program& program_of(const std::string& name) {
    if (name == daemon_program().name) return daemon_program();
    if (name == runner_program().name) return runner_program();
    throw FrameError("there is no program " + name);
}

std::string head_of(const ProgramOption& option) {
    auto head = "Fl " + roff::literal(std::string("-") + option.name);
    if (option.value != nullptr) head += " Ar " + roff::literal(option.value);
    return head;
}

std::string options_text(const std::string& name) {
    std::string items;
    for (const auto& option : all_options(program_of(name))) {
        items += roff::item(head_of(option), roff::sentence(option.help));
    }
    return roff::list(items);
}

std::string synopsis_text(const std::string& name) {
    auto text = ".Nm " + name + "\n";
    for (const auto& option : all_options(program_of(name))) {
        text += ".Op " + head_of(option) + "\n";
    }
    return text;
}

std::span<const ExitMeaning> meanings_of(const std::string& name) {
    if (name == "attune") return kExitMeanings;
    if (name == daemon_program().name) return exit_code::kMeanings;
    if (name == runner_program().name) return exit_code::kRunnerMeanings;
    throw FrameError("there is no program " + name);
}

std::string exits_text(const std::string& name) {
    std::string items;
    for (const auto& exit : meanings_of(name)) {
        items += roff::item(std::to_string(exit.code), roff::sentence(exit.meaning));
    }
    return roff::list(items, "64xx");
}

}  // namespace

void add_program_sections(Sections& sections) {
    sections["options"] = options_text;
    sections["synopsis"] = synopsis_text;
    sections["exits"] = exits_text;
}

}  // namespace attune
