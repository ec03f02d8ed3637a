// Completions that only a daemon knows: the refs of its objects and the ids of its executions.
#include <gmock/gmock.h>

#include "tests/support/manifest_tree.h"
#include "tests/support/shell.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using testing::ElementsAre;

std::vector<std::string> offered(const std::string& shell_name, const RunningDaemon& daemon,
                                 const std::vector<std::string>& lines) {
    const auto socket = " --socket " + (daemon.runtime() / "control.sock").string() + " ";
    std::vector<std::string> typed;
    for (const auto& line : lines) {
        const auto cut = line.find('|');
        typed.push_back(line.substr(0, cut) + socket + line.substr(cut + 1));
    }
    return completed(shell_name, ATTUNE_FILLED_DIR, ATTUNE_ATTUNE_PATH, typed);
}

TEST(CompletionTest, OffersWhatTheDaemonHas) {
    ManifestTree tree;
    for (const auto* name : {"day", "dusk", "night"}) {
        tree.interval(name, 86400);
        tree.rule(name, name, "core.echo", "{message: hello}");
    }
    RunningDaemon daemon({.source = tree.path()});
    daemon.start();
    ASSERT_TRUE(eventually([&] {
        return daemon.attune_json({"get", "rules"}).at("items").size() == 3;
    }));
    const auto ran = daemon.attune_json({"run", "core.noop"});
    for (const auto* shell_name : {"bash", "zsh"}) {
        EXPECT_THAT(
            offered(shell_name, daemon,
                    {"attune get|sensors ops.d", "attune describe|rule ops.n",
                     "attune events|--sensor ops.n", "attune run|core.n", "attune trace|"}),
            ElementsAre("ops.day ops.dusk", "ops.night", "ops.night", "core.noop",
                        ran.at("execution").dump()))
            << shell_name;
    }
}

}  // namespace
}  // namespace attune
