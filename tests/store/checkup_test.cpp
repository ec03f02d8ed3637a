#include "store/checkup.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/migrate.h"
#include "store/node_store.h"
#include "store/upkeep.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

class CheckupTest : public testing::Test {
protected:
    LedgerCheckup ledger() { return examine_ledger(db.database(), kNoon); }

    TestDatabase db;
};

TEST_F(CheckupTest, TheServerTellsAboutItself) {
    const auto seen = examine_server(db.database());
    EXPECT_GE(seen.version, 150000);
    EXPECT_EQ(seen.role, "attune");
    EXPECT_EQ(seen.database, db.name());
    EXPECT_EQ(seen.encoding, "UTF8");
    EXPECT_EQ(seen.fsync, "off");       // of tests' clusters
    EXPECT_EQ(seen.autovacuum, "off");  // as well
    EXPECT_GE(seen.connections, 1);
    EXPECT_EQ(seen.most_connections, std::stoll(db.value("SHOW max_connections")) - 3);
    EXPECT_FALSE(seen.in_recovery);
    EXPECT_FALSE(seen.read_only);
    EXPECT_TRUE(seen.local);
    EXPECT_FALSE(seen.encrypted);
    EXPECT_GT(seen.now, kNoon - 24h * 365);
    EXPECT_FALSE(seen.data_directory.empty());
    EXPECT_EQ(seen.schema_version, newest_schema_version());
    EXPECT_THAT(seen.missing_rights, IsEmpty());
}

TEST_F(CheckupTest, AReadOnlyDatabaseIsSeen) {
    db.run("ALTER DATABASE " + db.name() + " SET default_transaction_read_only = on");
    EXPECT_TRUE(examine_server(db.database()).read_only);
}

TEST(EmptyDatabaseCheckup, HasNoSchema) {
    const TestDatabase empty(TestDatabase::Shape::kEmpty);
    const auto seen = examine_server(empty.database());
    EXPECT_FALSE(seen.has_schema);
    EXPECT_EQ(seen.schema_version, 0);
    EXPECT_THAT(seen.missing_rights, IsEmpty());
}

TEST_F(CheckupTest, RightsThatARoleLacksAreNamed) {
    const auto role = "visitor_" + db.name();
    db.run("CREATE ROLE " + role + " LOGIN");
    auto visitor = db.database();
    visitor.url += " user=" + role;
    EXPECT_THAT(examine_server(visitor).missing_rights,
                ElementsAre("USAGE on the schema attune", "CREATE on the schema attune",
                            HasSubstr("to own the table attune.accepted_key and ")));

    TestDatabase empty(TestDatabase::Shape::kEmpty);
    visitor = empty.database();
    visitor.url += " user=" + role;
    EXPECT_THAT(examine_server(visitor).missing_rights,
                ElementsAre("CREATE on the database " + empty.name()));
    db.run("DROP ROLE " + role);
}

TEST_F(CheckupTest, DaysAreCountedUpToTheFirstThatIsMissing) {
    EXPECT_EQ(ledger().days_ahead, 0);
    Upkeep upkeep(db.database());
    upkeep.make_partitions(kNoon, kNoon + 24h);
    upkeep.make_partitions(kNoon + 72h, kNoon + 72h);
    EXPECT_EQ(ledger().days_ahead, 2);
    db.run("DROP TABLE attune.enforcement_20261124");
    EXPECT_EQ(ledger().days_ahead, 1);
}

TEST_F(CheckupTest, TimersThatAreFaultedOrLateAreSeen) {
    arm(db, SensorId{7}, kNoon);
    arm(db, SensorId{8}, kNoon);
    auto seen = ledger();
    EXPECT_EQ(seen.armed, 2);
    EXPECT_EQ(seen.overdue, 0);
    EXPECT_EQ(seen.faulted_count, 0);
    db.run(
        "UPDATE timer SET state = 'faulted', fault = 'because' WHERE sensor_id = 7;"
        "UPDATE timer SET next_at = '2026-11-23 11:58:00+00' WHERE sensor_id = 8");
    seen = ledger();
    EXPECT_EQ(seen.faulted_count, 1);
    ASSERT_EQ(seen.faulted.size(), 1U);
    EXPECT_EQ(seen.faulted[0].sensor, "test.s7");
    EXPECT_EQ(seen.faulted[0].why, "because");
    EXPECT_EQ(seen.overdue, 1);
}

TEST_F(CheckupTest, WorkThatWaitsOrBelongsToNobodyIsCounted) {
    arm(db, SensorId{7}, kNoon - 60s);
    Ledger rows(db.database());
    EntryMaker make(rows);
    Entry entries[] = {make.fire(SensorId{7}, kNoon - 60s, kNoon - 50s),
                       make.fire(SensorId{7}, kNoon - 50s, kNoon - 40s)};
    make.answer(entries[0], RuleId{1}).execution->claimed = false;
    make.answer(entries[1], RuleId{1});
    rows.record(Generation{1}, {IncarnationId{1}, 0}, {&entries[0], 1}, {});
    rows.record(Generation{1}, {IncarnationId{1}, 0}, {&entries[1], 1}, {});
    auto seen = ledger();
    EXPECT_EQ(seen.ready, 1);
    EXPECT_EQ(seen.oldest_ready, kNoon - 50s);
    EXPECT_EQ(seen.orphaned, 1);
    EXPECT_THAT(seen.alive, IsEmpty());

    NodeStore nodes(db.database());
    const auto life = nodes.join({.name = "web-1", .hostname = "h", .version = "0.1"}, 20s);
    ASSERT_EQ(life.value, 1);
    seen = ledger();
    EXPECT_EQ(seen.orphaned, 0);
    ASSERT_EQ(seen.alive.size(), 1U);
    EXPECT_EQ(seen.alive[0].name, "web-1");
    nodes.leave(life);
    EXPECT_EQ(ledger().orphaned, 1);
}

TEST_F(CheckupTest, WhatWasAbandonedWithinADayIsCounted) {
    arm(db, SensorId{7}, kNoon - 60s);
    Ledger rows(db.database());
    EntryMaker make(rows);
    auto entry = make.fire(SensorId{7}, kNoon - 60s, kNoon - 50s);
    make.answer(entry, RuleId{1}).execution->claimed = false;
    rows.record(Generation{1}, {}, {&entry, 1}, {});
    EXPECT_EQ(ledger().abandoned, 0);
    db.run("UPDATE execution SET state = 'abandoned', finished_at = now()");
    EXPECT_EQ(ledger().abandoned, 1);
    EXPECT_EQ(examine_ledger(db.database(), kNoon + 25h).abandoned, 0);
}

TEST_F(CheckupTest, ALedgerThatIsTooLargeToLookThroughIsNoFailure) {
    // Whoever looks at an abandoned execution here waits for longer than a statement may take.
    Ledger rows(db.database());
    arm(db, SensorId{7}, kNoon);
    auto database = db.database();
    database.statement_timeout = 50ms;
    db.run(
        "CREATE FUNCTION attune.slow() RETURNS boolean LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(10); RETURN true; END'");
    EntryMaker make(rows);
    auto entry = make.fire(SensorId{7}, kNoon, kNoon + 10s);
    make.answer(entry, RuleId{1}).execution->claimed = false;
    rows.record(Generation{1}, {}, {&entry, 1}, {});
    db.run(
        "UPDATE execution SET state = 'abandoned', finished_at = now();"
        "ALTER TABLE execution RENAME TO execution_rows;"
        "CREATE VIEW execution AS SELECT * FROM execution_rows"
        " WHERE state <> 'abandoned' OR attune.slow()");
    const auto seen = examine_ledger(database, kNoon + 20s);
    EXPECT_EQ(seen.armed, 1);
    EXPECT_EQ(seen.abandoned, std::nullopt);
}

}  // namespace
}  // namespace attune
