#include "store/host_sensor_store.h"

#include <gmock/gmock.h>

#include "store/errors.h"
#include "store/migrate.h"
#include "store/queries.h"
#include "tests/support/database.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr SensorId kDoor{7};
constexpr SensorId kGate{8};

class HostSensorStoreTest : public testing::Test {
protected:
    void save(std::vector<HostProgress> progress, std::vector<HostSkip> skips = {}) {
        store.save(EventOrigin::kJournal, progress, skips);
    }

    TestDatabase db;
    HostSensorStore store{db.database()};
};

TEST_F(HostSensorStoreTest, KnowsHowFarEachSensorHasCome) {
    EXPECT_THAT(store.load(EventOrigin::kJournal), IsEmpty());
    save({{kDoor, {{"cursor", "a\nb"}}}, {kGate, {{"cursor", "c"}}}});
    save({{kDoor, {{"cursor", "d"}}}});
    EXPECT_THAT(
        store.load(EventOrigin::kJournal),
        ElementsAre(Pair(kDoor, Json{{"cursor", "d"}}), Pair(kGate, Json{{"cursor", "c"}})));
}

TEST_F(HostSensorStoreTest, KeepsEachOriginToItself) {
    save({{kDoor, 1}});
    EXPECT_THAT(store.load(EventOrigin::kSystemd), IsEmpty());
    const std::vector<SensorId> both = {kDoor, kGate};
    store.forget(EventOrigin::kSystemd, both);
    EXPECT_THAT(store.load(EventOrigin::kJournal), ElementsAre(Pair(kDoor, Json(1))));
    store.forget(EventOrigin::kJournal, both);
    EXPECT_THAT(store.load(EventOrigin::kJournal), IsEmpty());
}

TEST_F(HostSensorStoreTest, WritesWhatWasPassedOverWithTheProgressPastIt) {
    save({{kDoor, 1}}, {{.sensor = kDoor,
                         .reason = HostSkipReason::kBurst,
                         .count = 40,
                         .since = kNoon,
                         .through = kNoon + 1s,
                         .detail = {}},
                        {.sensor = kDoor,
                         .reason = HostSkipReason::kVacuumed,
                         .count = std::nullopt,
                         .since = std::nullopt,
                         .through = std::nullopt,
                         .detail = "it's gone"}});
    EXPECT_EQ(db.table("SELECT sensor_id, reason, coalesce(count, -1), micros(through_at) -"
                       " micros(since_at), detail FROM sensor_skip ORDER BY id"),
              "7|burst|40|1000000|\n7|vacuumed|-1||it's gone");
}

TEST_F(HostSensorStoreTest, TellsOfItsProgressAndItsNewestSkips) {
    Queries queries(db.database());
    EXPECT_FALSE(queries.host_sensor(kDoor));
    for (int n = 1; n <= 12; ++n) {
        save({{kDoor, n}}, {{.sensor = kDoor,
                             .reason = HostSkipReason::kBurst,
                             .count = n,
                             .since = kNoon,
                             .through = kNoon + 1s,
                             .detail = {}}});
    }
    const auto figures = queries.host_sensor(kDoor);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->position, "12");
    ASSERT_EQ(figures->skips.size(), 10U);
    EXPECT_EQ(figures->skips[0].count, 12);
    EXPECT_EQ(figures->skips[0].reason, "burst");
    EXPECT_EQ(figures->skips[0].through, kNoon + 1s);
}

// The check of a day that was made before the migration is of that time.
TEST(HostSensorsMigration, LetsDaysThatAreThereHaveEventsOfTheHost) {
    TestDatabase db(TestDatabase::Shape::kEmpty);
    migrate_through(db.database(), 7);
    db.run("SELECT make_day('2026-11-23')");
    migrate(db.database());
    db.run("SELECT make_day('2026-11-24')");
    const auto insert = [&](const std::string& day, const std::string& origin) {
        db.run(
            "INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation,"
            " fired_at, origin, dedupe_key, trigger_ref, sensor_ref) VALUES (1, '" +
            day + "', 1, 1, 1, '" + day + "', '" + origin + "', 'k', '', '')");
    };
    for (const char* day : {"2026-11-23", "2026-11-24"}) {
        EXPECT_THROW(insert(day, "elsewhere"), StoreRefused);
        EXPECT_NO_THROW(insert(day, "journal"));
    }
}

}  // namespace
}  // namespace attune
