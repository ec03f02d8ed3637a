#include "store/audit.h"

#include <gmock/gmock.h>

#include "store/node_store.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr SensorId kTick{7};

// A timer of 10 seconds from noon on that fired twelve times, each answered and succeeded, with
// one range skipped in between: a ledger without a fault.
class AuditTest : public testing::Test {
protected:
    AuditTest() {
        arm(db, kTick, kNoon);
        owner.incarnation =
            NodeStore(db.database())
                .join({.name = "a", .hostname = "h", .boot_id = "b", .version = "0", .pid = 1},
                      1h);
        std::vector<Completion> done;
        for (int n = 0; n < 12; ++n) {
            auto entry = make.fire(kTick, cursor, cursor + 10s);
            if (n == 5) {
                entry = make.fire(kTick, cursor, cursor + 60s);
                entry.decision->skipped = 5;
                entry.decision->reason = SkipReason::kMisfire;
                entry.decision->skip_through = cursor + 50s;
            }
            cursor = entry.decision->through;
            make.answer(entry, RuleId{1});
            ledger.record(Generation{1}, owner, {&entry, 1}, done);
            done = {completion_of(entry)};
        }
        ledger.complete(done);
    }

    std::vector<std::string> audit() {
        std::vector<std::string> lines;
        for (const auto& finding : Audit(db.database())
                                       .check({.after = kNoon - 1min,
                   .through = kNoon + 1h,
                   .now = kNoon + 1h,
                   .stuck_after = 0s})) {
            lines.push_back(std::string(to_string(finding.fault)) + " " + finding.subject +
                            " " + format_rfc3339(finding.at) + " " +
                            std::to_string(finding.count));
        }
        return lines;
    }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner;
    TimePoint cursor = kNoon;
};

TEST_F(AuditTest, FindsNothingInASoundLedger) { EXPECT_THAT(audit(), IsEmpty()); }

TEST_F(AuditTest, FindsADeletedEvent) {
    db.run("DELETE FROM event WHERE scheduled_at = '2026-11-23 12:00:30Z'");
    EXPECT_THAT(audit(), ElementsAre("gap test.s7 2026-11-23T12:00:30Z 1",
                                     testing::MatchesRegex("unanswered enforcement .*")));
}

TEST_F(AuditTest, CountsInstantsThatAreMissingNextToEachOther) {
    db.run("DELETE FROM timer_skip");
    EXPECT_THAT(audit(), ElementsAre("gap test.s7 2026-11-23T12:01:00Z 5"));
}

TEST_F(AuditTest, FindsAnInstantThatWasShifted) {
    db.run(
        "UPDATE event SET scheduled_at = scheduled_at + interval '3 s'"
        " WHERE scheduled_at = '2026-11-23 12:00:20Z'");
    EXPECT_THAT(audit(), testing::IsSupersetOf({"gap test.s7 2026-11-23T12:00:20Z 1",
                                                "stray test.s7 2026-11-23T12:00:23Z 1"}));
}

TEST_F(AuditTest, FindsAnInstantFiredTwice) {
    db.run(
        "INSERT INTO event SELECT id + 1000000, scheduled_at, sensor_id, trigger_id, "
        "generation,"
        " fired_at, recorded_at, origin, 'again', trigger_ref, sensor_ref, payload FROM event"
        " WHERE scheduled_at = '2026-11-23 12:00:20Z'");
    EXPECT_THAT(audit(), ElementsAre("duplicate test.s7 2026-11-23T12:00:20Z 1"));
}

TEST_F(AuditTest, FindsASkipOverWhatWasFired) {
    db.run(
        "INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)"
        " VALUES (7, '2026-11-23 12:00:15Z', '2026-11-23 12:00:25Z', 1, 'misfire')");
    EXPECT_THAT(audit(), SizeIs(1));
    EXPECT_THAT(audit().at(0), testing::StartsWith("overlapping_skip test.s7"));
}

TEST_F(AuditTest, FindsSkipsThatOverlap) {
    db.run(
        "INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)"
        " VALUES (7, '2026-11-23 12:01:05Z', '2026-11-23 12:01:25Z', 2, 'misfire')");
    EXPECT_THAT(audit(), SizeIs(1));
    EXPECT_THAT(audit().at(0), testing::StartsWith("overlapping_skip test.s7"));
}

TEST_F(AuditTest, ASkipBesideAllInstantsIsNoFault) {
    db.run(
        "INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)"
        " VALUES (7, '2026-11-23 12:00:11Z', '2026-11-23 12:00:19Z', 0, 'misfire')");
    EXPECT_THAT(audit(), IsEmpty());
}

TEST_F(AuditTest, FindsACursorThatPassedWhatNobodyRecorded) {
    db.run("UPDATE timer SET cursor_at = cursor_at + interval '30 s'");
    EXPECT_THAT(audit(), ElementsAre("cursor_ahead test.s7 2026-11-23T12:03:00Z 3"));
}

TEST_F(AuditTest, FindsACursorInTheFuture) {
    db.run(
        "UPDATE timer SET state = 'paused', cursor_at = '2026-11-23 14:00:00Z';"
        "UPDATE timer_rev SET armed_through = '2026-11-23 12:02:50Z'");
    EXPECT_THAT(audit(), ElementsAre("cursor_ahead test.s7 2026-11-23T14:00:00Z 1"));
}

TEST_F(AuditTest, FindsAnExecutionThatNobodyAliveHolds) {
    auto entry = make.fire(kTick, cursor, cursor + 10s);
    make.answer(entry, RuleId{1});
    ledger.record(Generation{1}, {IncarnationId{999}, 0}, {&entry, 1}, {});
    EXPECT_THAT(audit(), ElementsAre("stuck_execution execution " +
                                     std::to_string(completion_of(entry).key.id.value) + " " +
                                     format_rfc3339(entry.event->scheduled_at) + " 1"));
}

TEST_F(AuditTest, AnExecutionHeldByALiveDaemonIsNotStuck) {
    auto entry = make.fire(kTick, cursor, cursor + 10s);
    make.answer(entry, RuleId{1});
    ledger.record(Generation{1}, owner, {&entry, 1}, {});
    EXPECT_THAT(audit(), IsEmpty());
}

TEST_F(AuditTest, FindsWhatIsReadyAndLeftAlone) {
    auto entry = make.fire(kTick, cursor, cursor + 10s);
    make.answer(entry, RuleId{1}).execution->claimed = false;
    ledger.record(Generation{1}, owner, {&entry, 1}, {});
    EXPECT_THAT(audit(), ElementsAre(testing::StartsWith("stuck_execution")));
}

TEST_F(AuditTest, FindsAnAnswerWithoutItsExecution) {
    db.run("DELETE FROM execution WHERE scheduled_at = '2026-11-23 12:00:20Z'");
    EXPECT_THAT(audit(), ElementsAre(testing::StartsWith("unanswered enforcement")));
}

TEST_F(AuditTest, LooksAtEachScheduleInItsOwnSpan) {
    // From 12:02:55 on every 20 seconds, counted from there.
    db.run(
        "UPDATE timer_rev SET armed_through = '2026-11-23 12:02:55Z';"
        "INSERT INTO timer_rev (sensor_id, spec_rev, spec, anchor_at, period, base_at,"
        " armed_from) SELECT sensor_id, 2, spec, armed_through, 20000000, armed_through,"
        " armed_through FROM timer_rev;"
        "UPDATE timer SET spec_rev = 2, cursor_at = '2026-11-23 12:02:55Z'");
    cursor = kNoon + 2min + 55s;
    auto entry = make.fire(kTick, cursor, cursor + 20s, Generation{2});
    ledger.record(Generation{1}, owner, {&entry, 1}, {});
    EXPECT_THAT(audit(), IsEmpty());
    db.run("DELETE FROM event WHERE scheduled_at = '2026-11-23 12:03:15Z'");
    EXPECT_THAT(audit(), ElementsAre("cursor_ahead test.s7 2026-11-23T12:03:15Z 1"));
}

TEST_F(AuditTest, HonoursTheBoundsOfASchedule) {
    db.run(
        "UPDATE timer_rev SET start_at = '2026-11-23 12:00:35Z',"
        " end_at = '2026-11-23 12:02:40Z'");
    EXPECT_THAT(audit(), ElementsAre("stray test.s7 2026-11-23T12:00:10Z 1",
                                     "stray test.s7 2026-11-23T12:00:20Z 1",
                                     "stray test.s7 2026-11-23T12:00:30Z 1",
                                     "stray test.s7 2026-11-23T12:02:40Z 1",
                                     "stray test.s7 2026-11-23T12:02:50Z 1"));
}

// Cron and one-shot: the instants come from elsewhere.

TEST_F(AuditTest, GivesWhatIsRecordedOfSpansItCannotCompute) {
    db.run(
        "UPDATE timer_rev SET period = NULL, base_at = NULL,"
        " spec = '{\"trigger\": \"core.crontimer\", \"config\": {\"expression\": \"* * * * "
        "*\"}}'");
    Audit audit(db.database());
    const auto spans = audit.spans_to_compute(
        {.after = kNoon + 1s, .through = kNoon + 1min, .now = kNoon + 1h});
    ASSERT_THAT(spans, SizeIs(1));
    EXPECT_EQ(spans.at(0).trigger_ref, "core.crontimer");
    EXPECT_EQ(spans.at(0).config, "{\"expression\": \"* * * * *\"}");
    EXPECT_EQ(spans.at(0).after, kNoon + 1s);
    EXPECT_EQ(spans.at(0).through, kNoon + 1min);
    const auto coverage = audit.cover(spans.at(0));
    EXPECT_THAT(coverage.fired, SizeIs(5));
    ASSERT_THAT(coverage.skipped, SizeIs(1));
    EXPECT_EQ(coverage.skipped.at(0).after, kNoon + 50s);
}

class CompareTest : public testing::Test {
protected:
    static std::vector<std::string> faults(const Coverage& coverage) {
        AuditSpan span;
        span.sensor_ref = "ops.cron";
        std::vector<std::string> lines;
        for (const auto& finding :
             compare(span, {kNoon, kNoon + 1min, kNoon + 2min}, coverage)) {
            lines.push_back(std::string(to_string(finding.fault)) + " " +
                            std::to_string(finding.count));
        }
        return lines;
    }
};

TEST_F(CompareTest, EveryInstantIsFiredOrSkippedOnce) {
    EXPECT_THAT(
        faults({.fired = {kNoon, kNoon + 2min}, .skipped = {{kNoon, kNoon + 1min, "misfire"}}}),
        IsEmpty());
}

TEST_F(CompareTest, TellsGapsStraysDuplicatesAndOverlaps) {
    EXPECT_THAT(faults({.fired = {kNoon}, .skipped = {}}), ElementsAre("gap 2"));
    EXPECT_THAT(faults({.fired = {kNoon, kNoon, kNoon + 1min, kNoon + 2min}, .skipped = {}}),
                ElementsAre("duplicate 1"));
    EXPECT_THAT(
        faults({.fired = {kNoon, kNoon + 1s, kNoon + 1min, kNoon + 2min}, .skipped = {}}),
        ElementsAre("stray 1"));
    EXPECT_THAT(faults({.fired = {kNoon, kNoon + 1min, kNoon + 2min},
                        .skipped = {{kNoon, kNoon + 1min, "paused"}}}),
                ElementsAre("overlapping_skip 1"));
}

}  // namespace
}  // namespace attune
