// What was applied without a daemon is what the next daemon runs.
#include <gmock/gmock.h>

#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(OfflineSystemTest, TheDaemonStartsWithTheTimersOfAnOfflineApply) {
    ManifestTree tree;
    tree.interval("tick", 3600);
    TestDatabase db{TestDatabase::Shape::kEmpty};
    const std::string url = db.database().url;
    const std::vector<std::string> apply = {"apply", tree.path().string(), "--database", url};
    RunningDaemon daemon({.source = tree.path(), .database_url = url, .settings = {}});
    daemon.start();

    // While it runs, it is the one to ask.
    const auto node = daemon.attune_json({"status"}).at("node").get<std::string>();
    const auto beside = daemon.attune(apply);
    EXPECT_EQ(beside.code, 1);
    EXPECT_THAT(beside.output,
                AllOf(HasSubstr("node " + node + " "), HasSubstr("use `attune apply`")));
    EXPECT_EQ(daemon.attune({"plan", tree.path().string(), "--database", url}).code, 0);
    ASSERT_EQ(daemon.stop(), 0) << daemon.log();

    tree.interval("tick", 1);
    tree.interval("tock", 1);
    tree.rule("echo_tock", "tock", "core.echo");
    const auto applied = daemon.attune_json(apply);
    EXPECT_EQ(applied.at("outcome"), "applied");
    EXPECT_EQ(applied.at("counts"), (Json{{"create", 2}, {"update", 1}}));

    // Without its source the daemon concludes nothing: what it runs stood in the database.
    tree.remove("attune.yaml");
    daemon.start();
    for (const auto* sensor : {"ops.tick", "ops.tock"}) {
        EXPECT_TRUE(eventually([&] {
            return db.value("SELECT count(*) >= 2 FROM event WHERE sensor_ref = '" +
                            std::string(sensor) +
                            "' AND generation = " + applied.at("generation").dump()) == "t";
        })) << sensor
            << daemon.log();
    }
    const auto audit = daemon.attune({"audit", "ledger"});
    EXPECT_EQ(audit.code, 0) << audit.output;
}

}  // namespace
}  // namespace attune
