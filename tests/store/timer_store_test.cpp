#include "store/timer_store.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/support/ledger_rows.h"
#include "tests/support/times.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

class TimerStoreTest : public testing::Test {
protected:
    // An event of `fired_at`, recorded so many seconds after the test began.
    void event(std::int64_t id, TimePoint fired_at, int recorded) {
        db.run(fmt::format(
            "SELECT make_day('{0}'::timestamptz::date);"
            "INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at,"
            "                   recorded_at, origin, dedupe_key, trigger_ref, sensor_ref)"
            " VALUES ({1}, '{0}', 1, 1, 1, '{0}', now() + {2} * interval '1 s', 'timer', '',"
            "         '', '')",
            format_rfc3339(fired_at), id, recorded));
    }

    TestDatabase db;
    TimerStore store{db.database()};
};

TEST_F(TimerStoreTest, AnEmptyLedgerHoldsNothingAgainstAClock) {
    const auto moments = store.ledger_moments();
    EXPECT_EQ(moments.newest_fire, std::nullopt);
    EXPECT_EQ(moments.oldest_day, std::nullopt);
}

TEST_F(TimerStoreTest, TheNewestFireIsTheOneRecordedLast) {
    event(10, at("2038-01-19T03:14:07Z"), 1);
    event(20, at("12:00:00"), 2);
    EXPECT_EQ(store.ledger_moments().newest_fire, at("12:00:00"));
    // Of another executor's block of ids.
    event(15, at("12:00:07"), 3);
    EXPECT_EQ(store.ledger_moments().newest_fire, at("12:00:07"));
}

TEST_F(TimerStoreTest, TheOldestDayIsTheOldestPartitions) {
    event(10, at("2026-11-23T12:00:00Z"), 1);
    event(20, at("2026-10-01T23:59:59Z"), 1);
    event(30, at("2027-01-01T00:00:00Z"), 1);
    EXPECT_EQ(store.ledger_moments().oldest_day, at("2026-10-01T00:00:00Z"));
    db.run("DROP TABLE event_20261001");
    EXPECT_EQ(store.ledger_moments().oldest_day, at("2026-11-23T00:00:00Z"));
}

// More than one portion, and each worker its share.
TEST_F(TimerStoreTest, EveryArmedTimerIsVisitedOnceByItsWorker) {
    db.run(
        "INSERT INTO sensor (id, ref, label, runtime_ref, trigger, trigger_ref, enabled, "
        "config,"
        "                    origin, generation)"
        " SELECT n, 'test.s' || n, '', 'core.sensor.builtin', 1, 'core.intervaltimer', true,"
        "        '{}', 'migration', 1 FROM generate_series(1, 25000) n;"
        "INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)"
        " SELECT id, 1, now(), now(), 1, CASE WHEN id % 5 = 0 THEN 'paused' ELSE 'armed' END"
        " FROM sensor WHERE ref LIKE 'test.%'");
    std::vector<std::int64_t> visited;
    EXPECT_EQ(store.count(TimerShard{}), 20'000U);
    for (const int worker : {0, 1, 2}) {
        store.load(TimerShard{worker, 3}, [&](const TimerRow& row) {
            EXPECT_EQ(row.cursor.sensor.value % 3, worker);
            visited.push_back(row.cursor.sensor.value);
        });
    }
    std::sort(visited.begin(), visited.end());
    std::vector<std::int64_t> expected;
    for (std::int64_t id = 1; id <= 25'000; ++id) {
        if (id % 5 != 0) expected.push_back(id);
    }
    EXPECT_EQ(visited, expected);
}

}  // namespace
}  // namespace attune
