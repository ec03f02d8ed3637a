// A pause over the real programs: it holds over a restart, and ends by itself.
#include <gmock/gmock.h>

#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using testing::HasSubstr;

std::int64_t events(const RunningDaemon& daemon) {
    return static_cast<std::int64_t>(
        daemon.attune_json({"events", "--sensor", "ops.tick", "--limit", "1000"})
            .at("items")
            .size());
}

TEST(PauseTest, HoldsOverARestartAndEndsByItself) {
    ManifestTree tree;
    tree.interval("tick", 1);
    tree.rule("answer", "tick", "core.echo");
    RunningDaemon daemon({.source = tree.path(), .database_url = {}, .settings = {}});
    daemon.start();
    ASSERT_TRUE(eventually([&] { return events(daemon) > 0; }));

    const auto paused =
        daemon.attune({"pause", "sensor", "ops.tick", "--reason", "moving the disks"});
    EXPECT_EQ(paused.code, 0) << paused.output;
    EXPECT_EQ(paused.output, "Sensor ops.tick is paused\n");
    EXPECT_EQ(daemon.stop(), 0);
    daemon.start();
    const auto before = events(daemon);
    pass(std::chrono::seconds(3));
    EXPECT_EQ(events(daemon), before);
    const auto described = daemon.attune({"describe", "sensor", "ops.tick"});
    EXPECT_THAT(described.output, HasSubstr("no (operator)"));
    EXPECT_THAT(described.output, HasSubstr("moving the disks"));

    EXPECT_EQ(daemon.attune({"pause", "sensor", "ops.tick", "--for", "2s"}).code, 0);
    EXPECT_TRUE(eventually([&] { return events(daemon) > before; }));
    EXPECT_THAT(daemon.log(), HasSubstr("sensor ops.tick is resumed: its pause is over"));
    const auto again = daemon.attune({"resume", "sensor", "ops.tick"});
    EXPECT_EQ(again.output, "Sensor ops.tick was not paused\n");
    const auto audit = daemon.attune({"audit", "ledger"});
    EXPECT_EQ(audit.code, 0) << audit.output;
}

TEST(PauseTest, APausedRuleAnswersNoEvent) {
    ManifestTree tree;
    tree.interval("tick", 1);
    tree.rule("answer", "tick", "core.echo");
    RunningDaemon daemon({.source = tree.path(), .database_url = {}, .settings = {}});
    daemon.start();
    const auto executions = [&] {
        return daemon.attune_json({"executions", "--limit", "1000"}).at("items").size();
    };
    ASSERT_TRUE(eventually([&] { return executions() > 0; }));
    ASSERT_EQ(daemon.attune({"pause", "rule", "ops.answer"}).code, 0);
    // What was recorded of the generation before has its answer.
    const auto seen = events(daemon);
    ASSERT_TRUE(eventually([&] { return events(daemon) > seen + 1; }));
    const auto before = executions();
    ASSERT_TRUE(eventually([&] { return events(daemon) > seen + 3; }));
    EXPECT_EQ(executions(), before);
    ASSERT_EQ(daemon.attune({"resume", "rule", "ops.answer"}).code, 0);
    EXPECT_TRUE(eventually([&] { return executions() > before; }));
    EXPECT_EQ(daemon.attune({"pause", "action", "core.echo"}).code, 64);
    EXPECT_EQ(daemon.attune({"pause", "rule", "ops.nobody"}).code, 1);
}

}  // namespace
}  // namespace attune
