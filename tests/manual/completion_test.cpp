// What bash and zsh offer on a line, asked of the shells themselves; the scripts beside this
// file drive them. (Refs come from a daemon: tests/system/completion_test.cpp.)
#include "manual/completion.h"

#include <gmock/gmock.h>

#include "cli/command.h"
#include "manual/page.h"
#include "tests/support/shell.h"

namespace attune {
namespace {

struct Line {
    std::string typed;     // the cursor is at its end
    std::string offered;   // in bash, sorted
    std::string zsh = {};  // where it offers the same otherwise, only what is behind a / or @,
                           // or any file for want of a directory
};

const std::vector<Line> kLines = {
    // Commands.
    {"attune v", "validate"},
    {"attune c", "cancel"},
    {"attune e", "enforcements events executions explain"},
    {"attune audit ", "ledger"},
    {"attune bogus ", ""},
    // Options, of the command that stands on the line.
    {"attune validate --", "--fail-on-warning --help --max-errors --output --pack"},
    {"attune executions --a", "--action --after"},
    {"attune events --a", "--after"},
    {"attune cancel 17 --r", "--reason"},
    {"attune audit ledger --f", "--from"},
    {"attune events --limit 5 --sen", "--sensor"},
    {"attune executions --from 2026-11-01T00:00:00Z --st", "--state"},
    {"attune validate --o", "--output"},
    {"attune validate -- --fail", ""},
    {"attuned --", "--check --config --help --set --source --version"},
    {"attune-runner --s", "--socket --state-dir"},
    // Values.
    {"attune validate -o ", "github json sarif text"},
    {"attune validate --output=s", "sarif"},
    {"attune watch -o ", "json lines"},
    {"attune executions --state c", "cancelled cancelling"},
    {"attune enforcements --state ", "created errored processed suppressed"},
    {"attune next --timezone Europe/Berl", "Europe/Berlin", "Berlin"},
    {"attune events --limit ", ""},
    {"attuned --set log", "log.level=", "log.level"},
    {"attuned --set log.level=", ""},
    {"attune-runner --log-level d", "debug"},
    {"attune-runner --daemon roo", "root"},
    // Operands.
    {"attune get ", "actions packs rules sensors triggers"},
    {"attune get -o json s", "sensors"},
    {"attune schema s", "sensor source"},
    {"attune explain ATT400", "ATT4001 ATT4002 ATT4003 ATT4004 ATT4005"},
    {"attune explain reversed", "reversed_range"},
    {"attune watch execution.s", "execution.started"},
    {"attune watch event.created catalog", "catalog.changed"},
    // Files.
    {"attune parse examples/config/att", "examples/config/attune.yaml", "attune.yaml"},
    {"attune validate examples/con", "examples/config", "config"},
    {"attune validate README.md examples/con", "examples/config", "config"},
    {"attune plan READ", "", "README.md"},
    {"attune plan examples/con", "examples/config", "config"},
    {"attune fire ops.deploys --payload @README", "@README.md", "README.md"},
    {"attuned --source examples/con", "examples/config", "config"},
    // Without a daemon there is nothing to offer, and nothing is said.
    {"attune get sensors ", ""},
    {"attune fire ", ""},
    {"attune events --sensor ", ""},
    {"attune trace --socket /nowhere/c ", ""},
    {"attune cancel ", ""},
};

std::vector<std::string> offered(const std::string& shell_name) {
    std::vector<std::string> typed;
    for (const auto& line : kLines) typed.push_back(line.typed);
    return completed(shell_name, ATTUNE_FILLED_DIR, ATTUNE_ATTUNE_PATH, typed);
}

TEST(Completion, OfBashOffersWhatTheLineAsksFor) {
    const auto answers = offered("bash");
    for (std::size_t i = 0; i < kLines.size(); ++i) {
        EXPECT_EQ(answers[i], kLines[i].offered) << kLines[i].typed;
    }
}

TEST(Completion, OfZshOffersTheSame) {
    const auto answers = offered("zsh");
    for (std::size_t i = 0; i < kLines.size(); ++i) {
        const auto& line = kLines[i];
        EXPECT_EQ(answers[i], line.zsh.empty() ? line.offered : line.zsh) << line.typed;
    }
}

// Somebody has thought about each word that a value or an operand stands for.
TEST(Completion, KnowsEachWordOfTheCommandLines) {
    EXPECT_EQ(offer_for("FROBNICATION"), std::nullopt);
    for (const auto& command : commands()) {
        for (const auto& option : command.options) {
            const bool operand =
                option.kind == Option::Kind::kOperand || option.kind == Option::Kind::kOperands;
            const auto& word = operand ? option.name : option.value;
            if (word.empty() || !option.choices.empty()) continue;
            EXPECT_TRUE(offer_for(word, command.words)) << command.words << " " << word;
        }
    }
    for (const auto* program : {"attuned", "attune-runner"}) {
        for (const auto& option : offers_of_program(program).options) {
            if (option.value.empty()) continue;
            EXPECT_TRUE(offer_for(option.value)) << program << " " << option.value;
        }
    }
}

TEST(Completion, IsOfProgramsThatThereAre) {
    EXPECT_THROW(offers_of_program("attune-walker"), FrameError);
}

}  // namespace
}  // namespace attune
