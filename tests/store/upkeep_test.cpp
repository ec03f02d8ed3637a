#include "store/upkeep.h"

#include <gmock/gmock.h>

#include "store/queries.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

class UpkeepTest : public testing::Test {
protected:
    std::string days() {
        return db.table(
            "SELECT relname FROM pg_class WHERE relname ~ '^event_\\d+$'"
            " AND relkind = 'r' ORDER BY 1");
    }

    TestDatabase db;
    Upkeep upkeep{db.database()};
};

TEST_F(UpkeepTest, MakesTheDaysAheadThatAreMissing) {
    upkeep.make_partitions(kNoon, kNoon + 48h);
    EXPECT_EQ(days(), "event_20261123\nevent_20261124\nevent_20261125");
    upkeep.make_partitions(kNoon, kNoon + 72h);
    EXPECT_EQ(days(), "event_20261123\nevent_20261124\nevent_20261125\nevent_20261126");
}

TEST_F(UpkeepTest, ADayIsADayOfUtcWhateverTheServersZone) {
    db.run("ALTER DATABASE " + db.name() + " SET timezone = 'Pacific/Apia'");
    upkeep.make_partitions(kNoon, kNoon);
    EXPECT_EQ(db.value("SELECT pg_get_expr(relpartbound, oid) FROM pg_class"
                       " WHERE relname = 'event_20261123'"),
              "FOR VALUES FROM ('2026-11-23 00:00:00+00') TO ('2026-11-24 00:00:00+00')");
}

TEST_F(UpkeepTest, SeesWorkThatWaitsOnceItsTimeHasCome) {
    EXPECT_EQ(upkeep.standing(kNoon).ready, 0);
    arm(db, SensorId{7}, kNoon);
    Ledger ledger(db.database());
    EntryMaker make(ledger);
    auto fire = make.fire(SensorId{7}, kNoon, kNoon + 10s);
    make.answer(fire, RuleId{1}).execution->claimed = false;
    ledger.record(Generation{1}, {}, {&fire, 1}, {});
    EXPECT_EQ(upkeep.standing(kNoon).ready, 0);
    EXPECT_EQ(upkeep.standing(kNoon + 10s).ready, 1);
    ledger.claim_ready({IncarnationId{1}, 0}, 1, kNoon + 10s);
    EXPECT_EQ(upkeep.standing(kNoon + 10s).ready, 0);
}

TEST_F(UpkeepTest, AddsUpWhatRulesMadeOfTheirEvents) {
    const RuleCount first[] = {
        {.rule = RuleId{2},
         .matched = 1,
         .unmatched = 3,
         .errored = 0,
         .last_reason = "type: \"a\"",
         .last_at = kNoon},
        {.rule = RuleId{1}, .matched = 5, .last_reason = {}, .last_at = {}}};
    upkeep.add(first);
    const RuleCount second[] = {
        {.rule = RuleId{2}, .matched = 2, .errored = 1, .last_reason = {}, .last_at = {}}};
    upkeep.add(second);
    Queries queries(db.database());
    const auto rule = queries.rule(RuleId{2});
    EXPECT_EQ(rule.matched, 3);
    EXPECT_EQ(rule.unmatched, 3);
    EXPECT_EQ(rule.errored, 1);
    EXPECT_EQ(rule.last_reason, "type: \"a\"");
    EXPECT_EQ(rule.last_at, kNoon);
    EXPECT_EQ(queries.rule(RuleId{1}).matched, 5);
    EXPECT_EQ(queries.rule(RuleId{9}).matched, 0);
}

TEST_F(UpkeepTest, ForgetsOldAttemptsButNoVersionThatAnEventRefersTo) {
    db.run(
        "INSERT INTO config_revision (id, tree, started_at, finished_at, outcome, objects,"
        "  frozen) OVERRIDING SYSTEM VALUE"
        "  SELECT n, '', '2026-01-01', '2026-01-01', 'applied', 1, 0"
        "  FROM generate_series(1, 4) n;"
        "INSERT INTO config_change (generation, kind, ref, revision_id, change, changed_at)"
        "  SELECT n * 10, 'Sensor', 'ops.x', n, 'update', '2026-01-01'"
        "  FROM generate_series(1, 3) n;"
        "SELECT make_day('2026-01-02');"
        "INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at,"
        "  origin, dedupe_key, trigger_ref, sensor_ref)"
        "  VALUES (1, '2026-01-02', 7, 1, 25, '2026-01-02', 'timer', '', 't.t', 's.s')");
    upkeep.forget_revisions(kNoon);
    upkeep.forget_revisions(kNoon);
    // The event was evaluated at 25, so the version of 20 was in force, and 10 was not.
    EXPECT_EQ(db.table("SELECT generation FROM config_change WHERE ref = 'ops.x' ORDER BY 1"),
              "20\n30");
    EXPECT_EQ(db.table("SELECT id FROM config_revision ORDER BY 1"), "2\n3");
}

}  // namespace
}  // namespace attune
