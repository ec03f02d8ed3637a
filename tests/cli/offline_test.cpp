// attune plan and apply with --database: no daemon, a real PostgreSQL.
#include <sstream>

#include <gmock/gmock.h>

#include "cli/arguments.h"
#include "cli/command.h"
#include "core/json.h"
#include "store/migrate.h"
#include "store/node_store.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
    int exit = 0;
    std::string out;
    std::string err;
};

Ran attune(const std::vector<std::string>& words) {
    std::vector<const char*> argv = {"attune"};
    for (const auto& word : words) argv.push_back(word.c_str());
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{in, out, err};
    const int exit = run_command_line(static_cast<int>(argv.size()), argv.data(), terminal);
    return {exit, out.str(), err.str()};
}

class OfflineTest : public testing::Test {
protected:
    OfflineTest() {
        tree.interval("tick", 10);
        tree.rule("greet", "tick", "core.echo");
    }

    Ran run(const std::string& command, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words = {command, tree.path().string(), "--database",
                                          db.database().url};
        words.insert(words.end(), more.begin(), more.end());
        return attune(words);
    }
    std::string generation() { return db.value("SELECT generation FROM config_state"); }
    std::string live_sensors() {
        return db.table("SELECT ref FROM sensor WHERE retired_at IS NULL ORDER BY ref");
    }

    ManifestTree tree;
    TestDatabase db;
};

TEST_F(OfflineTest, APlanShowsWhatWouldChangeAndWritesNothing) {
    // So the server itself would refuse it to write.
    db.run("ALTER DATABASE " + db.name() + " SET default_transaction_read_only = on");
    const auto ran = run("plan");
    EXPECT_EQ(ran.exit, kExitOk) << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("+ Sensor  ops.tick"),
                               HasSubstr("+ Rule    ops.greet"), HasSubstr("3 to add")));
    EXPECT_EQ(run("plan", {"--detailed-exitcode"}).exit, kExitChanges);
    EXPECT_EQ(Json::parse(run("plan", {"-o", "json"}).out).at("outcome"), "planned");

    const auto apply = run("apply");
    EXPECT_EQ(apply.exit, kExitUnreachable);
    EXPECT_THAT(apply.err, HasSubstr("read-only"));
}

TEST_F(OfflineTest, ApplyMakesTheDatabaseSayWhatTheSourceSays) {
    const auto ran = run("apply");
    EXPECT_EQ(ran.exit, kExitOk) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("applied at generation " + generation() + ": 3 create"));
    EXPECT_EQ(live_sensors(), "ops.tick");
    EXPECT_EQ(db.value("SELECT state FROM timer"), "armed");
    EXPECT_EQ(db.value("SELECT outcome FROM config_revision ORDER BY id DESC LIMIT 1"),
              "applied");

    const auto before = generation();
    EXPECT_THAT(run("apply").out, StartsWith("unchanged at generation"));
    EXPECT_EQ(generation(), before);
    EXPECT_EQ(run("plan", {"--detailed-exitcode"}).exit, kExitOk);
}

TEST_F(OfflineTest, WhatHasLeftTheTreeIsRetiredByTheSameCommandOnceThatIsCertain) {
    tree.interval("tock", 5);
    ASSERT_EQ(run("apply").exit, kExitOk);
    tree.remove("packs/ops/sensors/tock.yaml");
    tree.interval("tick", 20);
    const auto ran = run("apply");
    EXPECT_EQ(ran.exit, kExitOk) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr("1 retire, 1 update"));
    EXPECT_EQ(live_sensors(), "ops.tick");
}

TEST_F(OfflineTest, TheBrakeHoldsUntilSomebodySaysHowMuchMayGo) {
    for (int n = 0; n < 8; ++n) tree.interval("extra_" + std::to_string(n), 60);
    ASSERT_EQ(run("apply").exit, kExitOk);
    for (int n = 0; n < 8; ++n) {
        tree.remove("packs/ops/sensors/extra_" + std::to_string(n) + ".yaml");
    }
    EXPECT_EQ(run("plan").exit, kExitBrake);
    EXPECT_EQ(Json::parse(run("plan", {"-o", "json"}).out).at("outcome"), "refused");
    const auto braked = run("apply");
    EXPECT_EQ(braked.exit, kExitBrake);
    EXPECT_THAT(braked.out, HasSubstr("ATT6002"));
    EXPECT_EQ(db.value("SELECT count(*) FROM sensor WHERE retired_at IS NULL"), "9");

    EXPECT_EQ(run("apply", {"--allow-retire", "8"}).exit, kExitOk);
    EXPECT_EQ(live_sensors(), "ops.tick");
}

TEST_F(OfflineTest, BesideALiveDaemonApplyIsRefusedAndPlanIsNot) {
    NodeStore nodes(db.database());
    const auto daemon = nodes.join(
        {.name = "build-7", .hostname = "host", .boot_id = "b", .version = "0", .pid = 42}, 1h);
    const auto before = generation();
    const auto ran = run("apply");
    EXPECT_EQ(ran.exit, kExitFailed);
    EXPECT_THAT(ran.err, AllOf(HasSubstr("node build-7 (pid 42 on host) is alive"),
                               HasSubstr("use `attune apply`")));
    EXPECT_EQ(generation(), before);
    EXPECT_EQ(live_sensors(), "");
    EXPECT_EQ(run("plan").exit, kExitOk);

    nodes.leave(daemon);
    EXPECT_EQ(run("apply").exit, kExitOk);
}

TEST_F(OfflineTest, ApplyFailsWhenAPartOfTheSourceIsNotApplied) {
    ASSERT_EQ(run("apply").exit, kExitOk);
    tree.interval("tick", 0);
    tree.interval("bad", 0);
    tree.interval("good", 10);
    const auto ran = run("apply");
    EXPECT_EQ(ran.exit, kExitFailed);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("! Sensor ops.bad  left out: ATT2006\n"),
                               HasSubstr("! Sensor ops.tick  frozen at generation "),
                               HasSubstr("partial at generation")));
    EXPECT_EQ(live_sensors(), "ops.good\nops.tick");
    EXPECT_EQ(run("apply").exit, kExitFailed);
    EXPECT_THAT(run("plan").out, HasSubstr("nothing to do, 2 frozen, 1 left out"));
}

TEST_F(OfflineTest, ASourceThatIsRefusedChangesNothing) {
    ASSERT_EQ(run("apply").exit, kExitOk);
    tree.remove("attune.yaml");
    const auto before = generation();
    for (const auto* command : {"plan", "apply"}) {
        const auto ran = run(command);
        EXPECT_EQ(ran.exit, kExitFailed) << command;
        EXPECT_THAT(ran.out, HasSubstr("ATT5002")) << command;
    }
    EXPECT_EQ(generation(), before);
    EXPECT_EQ(live_sensors(), "ops.tick");
}

class OfflineSchemaTest : public OfflineTest {
protected:
    void expect_refused(const std::string& words) {
        for (const auto* command : {"plan", "apply"}) {
            const auto ran = run(command);
            EXPECT_EQ(ran.exit, kExitFailed) << command;
            EXPECT_THAT(ran.err, HasSubstr(words)) << command;
        }
    }
};

TEST_F(OfflineSchemaTest, ADatabaseThatIsNotMigratedIsLeftAlone) {
    db.run("DROP SCHEMA attune CASCADE");
    expect_refused("has no schema of attune");
    expect_refused("`attuned` brings a database to its schema");
    EXPECT_EQ(db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'attune'"), "0");

    migrate_through(db.database(), 1);
    expect_refused("is at schema 1");
    EXPECT_EQ(db.value("SELECT count(*) FROM attune.schema_migration"), "1");
}

TEST_F(OfflineSchemaTest, ADatabaseOfANewerAttuneIsLeftAlone) {
    db.run(
        "INSERT INTO schema_migration (version, name, checksum)"
        " VALUES (900, 'migrations/0900_later.sql', '')");
    expect_refused("install that or newer");
}

TEST_F(OfflineTest, TheDirectoryHasToBeSaidAndToBeThere) {
    const auto unsaid = attune({"apply", "--database", db.database().url});
    EXPECT_EQ(unsaid.exit, kExitUsage);
    EXPECT_THAT(unsaid.err, HasSubstr("directory"));

    const auto gone = attune({"plan", "/nowhere/config", "--database", db.database().url});
    EXPECT_EQ(gone.exit, kExitFailed);
    EXPECT_THAT(gone.err, HasSubstr("/nowhere/config"));
}

TEST_F(OfflineTest, ADatabaseThatIsAwayIsUnreachable) {
    for (const auto* command : {"plan", "apply"}) {
        const auto ran =
            attune({command, tree.path().string(), "--database", "host=/nowhere dbname=x"});
        EXPECT_EQ(ran.exit, kExitUnreachable);
        EXPECT_THAT(ran.err, AllOf(HasSubstr("/nowhere"), HasSubstr("is the database up")));
    }
}

}  // namespace
}  // namespace attune
