// The seed's database becomes ours: tests/fixtures/store/old_shape.sql through the chain.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "store/errors.h"
#include "store/migrate.h"
#include "tests/support/database.h"

namespace attune {
namespace {

using testing::HasSubstr;

std::string old_shape() {
    std::ifstream file(ATTUNE_SOURCE_DIR "/tests/fixtures/store/old_shape.sql");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class ConversionTest : public testing::Test {
protected:
    ConversionTest() { db.run(old_shape()); }

    void convert() { migrated = migrate(db.database()); }

    // Everything a conversion writes, as text.
    std::string snapshot() {
        std::string all;
        for (const char* table : {"pack", "runtime", "trigger", "sensor", "action", "rule",
                                  "event", "enforcement", "execution", "timer", "timer_rev",
                                  "timer_skip", "config_change", "config_state"}) {
            all +=
                db.table(std::string("SELECT xmin, * FROM ") + table + " ORDER BY ctid") + "\n";
        }
        return all;
    }

    // The refusal of a fixture whose 10 second timer has `shape`.
    std::string refusal_of(const std::string& shape) {
        db.run("UPDATE trigger SET param_schema = '" + shape + "' WHERE id = 1");
        try {
            convert();
        } catch (const SchemaRefused& refusal) {
            return refusal.what();
        }
        return "converted";
    }

    std::string config_of(const std::string& shape) {
        db.run("UPDATE trigger SET param_schema = '" + shape + "' WHERE id = 1");
        convert();
        return db.value("SELECT config FROM sensor WHERE ref = 'core.timer_10s_sensor'");
    }

    TestDatabase db{TestDatabase::Shape::kEmpty};
    Migrated migrated;
};

TEST_F(ConversionTest, AdoptsADatabaseByItsTables) {
    convert();
    EXPECT_TRUE(migrated.adopted);
    EXPECT_EQ(migrated.from, 1);
    EXPECT_EQ(migrated.through, newest_schema_version());
}

TEST_F(ConversionTest, ReplacesTimerTriggersByTheGenericThree) {
    convert();
    EXPECT_EQ(db.table("SELECT ref, label FROM trigger ORDER BY ref"),
              "core.crontimer|Cron Timer\n"
              "core.datetimetimer|Datetime Timer\n"
              "core.intervaltimer|Interval Timer\n"
              "ops.deployed|Deployed");
}

TEST_F(ConversionTest, MakesASensorOfEveryTimerAndKeepsWhetherItWasEnabled) {
    convert();
    EXPECT_EQ(
        db.table("SELECT s.ref, s.trigger_ref, t.ref, s.runtime_ref, s.enabled, s.config"
                 " FROM sensor s JOIN trigger t ON t.id = s.trigger ORDER BY s.ref"),
        "core.timer_10s_sensor|core.intervaltimer|core.intervaltimer|core.sensor.builtin|t|"
        "{\"unit\": \"seconds\", \"interval\": 10}\n"
        "core.timer_1m_sensor|core.intervaltimer|core.intervaltimer|core.sensor.builtin|f|"
        "{\"unit\": \"minutes\", \"interval\": 1}\n"
        "core.timer_hourly_sensor|core.crontimer|core.crontimer|core.sensor.builtin|t|"
        "{\"expression\": \"0 0 * * * *\"}\n"
        "ops.cutover_sensor|core.datetimetimer|core.datetimetimer|core.sensor.builtin|t|"
        "{\"fire_at\": \"2020-01-01T00:00:00Z\"}");
}

TEST_F(ConversionTest, PointsRulesToTheirSensorByIdAndRef) {
    convert();
    EXPECT_EQ(
        db.table("SELECT r.ref, r.trigger_ref, t.ref, r.sensors, r.action_ref, r.enabled"
                 " FROM rule r JOIN trigger t ON t.id = r.trigger ORDER BY r.ref"),
        "core.timer_echo_10s|core.intervaltimer|core.intervaltimer|"
        "{core.timer_10s_sensor}|core.echo|t\n"
        "ops.hourly|core.crontimer|core.crontimer|{core.timer_hourly_sensor}|ops.sweep|f\n"
        "ops.minutely|core.intervaltimer|core.intervaltimer|{core.timer_1m_sensor}|"
        "ops.sweep|t\n"
        "ops.once|core.datetimetimer|core.datetimetimer|{ops.cutover_sensor}|core.echo|t");
}

TEST_F(ConversionTest, KeepsWhatWasRecordedUnderTheNamesOfThen) {
    convert();
    EXPECT_EQ(db.table("SELECT id, trigger_ref, trigger_id, origin, scheduled_at FROM event"
                       " ORDER BY id"),
              "1|core.timer_10s|0|migration|2026-02-04 10:00:00+00\n"
              "2|core.timer_1m|0|migration|2026-02-04 10:01:00+00\n"
              "3|core.timer_hourly|0|migration|2026-02-04 11:00:00+00\n"
              "4|ops.cutover|0|migration|2026-02-05 00:00:00+00");
    EXPECT_EQ(db.table("SELECT id, rule_ref, state, reason FROM enforcement ORDER BY id"),
              "1|core.timer_echo_10s|processed|\n2|ops.minutely|suppressed|disabled\n"
              "3|ops.hourly|processed|\n4|ops.once|processed|");
    EXPECT_EQ(db.table("SELECT id, enforcement_id, state, params FROM execution ORDER BY id"),
              "1|1|succeeded|{\"message\": \"hello, world\"}\n2|4|abandoned|{}");
}

TEST_F(ConversionTest, ArmsConvertedTimersThatAreEnabled) {
    convert();
    EXPECT_EQ(db.table("SELECT s.ref, t.state, v.period FROM timer t"
                       " JOIN sensor s ON s.id = t.sensor_id"
                       " LEFT JOIN timer_rev v USING (sensor_id, spec_rev) ORDER BY s.ref"),
              "core.timer_10s_sensor|armed|10000000\n"
              "core.timer_1m_sensor|paused|\n"
              "core.timer_hourly_sensor|armed|\n"
              "ops.cutover_sensor|exhausted|");
    EXPECT_EQ(db.value("SELECT reason FROM timer_skip"), "past_one_shot");
}

TEST_F(ConversionTest, SaysWhereConvertedRowsComeFrom) {
    convert();
    EXPECT_EQ(db.value("SELECT string_agg(DISTINCT origin, ',') FROM sensor"), "migration");
    EXPECT_EQ(db.value("SELECT document -> 'spec' -> 'config' ->> 'interval' FROM sensor"
                       " WHERE ref = 'core.timer_10s_sensor'"),
              "10");
    EXPECT_EQ(db.value("SELECT document #>> '{spec,action,params,message}' FROM rule"
                       " WHERE ref = 'core.timer_echo_10s'"),
              "hello, world");
}

TEST_F(ConversionTest, LeavesTheTablesOfOthersAlone) {
    convert();
    EXPECT_EQ(db.value("SELECT prompt FROM inquiry WHERE execution = 1"), "Go on?");
}

TEST_F(ConversionTest, ChangesNothingTheSecondTime) {
    convert();
    const auto before = snapshot();
    convert();
    EXPECT_EQ(snapshot(), before);
    EXPECT_FALSE(migrated.adopted);
}

TEST_F(ConversionTest, SumsUnitsAndTakesTheLargestExactOne) {
    EXPECT_EQ(config_of(R"({"type": "interval", "minutes": 59, "seconds": 60, "hours": 1})"),
              R"({"unit": "hours", "interval": 2})");
}

TEST_F(ConversionTest, KeepsASumThatIsNoWholeMinuteInSeconds) {
    EXPECT_EQ(config_of(R"({"type": "interval", "minutes": 1, "seconds": 30})"),
              R"({"unit": "seconds", "interval": 90})");
}

TEST_F(ConversionTest, RefusesShapesItDoesNotKnow) {
    for (const char* shape :
         {R"({"type": "sunrise"})", R"({"type": "interval"})",
          R"({"type": "interval", "seconds": 0})", R"({"type": "interval", "seconds": -5})",
          R"({"type": "interval", "seconds": 1.5})", R"({"type": "interval", "days": 1})",
          R"({"type": "cron"})", R"({"type": "cron", "expression": ""})",
          R"({"type": "one_shot", "fire_at": "tomorrow"})",
          R"({"type": "one_shot", "fire_at": "2020-01-01T00:00:00"})",
          R"({"unit": "seconds", "interval": 10})"}) {
        EXPECT_THAT(refusal_of(shape),
                    HasSubstr("trigger core.timer_10s has a timer shape this migration does not"
                              " know"))
            << shape;
        EXPECT_EQ(db.value("SELECT max(version) FROM attune.schema_migration"), "2") << shape;
    }
}

TEST_F(ConversionTest, RefusesTablesThatAreNeitherOursNorTheSeeds) {
    db.run("DROP TABLE rule CASCADE");
    EXPECT_THROW(convert(), SchemaRefused);
}

}  // namespace
}  // namespace attune
