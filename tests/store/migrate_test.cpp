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

TEST(Migrate, RefusesASchemaOfANewerBinary) {
    TestDatabase db;
    db.run(
        "INSERT INTO schema_migration (version, name, checksum)"
        " VALUES (900, 'migrations/0900_later.sql', '')");
    EXPECT_THROW(migrate(db.database()), SchemaTooNew);
    EXPECT_THROW(require_schema(db.database()), SchemaTooNew);
}

}  // namespace
}  // namespace attune
