#include "store/migrate.h"

#include <gmock/gmock.h>

#include "store/errors.h"
#include "tests/support/database.h"

namespace attune {
namespace {

TEST(Migrate, BringsAnEmptyDatabaseToTheNewestSchema) {
    TestDatabase db(TestDatabase::Shape::kEmpty);
    const auto migrated = migrate(db.database());
    EXPECT_EQ(migrated.from, 0);
    EXPECT_EQ(migrated.through, newest_schema_version());
    EXPECT_FALSE(migrated.adopted);
}

TEST(Migrate, ChangesNothingTheSecondTime) {
    TestDatabase db;
    const auto migrated = migrate(db.database());
    EXPECT_EQ(migrated.from, newest_schema_version());
    EXPECT_EQ(migrated.through, newest_schema_version());
}

TEST(Migrate, EndsWithoutASensorOrARule) {
    TestDatabase db;
    EXPECT_EQ(db.value("SELECT (SELECT count(*) FROM sensor) + (SELECT count(*) FROM rule)"),
              "0");
    EXPECT_EQ(db.table("SELECT ref, label FROM trigger ORDER BY ref"),
              "core.crontimer|Cron Timer\n"
              "core.datetimetimer|Datetime Timer\n"
              "core.intervaltimer|Interval Timer");
}

// Called for every row instead, they are what reading a million timers takes most time for.
TEST(Migrate, MakesFunctionsOfTimeThatTheServerInlines) {
    TestDatabase db;
    const auto plan = db.table(
        "EXPLAIN (VERBOSE, COSTS off) SELECT micros(created_at), instant(generation)"
        " FROM sensor");
    EXPECT_THAT(plan, testing::HasSubstr("Output: "));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("micros(")));
    EXPECT_THAT(plan, testing::Not(testing::HasSubstr("instant(")));
}

TEST(Migrate, RefusesASchemaOfANewerBinary) {
    TestDatabase db;
    db.run(
        "INSERT INTO schema_migration (version, name, checksum)"
        " VALUES (900, 'migrations/0900_later.sql', '')");
    EXPECT_THROW(migrate(db.database()), SchemaTooNew);
    EXPECT_THROW(require_schema(db.database()), SchemaTooNew);
}

TEST(RequireSchema, IsContentWithTheNewestAndRefusesWhatIsBefore) {
    EXPECT_NO_THROW(require_schema(TestDatabase().database()));
    const auto why = [](const TestDatabase& db) -> std::string {
        try {
            require_schema(db.database());
            return "";
        } catch (const SchemaRefused& refusal) {
            return refusal.what();
        }
    };
    TestDatabase db(TestDatabase::Shape::kEmpty);
    EXPECT_THAT(why(db), testing::HasSubstr("has no schema of attune"));
    migrate_through(db.database(), 1);
    EXPECT_THAT(why(db), testing::HasSubstr("is at schema 1, and this attune needs"));
    db.run("DROP TABLE attune.schema_migration");
    EXPECT_THAT(why(db), testing::HasSubstr("an older system's tables"));
}

}  // namespace
}  // namespace attune
