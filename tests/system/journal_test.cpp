// Sensors of core.journal on the real programs: each entry that matches is one event and one
// execution, though the daemon is killed while they come.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/database.h"
#include "tests/support/journal_files.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

class JournalSystemTest : public testing::Test {
protected:
    JournalSystemTest() {
        tree.write("packs/ops/sensors/door.yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.door}\n"
                   "spec:\n  trigger: core.journal\n"
                   "  config: {match: [{identifier: door}], limit: {events: 100000}}\n");
        tree.write("packs/ops/rules/door.yaml",
                   "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.door}\n"
                   "spec:\n  trigger: core.journal\n"
                   "  action: {ref: core.echo, params: {message: "
                   "\"{{ event.payload.message }}\"}}\n");
        journal.write({{"SYSLOG_IDENTIFIER", "door"}, {"MESSAGE", "before"}});
    }

    std::string count(const std::string& what) {
        return db.value("SELECT count(*) FROM " + what);
    }

    TestDatabase db{TestDatabase::Shape::kEmpty};
    ManifestTree tree;
    JournalFiles journal;
};

TEST_F(JournalSystemTest, EveryEntryIsOneEventThoughTheDaemonIsKilled) {
    RunningDaemon daemon({.source = tree.path(),
                          .database_url = db.database().url,
                          .settings = {"journal.directory=" + journal.path()}});
    daemon.start();
    ASSERT_TRUE(eventually([&] { return count("sensor_progress") == "1"; })) << daemon.log();
    int written = 0;
    for (int life = 0; life < 5; ++life) {
        for (int burst = 0; burst < 4; ++burst) {
            std::vector<JournalFiles::Fields> entries;
            for (int n = 0; n < 50; ++n) {
                entries.push_back({{"SYSLOG_IDENTIFIER", n % 2 == 0 ? "door" : "gate"},
                                   {"MESSAGE", std::to_string(++written)}});
            }
            journal.write_all(entries);
            pass(std::chrono::milliseconds(13 * life));
        }
        daemon.kill();
        daemon.start();
    }
    EXPECT_TRUE(eventually([&] { return count("event") == "500"; })) << count("event");
    EXPECT_TRUE(
        eventually([&] { return count("execution WHERE state = 'succeeded'") == "500"; }));
    EXPECT_EQ(count("event WHERE origin = 'journal'"), "500");
    EXPECT_EQ(db.value("SELECT count(DISTINCT payload->>'message') FROM event"), "500");
    EXPECT_EQ(count("sensor_skip"), "0");
    const auto told = daemon.attune({"describe", "sensor", "ops.door"});
    EXPECT_THAT(told.output, testing::HasSubstr("progress"));
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

}  // namespace
}  // namespace attune
