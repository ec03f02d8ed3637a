#include "store/queries.h"

#include <gmock/gmock.h>

#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

// Two sensors that fired five times each, ten seconds apart, over midnight at the end.
class QueriesTest : public testing::Test {
protected:
    QueriesTest() {
        arm(db, SensorId{7}, kNoon);
        arm(db, SensorId{8}, kNoon);
        for (const auto sensor : {SensorId{7}, SensorId{8}}) {
            for (int n = 0; n < 5; ++n) {
                auto entry = make.fire(sensor, at(n - 1), at(n));
                make.answer(entry, RuleId{sensor.value});
                ledger.record(Generation{1}, owner, {&entry, 1}, {});
                entries.push_back(entry);
            }
        }
        const Completion done = completion_of(entries.at(0));
        ledger.complete({&done, 1});
    }

    static TimePoint at(int n) {
        if (n < 0) return kNoon;
        return n == 4 ? kNoon + 13h : kNoon + (n + 1) * 10s;
    }
    std::vector<std::string> moments(const Filter& filter) {
        std::vector<std::string> list;
        for (const auto& event : queries.events(filter)) {
            list.push_back(event.sensor_ref.substr(5) + " " +
                           format_rfc3339(event.scheduled_at));
        }
        return list;
    }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner{.incarnation = IncarnationId{5}, .executor = 1};
    Queries queries{db.database()};
    std::vector<Entry> entries;
};

TEST_F(QueriesTest, ListsTheNewestFirst) {
    EXPECT_THAT(moments({.sensor_ref = "test.s7"}),
                ElementsAre("s7 2026-11-24T01:00:00Z", "s7 2026-11-23T12:00:40Z",
                            "s7 2026-11-23T12:00:30Z", "s7 2026-11-23T12:00:20Z",
                            "s7 2026-11-23T12:00:10Z"));
}

TEST_F(QueriesTest, PagesWithoutGapsOrRepeats) {
    std::vector<std::int64_t> seen;
    Filter filter{.limit = 3};
    for (auto page = queries.events(filter); !page.empty(); page = queries.events(filter)) {
        for (const auto& event : page) seen.push_back(event.id.value);
        filter.after_at = page.back().scheduled_at;
        filter.after_id = page.back().id.value;
    }
    EXPECT_THAT(seen, SizeIs(10));
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST_F(QueriesTest, KeepsToTheTimeAsked) {
    EXPECT_THAT(moments({.sensor_ref = "test.s8", .from = kNoon + 20s, .through = kNoon + 30s}),
                ElementsAre("s8 2026-11-23T12:00:30Z", "s8 2026-11-23T12:00:20Z"));
    EXPECT_THAT(moments({.trigger_ref = "no.such"}), IsEmpty());
}

TEST_F(QueriesTest, FiltersWhatFollowsFromEventsByWhereItCameFrom) {
    EXPECT_THAT(queries.enforcements({.sensor_ref = "test.s7"}), SizeIs(5));
    EXPECT_THAT(queries.enforcements({.rule_ref = "test.r8", .state = "processed"}), SizeIs(5));
    EXPECT_THAT(queries.executions({.state = "succeeded"}), SizeIs(1));
    EXPECT_THAT(queries.executions({.rule_ref = "test.r7", .action_ref = "core.echo"}),
                SizeIs(5));
    EXPECT_THAT(queries.executions({.action_ref = "core.noop"}), IsEmpty());
}

TEST_F(QueriesTest, TracesAnExecutionToItsEvent) {
    const auto& entry = entries.at(0);
    const auto trace = queries.trace(completion_of(entry).key.id);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->execution.state, "succeeded");
    EXPECT_EQ(trace->execution.sensor_ref, "test.s7");
    EXPECT_EQ(trace->execution.result, "{\"stdout\": \"hello\"}");
    EXPECT_EQ(trace->enforcement->id, entry.answers.at(0).id);
    EXPECT_EQ(trace->event->id, entry.event->id);
    EXPECT_EQ(trace->event->generation, Generation{1});
    EXPECT_FALSE(queries.trace(ExecutionId{123456789}));
}

TEST_F(QueriesTest, ShowsAttemptsThatWereLost) {
    ledger.release_forgotten(owner, {}, 0s, kNoon);
    const auto trace = queries.trace(completion_of(entries.at(1)).key.id);
    ASSERT_THAT(trace->attempts, SizeIs(1));
    EXPECT_EQ(trace->attempts.at(0).outcome, "lost");
    EXPECT_EQ(trace->attempts.at(0).incarnation, IncarnationId{5});
    EXPECT_EQ(trace->execution.attempt, 2);
}

TEST_F(QueriesTest, CountsForTheStatus) {
    const auto figures = queries.figures(kNoon + 15s);
    EXPECT_EQ(figures.events, 8);
    EXPECT_EQ(figures.enforcements, 8);
    EXPECT_THAT(queries.figures(kNoon).executions,
                ElementsAre(Pair("scheduled", 9), Pair("succeeded", 1)));
    EXPECT_EQ(figures.claimed, 9);
    EXPECT_EQ(figures.ready, 0);
    EXPECT_THAT(figures.timers, ElementsAre(Pair("armed", 2)));
}

TEST_F(QueriesTest, ShowsATimer) {
    const auto timer = queries.timer(SensorId{7});
    ASSERT_TRUE(timer);
    EXPECT_EQ(timer->state, "armed");
    EXPECT_EQ(timer->fires, 5);
    EXPECT_EQ(timer->cursor_at, kNoon + 13h);
    EXPECT_FALSE(queries.timer(SensorId{99}));
}

}  // namespace
}  // namespace attune
