#include <gmock/gmock.h>

#include "store/ledger.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr Generation kNow{1};
constexpr SensorId kTick{7};
constexpr SensorId kTock{8};
constexpr RuleId kRule{3};

class LedgerRecordTest : public testing::Test {
protected:
    LedgerRecordTest() {
        arm(db, kTick, kNoon);
        arm(db, kTock, kNoon);
    }

    Recorded record(const std::vector<Entry>& entries) {
        return ledger.record(kNow, owner, entries, {});
    }

    std::string counts() {
        return db.table(
            "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM timer_skip),"
            " (SELECT count(*) FROM enforcement), (SELECT count(*) FROM execution)");
    }
    std::string cursor(SensorId sensor) {
        return db.table("SELECT cursor_at, state, fires FROM timer WHERE sensor_id = " +
                        std::to_string(sensor.value));
    }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner{.incarnation = IncarnationId{5}, .executor = 1};
};

TEST_F(LedgerRecordTest, RecordsAFireAndWhatFollowsFromIt) {
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(fire, kRule);
    const auto recorded = record({fire});

    EXPECT_FALSE(recorded.moved);
    EXPECT_THAT(recorded.entries, ElementsAre(Fate::kRecorded));
    EXPECT_EQ(db.table("SELECT sensor_ref, trigger_ref, scheduled_at, origin, dedupe_key,"
                       " generation, payload FROM event"),
              "test.s7|core.intervaltimer|2026-11-23 12:00:10+00|timer||1|{\"occurrence\": 1}");
    EXPECT_EQ(db.table("SELECT rule_ref, state, scheduled_at, event_id = " +
                       std::to_string(fire.event->id.value) + " FROM enforcement"),
              "test.r3|processed|2026-11-23 12:00:10+00|t");
    EXPECT_EQ(db.table("SELECT state, action_ref, params, claim_incarnation, claim_executor,"
                       " idempotency_key, scheduled_at FROM execution"),
              "scheduled|core.echo|{\"message\": \"hello\"}|5|1|"
              "test.s7@2026-11-23T12:00:10.000000Z/test.r3|2026-11-23 12:00:10+00");
    EXPECT_EQ(cursor(kTick), "2026-11-23 12:00:10+00|armed|1");
}

TEST_F(LedgerRecordTest, KeepsMomentsToTheMicrosecond) {
    const auto at = kNoon + 10s + 123456us;
    record({make.fire(kTick, kNoon, at)});
    EXPECT_EQ(db.value("SELECT scheduled_at FROM event"), "2026-11-23 12:00:10.123456+00");
    EXPECT_EQ(db.value("SELECT micros(scheduled_at) FROM event"),
              std::to_string(at.time_since_epoch().count()));
}

TEST_F(LedgerRecordTest, AnExecutionThatNobodyClaimsWaits) {
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(fire, kRule).execution->claimed = false;
    record({fire});
    EXPECT_EQ(db.table("SELECT state, claim_token, claim_incarnation, run_at FROM execution"),
              "requested|||2026-11-23 12:00:10+00");
}

TEST_F(LedgerRecordTest, AnErroredAnswerHasAReasonAndNoExecution) {
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    auto& answer = make.answer(fire, kRule);
    answer.state = EnforcementState::kErrored;
    answer.reason = R"(undefined: "event.payload.host" \ {odd, text})";
    answer.execution.reset();
    record({fire});
    EXPECT_EQ(db.table("SELECT state, reason FROM enforcement"),
              R"(errored|undefined: "event.payload.host" \ {odd, text})");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution"), "0");
}

TEST_F(LedgerRecordTest, RecordsSkippedInstantsWithTheMoveThatPassesThem) {
    auto fire = make.fire(kTick, kNoon, kNoon + 60s);
    fire.decision->skipped = 5;
    fire.decision->skip_through = kNoon + 50s;
    fire.decision->reason = SkipReason::kMisfire;
    const auto skip = make.skip(kTock, kNoon, kNoon + 30s, 3);
    EXPECT_THAT(record({fire, skip}).entries, ElementsAre(Fate::kRecorded, Fate::kRecorded));
    EXPECT_EQ(db.table("SELECT sensor_id, after_at, through_at, count, reason FROM timer_skip"
                       " ORDER BY sensor_id"),
              "7|2026-11-23 12:00:00+00|2026-11-23 12:00:50+00|5|misfire\n"
              "8|2026-11-23 12:00:00+00|2026-11-23 12:00:30+00|3|misfire");
    EXPECT_EQ(cursor(kTock), "2026-11-23 12:00:30+00|armed|0");
}

TEST_F(LedgerRecordTest, ATimerWithoutFurtherInstantsIsExhausted) {
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    fire.decision->exhausted = true;
    record({fire});
    EXPECT_EQ(cursor(kTick), "2026-11-23 12:00:10+00|exhausted|1");
    EXPECT_THAT(record({make.fire(kTick, kNoon + 10s, kNoon + 20s)}).entries,
                ElementsAre(Fate::kVoid));
}

TEST_F(LedgerRecordTest, AVoidDecisionLeavesNothingBehind) {
    auto elsewhere = make.fire(kTick, kNoon + 10s, kNoon + 20s);  // the cursor is at noon
    make.answer(elsewhere, kRule);
    auto outdated = make.fire(kTock, kNoon, kNoon + 10s, Generation{99});
    make.answer(outdated, kRule);
    EXPECT_THAT(record({elsewhere, outdated}).entries, ElementsAre(Fate::kVoid, Fate::kVoid));
    EXPECT_EQ(counts(), "0|0|0|0");
}

TEST_F(LedgerRecordTest, ATimerThatIsNotArmedFiresNothing) {
    for (const char* state : {"paused", "retired", "exhausted"}) {
        db.run(std::string("UPDATE timer SET state = '") + state + "' WHERE sensor_id = 7");
        EXPECT_THAT(record({make.fire(kTick, kNoon, kNoon + 10s)}).entries,
                    ElementsAre(Fate::kVoid))
            << state;
    }
    EXPECT_EQ(counts(), "0|0|0|0");
}

TEST_F(LedgerRecordTest, OneVoidDecisionDoesNotKeepTheOthersFromBeingRecorded) {
    auto first = make.fire(kTock, kNoon, kNoon + 10s);
    make.answer(first, kRule);
    make.answer(first, RuleId{4});
    auto second = make.fire(kTick, kNoon + 1s, kNoon + 10s);
    EXPECT_THAT(record({first, second}).entries, ElementsAre(Fate::kRecorded, Fate::kVoid));
    EXPECT_EQ(counts(), "1|0|2|2");
}

TEST_F(LedgerRecordTest, AnInstantIsRecordedOnce) {
    const auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    EXPECT_THAT(record({fire}).entries, ElementsAre(Fate::kRecorded));
    EXPECT_THAT(record({fire}).entries, ElementsAre(Fate::kVoid));
    EXPECT_EQ(counts(), "1|0|0|0");
}

TEST_F(LedgerRecordTest, WritesNoEntryOfAnotherGeneration) {
    db.run("UPDATE config_state SET generation = 2");
    const auto recorded = record({make.fire(kTick, kNoon, kNoon + 10s)});
    EXPECT_TRUE(recorded.moved);
    EXPECT_EQ(recorded.current, Generation{2});
    EXPECT_THAT(recorded.entries, IsEmpty());
    EXPECT_EQ(counts(), "0|0|0|0");
    EXPECT_EQ(cursor(kTick), "2026-11-23 12:00:00+00|armed|0");
}

TEST_F(LedgerRecordTest, CompletionsRideAlongEvenWhenTheGenerationMoved) {
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(fire, kRule);
    record({fire});
    db.run("UPDATE config_state SET generation = 2");
    const Completion done[] = {completion_of(fire)};
    const auto recorded =
        ledger.record(kNow, owner, std::vector{make.fire(kTock, kNoon, kNoon + 10s)}, done);
    EXPECT_TRUE(recorded.moved);
    EXPECT_THAT(recorded.completions, ElementsAre(true));
    EXPECT_EQ(db.value("SELECT state FROM execution"), "succeeded");
}

TEST_F(LedgerRecordTest, MakesTheDayItRecordsOn) {
    arm(db, SensorId{9}, kNoon + 24h);
    record({make.fire(kTick, kNoon, kNoon + 10s)});
    record({make.fire(SensorId{9}, kNoon + 24h, kNoon + 25h)});
    EXPECT_EQ(db.table("SELECT relname FROM pg_class WHERE relname ~ '^event_\\d' AND relkind ="
                       " 'r' ORDER BY 1"),
              "event_20261123\nevent_20261124");
}

TEST_F(LedgerRecordTest, RecordsOnADayThatWasDroppedMeanwhileWhenTriedAgain) {
    record({make.fire(kTick, kNoon, kNoon + 10s)});
    db.run("DROP TABLE event_20261123, enforcement_20261123, execution_20261123");
    const auto next = make.fire(kTick, kNoon + 10s, kNoon + 20s);
    EXPECT_THROW(record({next}), StoreConflict);
    EXPECT_THAT(record({next}).entries, ElementsAre(Fate::kRecorded));
}

// Events from outside.

TEST_F(LedgerRecordTest, RecordsAnEventFromOutsideOnceForItsKey) {
    const auto event = make.manual(kTick, kNoon, R"(deploy "42", {x})");
    EXPECT_THAT(record({event}).entries, ElementsAre(Fate::kRecorded));

    // A day later, so that no uniqueness within a partition helps.
    auto again = make.manual(kTick, kNoon + 24h, R"(deploy "42", {x})");
    make.answer(again, kRule);
    const auto recorded = record({again});
    EXPECT_THAT(recorded.entries, ElementsAre(Fate::kDuplicate));
    EXPECT_EQ(recorded.existing.at(0).id, event.event->id.value);
    EXPECT_EQ(recorded.existing.at(0).scheduled_at, kNoon);
    EXPECT_EQ(counts(), "1|0|0|0");
}

TEST_F(LedgerRecordTest, AnEventRecordedBeforeItsReplyWasLostIsItsOwn) {
    const auto event = make.manual(kTick, kNoon, "42");
    record({event});
    EXPECT_THAT(record({event}).entries, ElementsAre(Fate::kRecorded));
    EXPECT_EQ(counts(), "1|0|0|0");
}

TEST_F(LedgerRecordTest, RecordsTimersAndEventsFromOutsideTogether) {
    auto event = make.manual(kTick, kNoon, "42");
    make.answer(event, kRule);
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(fire, kRule);
    EXPECT_THAT(record({event, fire}).entries, ElementsAre(Fate::kRecorded, Fate::kRecorded));
    EXPECT_EQ(counts(), "2|0|2|2");
    EXPECT_EQ(db.value("SELECT count(DISTINCT e.id) FROM event e JOIN enforcement f"
                       " ON f.event_id = e.id AND f.scheduled_at = e.scheduled_at"),
              "2");
}

// Runs by hand.

TEST_F(LedgerRecordTest, ARunHasNoEventAndHappensOnceForItsKey) {
    Entry shape = make.manual(kTick, kNoon, "");
    const auto run = [&](const std::string& key) {
        return attune::Run{.execution = *make.answer(shape, kRule).execution,
                           .accepted_at = kNoon,
                           .key = key};
    };
    const std::vector<attune::Run> first = {run("a"), run("b")};
    EXPECT_THAT(ledger.record_runs(kNow, owner, first).entries,
                ElementsAre(Fate::kRecorded, Fate::kRecorded));
    const std::vector<attune::Run> second = {run("b"), run("c")};
    const auto recorded = ledger.record_runs(kNow, owner, second);
    EXPECT_THAT(recorded.entries, ElementsAre(Fate::kDuplicate, Fate::kRecorded));
    EXPECT_EQ(recorded.existing.at(0).id, first.at(1).execution.id.value);
    EXPECT_EQ(counts(), "0|0|0|3");
    EXPECT_TRUE(ledger.record_runs(Generation{9}, owner, second).moved);
}

// What the database refuses.

TEST_F(LedgerRecordTest, ARefusedEntryIsRecordedWithoutWhatWasRefused) {
    auto poison = make.fire(kTick, kNoon, kNoon + 10s);
    poison.event->payload = R"({"text":"\u0000"})";  // JSON, but not jsonb
    make.answer(poison, kRule);
    auto good = make.fire(kTock, kNoon, kNoon + 10s);
    try {
        record({poison, good});
        FAIL() << "PostgreSQL took a NUL";
    } catch (const StoreRefused& refusal) {
        EXPECT_EQ(refusal.sqlstate(), "22P05");
        EXPECT_EQ(counts(), "0|0|0|0");
        ledger.record_poisoned(kNow, owner, poison, refusal);
    }
    EXPECT_EQ(db.table("SELECT e.payload, f.state, f.reason FROM event e JOIN enforcement f"
                       " ON f.event_id = e.id"),
              "|errored|refused by the database: SQLSTATE 22P05");
    EXPECT_EQ(counts(), "1|0|1|0");
    EXPECT_THAT(record({good}).entries, ElementsAre(Fate::kRecorded));
}

TEST_F(LedgerRecordTest, AFaultedSensorFiresNoMoreAndSaysWhy) {
    const auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    const auto stale = make.fire(kTick, kNoon - 10s, kNoon);
    ledger.fault_timer(*stale.decision, "a decision of long ago");
    EXPECT_EQ(db.value("SELECT state FROM timer WHERE sensor_id = 7"), "armed");
    ledger.fault_timer(*fire.decision, "ATT7005: refused twice");
    EXPECT_THAT(record({fire}).entries, ElementsAre(Fate::kVoid));
    EXPECT_EQ(db.value("SELECT fault FROM timer WHERE sensor_id = 7"),
              "ATT7005: refused twice");
}

// A clock that was set back: the cursor is rewound, and what follows is on record already.
TEST_F(LedgerRecordTest, AnInstantOnRecordMovesTheCursorAndNothingElse) {
    auto first = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(first, RuleId{1});
    record({first});
    auto rewind = make.skip(kTick, kNoon + 10s, kNoon, 0);
    rewind.decision->reason = SkipReason::kNone;
    EXPECT_THAT(record({rewind}).entries, ElementsAre(Fate::kRecorded));

    auto again = make.fire(kTick, kNoon, kNoon + 10s);
    make.answer(again, RuleId{1});
    auto next = make.fire(kTock, kNoon, kNoon + 10s);
    make.answer(next, RuleId{1});
    EXPECT_THAT(record({again, next}).entries, ElementsAre(Fate::kDuplicate, Fate::kRecorded));
    EXPECT_EQ(db.value("SELECT fires FROM timer WHERE sensor_id = 7"), "1");
    EXPECT_EQ(db.value("SELECT cursor_at = (SELECT max(scheduled_at) FROM event) FROM timer "
                       "WHERE sensor_id = 7"),
              "t");
    EXPECT_EQ(db.table("SELECT sensor_id, count(*) FROM event JOIN enforcement f ON "
                       "f.event_id = event.id JOIN execution x ON x.enforcement_id = f.id "
                       "GROUP BY 1 ORDER BY 1"),
              "7|1\n8|1");
}

// Reading back.

TEST_F(LedgerRecordTest, ReadsBackWhatIsItsOwn) {
    const auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    const auto skip = make.skip(kTock, kNoon, kNoon + 30s, 3);
    record({fire, skip});
    const auto absent = make.fire(kTock, kNoon + 30s, kNoon + 40s);
    const auto later = make.skip(kTick, kNoon + 10s, kNoon + 30s, 2);
    EXPECT_THAT(ledger.read_back(std::vector{fire, skip, absent, later}),
                ElementsAre(true, true, false, false));
}

TEST_F(LedgerRecordTest, AnEventOfAnotherIsNotItsOwn) {
    record({make.fire(kTick, kNoon, kNoon + 10s)});
    const auto mine = make.fire(kTick, kNoon, kNoon + 10s);
    EXPECT_THAT(ledger.read_back(std::vector{mine}), ElementsAre(false));
}

TEST_F(LedgerRecordTest, DrawsEachIdOnce) {
    Ledger other(db.database());
    const auto a = ledger.draw_ids();
    const auto b = other.draw_ids();
    EXPECT_EQ(a.count, kIdsPerBlock);
    EXPECT_GE(std::abs(a.first - b.first), kIdsPerBlock);
}

}  // namespace
}  // namespace attune
