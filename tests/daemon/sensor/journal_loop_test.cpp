// What sensors of core.journal promise: each entry that matches is one event, whatever happens
// in between, and what is not is on record.
#include "daemon/sensor/journal_loop.h"

#include <gmock/gmock.h>

#include "tests/daemon/sensor/journal_rig.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

JournalFiles::Fields entry(const std::string& message) {
    return {{"SYSLOG_IDENTIFIER", "door"}, {"PRIORITY", "3"}, {"MESSAGE", message}};
}

std::vector<JournalFiles::Fields> entries(int count) {
    std::vector<JournalFiles::Fields> all;
    for (int n = 1; n <= count; ++n) all.push_back(entry(std::to_string(n)));
    return all;
}

class JournalLoopTest : public testing::Test, protected JournalRig {
protected:
    JournalLoopTest() { journal.write(entry("before")); }

    void watch_door(const std::string& more = "") {
        sensor("door", "{match: [{identifier: door}]" + more + "}");
        apply();
        step();
    }

    std::string skips() {
        return db.table("SELECT reason, count FROM sensor_skip ORDER BY id");
    }
};

TEST_F(JournalLoopTest, ANewSensorBeginsAtTheJournalsEnd) {
    watch_door();
    EXPECT_THAT(run(), IsEmpty());
    journal.write_all({entry("one"), {{"SYSLOG_IDENTIFIER", "gate"}}, entry("two")});
    EXPECT_THAT(run(), ElementsAre("one", "two"));
    EXPECT_THAT(run(), IsEmpty());
}

TEST_F(JournalLoopTest, AnEventHasTheEntrysCursorAsItsKey) {
    watch_door();
    journal.write(entry("one"));
    const auto fires = step();
    ASSERT_THAT(fires, SizeIs(1));
    EXPECT_EQ(fires[0].origin, EventOrigin::kJournal);
    EXPECT_EQ(fires[0].reply_to, "journal");
    EXPECT_EQ(fires[0].dedupe_key, Json::parse(fires[0].payload)["cursor"]);
    EXPECT_EQ(fires[0].scheduled_at, now);
}

TEST_F(JournalLoopTest, WhatIsLostOnTheWayIsSentAgain) {
    watch_door();
    journal.write(entry("one"));
    const auto first = step();
    EXPECT_THAT(step(500ms), IsEmpty());
    const auto again = step(600ms);
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].dedupe_key, first[0].dedupe_key);
    answer(again[0], RequestOutcome::kDuplicate);
    EXPECT_THAT(step(60s), IsEmpty());
}

TEST_F(JournalLoopTest, ACrashBeforeAnythingIsReadLosesNothing) {
    watch_door();
    loop.reset();
    journal.write(entry("one"));
    start();
    EXPECT_THAT(run(), ElementsAre("one"));
}

TEST_F(JournalLoopTest, AfterACrashWhatWasNotConfirmedIsSentAgainUnderItsKey) {
    watch_door();
    journal.write_all({entry("one"), entry("two"), entry("three")});
    const auto fires = step();
    ASSERT_THAT(fires, SizeIs(3));
    answer(fires[0]);
    answer(fires[2]);
    step(1s);
    step(1s);
    restart();
    const auto again = step();
    ASSERT_THAT(again, SizeIs(2));
    EXPECT_EQ(again[0].dedupe_key, fires[1].dedupe_key);
    EXPECT_EQ(again[1].dedupe_key, fires[2].dedupe_key);
}

TEST_F(JournalLoopTest, AfterARestartNothingThatWasConfirmedComesAgain) {
    watch_door();
    journal.write_all(entries(3));
    EXPECT_THAT(run(), SizeIs(3));
    loop->end({now, elapsed});
    restart();
    EXPECT_THAT(run(), IsEmpty());
}

TEST_F(JournalLoopTest, ReadsNoFurtherAheadThanTheLedgerKeepsUp) {
    watch_door(", limit: {events: 1000}");
    journal.write_all(entries(100));
    const auto fires = step();
    EXPECT_THAT(fires, SizeIs(32));
    EXPECT_THAT(step(), IsEmpty());
    answer(fires[0]);
    const auto more = step();
    ASSERT_THAT(more, SizeIs(1));
    EXPECT_EQ(message_of(more[0]), "33");
}

TEST_F(JournalLoopTest, WhatGoesBeyondTheLimitIsCountedAndRecorded) {
    watch_door(", limit: {events: 2, within: 30s}");
    journal.write_all(entries(20));
    EXPECT_THAT(run(), ElementsAre("1", "2"));
    EXPECT_EQ(skips(), "burst|18");
    EXPECT_THAT(written.str(), HasSubstr("18 entries beyond its limit are skipped"));
    // One second after the other by the journal's times: the next window has begun with 31.
    journal.write_all(entries(12));
    const auto fires = step();
    ASSERT_THAT(fires, SizeIs(2));
    EXPECT_EQ(Json::parse(fires[0].payload)["skipped"], 28);
    EXPECT_EQ(Json::parse(fires[1].payload)["skipped"], 0);
}

TEST_F(JournalLoopTest, TheLimitHoldsOverACrash) {
    watch_door(", limit: {events: 2, within: 1h}");
    journal.write_all(entries(3));
    EXPECT_THAT(run(), ElementsAre("1", "2"));
    restart();
    journal.write_all(entries(3));
    EXPECT_THAT(run(), IsEmpty());
    step(1s);
    EXPECT_EQ(db.value("SELECT sum(count) FROM sensor_skip"), "4");
}

TEST_F(JournalLoopTest, WhatTheLedgerRefusesIsOnRecordAndTheRestGoesOn) {
    watch_door();
    journal.write_all({entry("one"), entry("two")});
    const auto fires = step();
    ASSERT_THAT(fires, SizeIs(2));
    answer(fires[0], RequestOutcome::kRefused, "too strange");
    answer(fires[1]);
    step(1s);
    EXPECT_EQ(db.table("SELECT reason, count, detail FROM sensor_skip"),
              "refused|1|too strange");
    restart();
    EXPECT_THAT(run(), IsEmpty());
}

TEST_F(JournalLoopTest, SaysWhenTheJournalHasLostItsPlaceAndGoesOnBehindIt) {
    watch_door();
    journal.write(entry("one"));
    EXPECT_THAT(run(), ElementsAre("one"));
    loop->end({now, elapsed});
    loop.reset();
    journal.write(entry("two"));
    journal.write(entry("three"), "later");
    journal.vacuum("system");
    start();
    EXPECT_THAT(run(), ElementsAre("three"));
    EXPECT_EQ(db.table("SELECT reason, coalesce(count::text, 'not counted') FROM sensor_skip"),
              "vacuumed|not counted");
    EXPECT_THAT(written.str(), HasSubstr("may be lost"));
}

TEST_F(JournalLoopTest, ASensorThatSeldomMatchesKeepsAPlaceThatIsStillThere) {
    watch_door();
    journal.write({{"SYSLOG_IDENTIFIER", "gate"}}, "later");
    step(11min);
    step(1s);
    journal.vacuum("system");
    restart();
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(skips(), "");
}

TEST_F(JournalLoopTest, ASensorThatWasDisabledBeginsAnew) {
    watch_door();
    sensor("door", "{match: [{identifier: door}]}", false);
    apply();
    step();
    journal.write(entry("one"));
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(db.value("SELECT count(*) FROM sensor_progress"), "0");
    watch_door();
    journal.write(entry("two"));
    EXPECT_THAT(run(), ElementsAre("two"));
}

TEST_F(JournalLoopTest, AnEditOfItsMatchHoldsFromItsPlaceOn) {
    watch_door();
    journal.write_all({entry("one"), {{"SYSLOG_IDENTIFIER", "gate"}, {"MESSAGE", "two"}}});
    EXPECT_THAT(run(), ElementsAre("one"));
    sensor("door", "{match: [{identifier: gate}]}");
    apply();
    EXPECT_THAT(run(), ElementsAre("two"));
}

TEST_F(JournalLoopTest, RestsWhileTheDaemonDrains) {
    watch_door();
    drain.begin();
    journal.write(entry("one"));
    EXPECT_THAT(step(), IsEmpty());
}

TEST_F(JournalLoopTest, WithoutAJournalItSaysSoAndTriesAgain) {
    const TempDirectory nothing;
    sensor("door", "{match: [{identifier: door}]}");
    apply();
    JournalLoop blind({nothing.path().string(), 1}, db.database(), bus, catalog, drain, log);
    for (int n = 0; n < 2; ++n) {
        try {
            blind.step({now, elapsed});
            FAIL() << "it found a journal";
        } catch (const std::exception& error) {
            EXPECT_THAT(error.what(), HasSubstr("ops.door does not fire: cannot read"));
        }
    }
}

}  // namespace
}  // namespace attune
