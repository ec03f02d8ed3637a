// The thread around the timers, stepped by hand over a real database: what it loads, when the
// clock may be believed, and what new rules of a zone do.
#include "daemon/sensor/timer_loop.h"

#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "core/limits.h"
#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/support/times.h"
#include "wire/messages.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

MATCHER_P(FiresAt, when, "") { return arg.fires && arg.through == when; }

MATCHER(IsSameDecision, "") {
    const auto told = [](const Decision& d) {
        return std::tuple(d.sensor, d.spec_rev, d.from, d.through, d.fires, d.misfire,
                          d.skipped, d.reason, d.due_at, d.fired_at, d.exhausted, d.next_at,
                          d.occurrence);
    };
    return told(std::get<0>(arg)) == told(std::get<1>(arg));
}

class TimerLoopTest : public testing::Test {
protected:
    TimerLoopTest() : zones(zone_directory.path().string()) {
        put_zone("Europe/Berlin");
        options.executors = 1;
        options.built_at = at("2026-11-20T00:00:00Z");
    }

    // The rules of the one zone there is, "Home".
    void put_zone(const std::string& rules) {
        // As a package manager does it: another file under the old name.
        const auto fresh = zone_directory.path() / "fresh";
        std::filesystem::copy_file("/usr/share/zoneinfo/" + rules, fresh);
        std::filesystem::rename(fresh, zone_directory.path() / "Home");
    }

    void cron(const std::string& name, const std::string& expression) {
        tree.write("packs/ops/sensors/" + name + ".yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops." + name +
                       "}\nspec:\n  trigger: core.crontimer\n  config: {expression: \"" +
                       expression + "\", timezone: Home}\n");
    }

    void apply(TimePoint now) {
        Reconciler(tree.path().string(), db.database(), zones)
            .reconcile(now, 0s, {.in_full = true});
    }

    // An event that was fired at `at` by the clock of the time, and recorded after all others.
    void recorded_event(TimePoint fired_at) {
        db.run(fmt::format(
            "SELECT make_day('{0}'::timestamptz::date);"
            "INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at,"
            "                   recorded_at, origin, dedupe_key, trigger_ref, sensor_ref)"
            " VALUES ({1}, '{0}', 1, 1, 1, '{0}', now() + {1} * interval '1 s', 'timer', '',"
            "         '', '')",
            format_rfc3339(fired_at), ++events));
    }

    std::vector<Decision> step(TimePoint now) {
        if (!loop) {
            loop = std::make_unique<TimerLoop>(
                options, db.database(), TimerShared{bus, zones, drain, waiting, vitals, log});
        }
        loop->step({now, 0s});
        std::vector<Decision> decisions;
        while (auto bytes = executor.receive()) {
            const auto message = decode(*bytes).value();
            const auto& some = std::get<Decisions>(message).decisions;
            decisions.insert(decisions.end(), some.begin(), some.end());
        }
        return decisions;
    }

    void confirm(const std::vector<Decision>& decisions) {
        Confirmations message;
        for (const auto& each : decisions) {
            message.confirmations.push_back({each.sensor, each.spec_rev, each.through, true});
        }
        to_timers.send(encode(message));
    }

    // Steps and confirms at once, as long as something is decided.
    std::vector<Decision> run(TimePoint now) {
        std::vector<Decision> all;
        for (;;) {
            const auto decisions = step(now);
            if (decisions.empty()) return all;
            all.insert(all.end(), decisions.begin(), decisions.end());
            confirm(decisions);
        }
    }

    TestDatabase db;
    ManifestTree tree;
    TempDirectory zone_directory;
    ZoneFiles zones;
    TimerLoopOptions options;
    Bus bus;
    Drain drain;
    std::atomic<int> waiting{0};
    Vitals vitals;
    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    Inbox executor{bus, "executor.0"};
    std::unique_ptr<TimerLoop> loop;
    Outbox to_timers{bus, {"timers.0"}};
    int events = 0;
};

// ---- The clock.

TEST_F(TimerLoopTest, NothingFiresBeforeTheDayTheProgramWasBuilt) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    EXPECT_THAT(step(at("1970-01-01T00:00:12Z")), IsEmpty());
    EXPECT_EQ(waiting, 1);
    EXPECT_EQ(loop->wake_at(), options.built_at);
    EXPECT_THAT(written.str(), HasSubstr("waiting_for_clock: it says 1970-01-01T00:00:12Z, but "
                                         "this program was built on 2026-11-20T00:00:00Z"));

    written.str("");
    EXPECT_THAT(step(at("1970-01-01T00:01:12Z")), IsEmpty());
    EXPECT_THAT(written.str(), Not(HasSubstr("waiting_for_clock")));

    EXPECT_THAT(step(at("12:00:10")), ElementsAre(FiresAt(at("12:00:10"))));
    EXPECT_EQ(waiting, 0);
    EXPECT_THAT(written.str(), HasSubstr("timers go on"));
}

TEST_F(TimerLoopTest, AClockSetTo1970WhileRunningFiresNothingAndRewindsNothing) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    EXPECT_THAT(run(at("12:00:10")), SizeIs(1));
    EXPECT_THAT(run(at("1970-01-01T00:00:12Z")), IsEmpty());
    EXPECT_THAT(run(at("12:00:20")), ElementsAre(FiresAt(at("12:00:20"))));
    EXPECT_THAT(written.str(), Not(HasSubstr("clock_regressed")));
}

TEST_F(TimerLoopTest, NothingFiresAtTheStartWhileTheClockIsBehindTheRecord) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    recorded_event(at("12:30:00"));
    EXPECT_THAT(step(at("12:00:10")), IsEmpty());
    EXPECT_EQ(waiting, 1);
    EXPECT_EQ(loop->wake_at(), at("12:25:00"));
    EXPECT_THAT(written.str(),
                HasSubstr("the newest fire on record is of 2026-11-23T12:30:00Z"));
    EXPECT_THAT(step(at("12:25:00")), Not(IsEmpty()));
}

TEST_F(TimerLoopTest, AnAdministratorMayTrustTheClockMoreThanTheRecord) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    recorded_event(at("12:30:00"));
    options.trust_clock = true;
    EXPECT_THAT(step(at("12:00:10")), ElementsAre(FiresAt(at("12:00:10"))));
}

TEST_F(TimerLoopTest, AClockThatWasYearsAheadOnceIsForgottenWithTheNextFire) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    recorded_event(at("2038-01-01T00:00:00Z"));
    recorded_event(at("12:00:05"));
    EXPECT_THAT(step(at("12:00:10")), ElementsAre(FiresAt(at("12:00:10"))));
}

TEST_F(TimerLoopTest, AClockSetBackWhileRunningRewindsAndIsSaid) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    run(at("12:30:00"));
    const auto rewind = step(at("12:20:05"));
    ASSERT_THAT(rewind, SizeIs(1));
    EXPECT_FALSE(rewind[0].fires);
    EXPECT_EQ(rewind[0].through, at("12:20:05"));
    EXPECT_EQ(waiting, 0);
    EXPECT_THAT(written.str(), HasSubstr("clock_regressed: 1 timers"));
}

TEST_F(TimerLoopTest, ACursorIsNeverRewoundBelowTheOldestDayOnRecord) {
    tree.interval("tick", 10);
    apply(at("12:00:00"));
    run(at("12:30:00"));
    recorded_event(at("12:10:00"));
    const auto rewind = step(at("2026-11-22T12:00:00Z"));
    ASSERT_THAT(rewind, SizeIs(1));
    EXPECT_EQ(rewind[0].through, at("2026-11-23T00:00:00Z"));
}

// ---- Zones.

TEST_F(TimerLoopTest, TimersFollowNewRulesOfTheirZone) {
    cron("noon", "0 12 * * *");
    tree.interval("tick", 86'400);
    apply(at("2026-11-23T00:00:00Z"));
    EXPECT_THAT(run(at("2026-11-23T00:00:00Z")), IsEmpty());
    EXPECT_EQ(loop->wake_at(), at("2026-11-23T11:00:00Z"));

    put_zone("Asia/Tokyo");
    EXPECT_THAT(run(at("2026-11-23T01:00:00Z")), IsEmpty());
    EXPECT_EQ(loop->wake_at(), at("2026-11-23T11:00:00Z"));
    EXPECT_THAT(zones.reload().changed, ElementsAre("Home"));
    EXPECT_THAT(run(at("2026-11-23T01:00:00Z")), IsEmpty());
    EXPECT_EQ(loop->wake_at(), at("2026-11-23T03:00:00Z"));
    EXPECT_THAT(
        written.str(),
        HasSubstr("cron 0 12 * * * in Home: 1 timers follow new rules of their zone, the "
                  "next at 2026-11-23T03:00:00Z instead of 2026-11-23T11:00:00Z"));
    EXPECT_THAT(run(at("2026-11-23T03:00:00Z")),
                ElementsAre(FiresAt(at("2026-11-23T03:00:00Z"))));
    EXPECT_EQ(loop->wake_at(), at("2026-11-24T00:00:00Z"));
}

TEST_F(TimerLoopTest, NewRulesRepeatNothingThatWasDecided) {
    cron("noon", "0 12 * * *");
    apply(at("2026-11-23T00:00:00Z"));
    EXPECT_THAT(run(at("2026-11-23T11:00:00Z")),
                ElementsAre(FiresAt(at("2026-11-23T11:00:00Z"))));
    // By the new rules noon was at 03:00Z, before the cursor.
    put_zone("Asia/Tokyo");
    zones.reload();
    EXPECT_THAT(run(at("2026-11-23T11:00:01Z")), IsEmpty());
    EXPECT_EQ(loop->wake_at(), at("2026-11-24T03:00:00Z"));
}

TEST_F(TimerLoopTest, ASensorAddedAfterAnUpdateIsOnTheNewRules) {
    cron("noon", "0 12 * * *");
    apply(at("2026-11-23T00:00:00Z"));
    run(at("2026-11-23T00:00:00Z"));
    put_zone("Asia/Tokyo");
    zones.reload();
    cron("noon_too", "0 12 * * *");
    apply(at("2026-11-23T01:00:00Z"));
    to_timers.send(encode(CatalogChanged{Generation{100}}));
    EXPECT_THAT(run(at("2026-11-23T03:00:00Z")), SizeIs(2));
}

// ---- Loading.

// Rows of every kind, in bulk: what a loop that compiles each config once makes of them is
// what compiling each row by itself makes.
TEST_F(TimerLoopTest, TwentyThousandTimersAreArmedAsTheirRowsSay) {
    constexpr int kTimers = 20'000;
    db.run(fmt::format(
        R"sql(
INSERT INTO sensor (id, ref, label, runtime_ref, trigger, trigger_ref, enabled, config, origin,
                    generation)
SELECT n, 'bulk.s' || n, '', 'core.sensor.builtin', t.id, t.ref, true, c.config, 'migration', 1
FROM generate_series(1, {}) AS n
JOIN (VALUES
    (0, 'core.intervaltimer', '{{"unit": "seconds", "interval": 30}}'::jsonb),
    (1, 'core.intervaltimer', '{{"unit": "minutes", "interval": 2, "jitter": 50}}'),
    (2, 'core.intervaltimer',
     '{{"unit": "minutes", "interval": 1, "anchor": "epoch", "phase": "7s"}}'),
    (3, 'core.crontimer', '{{"expression": "*/2 * * * *", "timezone": "Home"}}'),
    (4, 'core.crontimer', '{{"expression": "30 * * * * *", "jitter": "20s"}}'),
    (5, 'core.datetimetimer', '{{"fire_at": "2026-11-23T12:01:00Z"}}'),
    (6, 'core.datetimetimer',
     '{{"fire_at": "2026-11-23T11:59:00Z", "misfire": {{"policy": "fire_once"}}}}'))
    AS c (kind, trigger_ref, config) ON c.kind = n % 7
JOIN trigger t ON t.ref = c.trigger_ref;
INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)
SELECT id, 1, '2026-11-23T11:58:00Z'::timestamptz + id % 100 * interval '1 s',
       '2026-11-23T12:00:00Z'::timestamptz - id % 3 * interval '2 min', 1, 'armed'
FROM sensor WHERE origin = 'migration' AND ref LIKE 'bulk.%')sql",
        kTimers));
    const auto now = at("2026-11-23T12:02:10Z");

    std::map<SensorId, std::vector<Decision>> expected;
    TimerStore(db.database()).load(TimerShard{}, [&](const TimerRow& row) {
        const auto schedule =
            compile_schedule(*Ref::parse(row.trigger_ref), Json::parse(row.config),
                             row.anchor_at, *Ref::parse(row.sensor_ref), zones)
                .value();
        auto cursor = row.cursor;
        auto& decisions = expected[row.cursor.sensor];
        while (const auto decision = decide(schedule, cursor, now)) {
            decisions.push_back(*decision);
            cursor.cursor = decision->through;
            cursor.fires += decision->fires ? 1 : 0;
        }
    });
    ASSERT_THAT(expected, SizeIs(kTimers));

    std::map<SensorId, std::vector<Decision>> decided;
    for (const auto& decision : run(now)) decided[decision.sensor].push_back(decision);
    for (const auto& [sensor, decisions] : expected) {
        ASSERT_THAT(decided[sensor], testing::Pointwise(IsSameDecision(), decisions))
            << sensor.value;
    }
}

}  // namespace
}  // namespace attune
