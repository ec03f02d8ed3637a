// The examples people copy: those of every command's help and those of docs/commands.md.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>

#include "cli/command.h"
#include "tests/support/shell.h"

namespace attune {
namespace {

using testing::Gt;
using testing::SizeIs;

// What comes of it in a shell.
ShellRan typed(const std::string& line) {
    const std::string program = ATTUNE_ATTUNE_PATH;
    return shell(line, program.substr(0, program.rfind('/')));
}

// Whether the line is understood; what needs a daemon then finds none, and files that stand for
// the reader's own are not there.
void expect_understood(const std::string& line) {
    const auto ran = typed(line);
    EXPECT_NE(ran.exit, kExitUsage) << line << "\n" << ran.output;
}

std::vector<std::string> documented_lines() {
    std::ifstream file(ATTUNE_SOURCE_DIR "/docs/commands.md");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("    attune ")) lines.push_back(line.substr(4));
    }
    return lines;
}

// The pages for users, README included.
std::vector<std::filesystem::path> pages() {
    const std::filesystem::path root = ATTUNE_SOURCE_DIR;
    std::vector<std::filesystem::path> found = {root / "README.md", root / "CHANGELOG.md"};
    for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) {
        if (entry.path().extension() == ".md") found.push_back(entry.path());
    }
    return found;
}

// What a page says one can type: "attune apply --allow-retire 12", of `attune ...` in a
// sentence and of lines of code.
std::vector<std::string> invocations(const std::filesystem::path& page) {
    static const std::regex kSpoken("`attune ([^`]*)`|^    attune (.*)$");
    std::ifstream file(page);
    std::vector<std::string> found;
    for (std::string line; std::getline(file, line);) {
        for (std::sregex_iterator match(line.begin(), line.end(), kSpoken), end; match != end;
             ++match) {
            found.push_back((*match)[1].matched ? (*match)[1] : (*match)[2]);
        }
    }
    return found;
}

// Why there is no such command or option; "" when there is.
std::string fault_of(const std::string& invocation) {
    if (invocation.starts_with("--") || invocation.starts_with("COMMAND")) return "";
    const auto& all = commands();
    const auto command = std::ranges::find_if(all, [&](const Command& known) {
        return (invocation + " ").starts_with(known.words + " ");
    });
    if (command == all.end()) return "no such command";
    // What is quoted, or a remark, is no option of ours.
    static const std::regex kOption("(?:^| )(-[a-z]|--[a-z-]+)(?= |$)");
    const auto rest = invocation.substr(0, invocation.find_first_of("'\"#"));
    for (std::sregex_iterator match(rest.begin(), rest.end(), kOption), end; match != end;
         ++match) {
        const std::string option = (*match)[1];
        const bool known = std::ranges::any_of(command->options, [&](const Option& has) {
            return ("," + has.name + ",").find("," + option + ",") != std::string::npos;
        });
        if (!known && option != "--help") return "no option " + option;
    }
    return "";
}

TEST(Documentation, NamesOnlyCommandsAndOptionsThatThereAre) {
    EXPECT_EQ(fault_of("apply --force"), "no option --force");
    EXPECT_EQ(fault_of("aply"), "no such command");
    int seen = 0;
    for (const auto& page : pages()) {
        for (const auto& invocation : invocations(page)) {
            EXPECT_EQ(fault_of(invocation), "") << page << ": attune " << invocation;
            ++seen;
        }
    }
    EXPECT_GT(seen, 60);
}

TEST(Documentation, ExamplesOfTheHelpAreUnderstood) {
    for (const auto& command : commands()) {
        for (const auto& example : command.examples) {
            // Redirections of files the reader has are left out.
            expect_understood(example.substr(0, example.find_first_of("<>")) + " < /dev/null");
        }
    }
}

TEST(Documentation, ExamplesOfThePageAreUnderstood) {
    const auto lines = documented_lines();
    EXPECT_THAT(lines, SizeIs(Gt(15U)));
    for (const auto& line : lines) expect_understood(line + " < /dev/null");
}

TEST(Documentation, OfflineExamplesOfThePageSucceed) {
    int run = 0;
    for (const auto& line : documented_lines()) {
        bool offline = false;
        for (const auto* command : {"validate", "parse", "next", "schema", "explain"}) {
            offline = offline || line.starts_with(std::string("attune ") + command);
        }
        if (!offline) continue;
        const auto ran = typed(line);
        EXPECT_EQ(ran.exit, kExitOk) << line << "\n" << ran.output;
        ++run;
    }
    EXPECT_GE(run, 6);
}

TEST(Documentation, ThePageNamesEveryCommand) {
    std::ifstream file(ATTUNE_SOURCE_DIR "/docs/commands.md");
    std::stringstream page;
    page << file.rdbuf();
    for (const auto& command : commands()) {
        EXPECT_THAT(page.str(), testing::HasSubstr("`" + command.words)) << command.words;
    }
}

}  // namespace
}  // namespace attune
