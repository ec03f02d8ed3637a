#include <gmock/gmock.h>

#include "core/limits.h"
#include "store/ledger.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr TimePoint kLater = kNoon + 1h;
constexpr SensorId kTick{7};
constexpr IncarnationId kMe{5};
constexpr const char* kBoot = "00000000-0000-0000-0000-0000000000b0";

class LedgerClaimsTest : public testing::Test {
protected:
    LedgerClaimsTest() { arm(db, kTick, kNoon); }

    // Records a fire of kTick with one execution, ten seconds after the last.
    Entry recorded(bool claimed) {
        auto entry = make.fire(kTick, cursor, cursor + 10s);
        cursor += 10s;
        make.answer(entry, RuleId{3}).execution->claimed = claimed;
        ledger.record(Generation{1}, owner, {&entry, 1}, {});
        return entry;
    }

    bool complete(const Completion& completion) {
        return ledger.complete({&completion, 1}).at(0);
    }
    bool run(const Entry& entry) {
        const RunningMark mark{
            .key = completion_of(entry).key,
            .token = completion_of(entry).token,
            .process = {.group = 4711, .started_ticks = 99, .boot_id = kBoot}};
        return ledger.start_running({&mark, 1}).at(0);
    }
    static Claim claim_of(const Entry& entry) {
        return {completion_of(entry).key, completion_of(entry).token};
    }
    int forget(const std::vector<Claim>& remembered) {
        return ledger.release_forgotten(owner, remembered, 0s, kLater);
    }
    std::string states() { return db.table("SELECT state FROM execution ORDER BY id"); }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner{.incarnation = kMe, .executor = 1};
    TimePoint cursor = kNoon;
};

TEST_F(LedgerClaimsTest, CompletesWhatItHolds) {
    EXPECT_TRUE(complete(completion_of(recorded(true))));
    EXPECT_EQ(db.table("SELECT state, result, finished_at FROM execution"),
              "succeeded|{\"stdout\": \"hello\"}|2026-11-23 12:00:10.003+00");
}

TEST_F(LedgerClaimsTest, ARepeatedCompletionCountsAsAccepted) {
    const auto done = completion_of(recorded(true));
    EXPECT_TRUE(complete(done));
    EXPECT_TRUE(complete(done));
}

TEST_F(LedgerClaimsTest, RefusesACompletionUnderAnotherToken) {
    auto done = completion_of(recorded(true));
    done.token.bytes[0] = 0xff;
    EXPECT_FALSE(complete(done));
    EXPECT_EQ(states(), "scheduled");
}

TEST_F(LedgerClaimsTest, ATerminalExecutionKeepsItsFirstOutcome) {
    const auto entry = recorded(true);
    EXPECT_TRUE(complete(completion_of(entry)));
    EXPECT_FALSE(complete(completion_of(entry, 0, ExecutionState::kFailed)));
    EXPECT_EQ(states(), "succeeded");
}

TEST_F(LedgerClaimsTest, TellsEachCompletionApart) {
    const auto first = recorded(true);
    const auto second = recorded(true);
    auto stale = completion_of(second);
    stale.token.bytes[0] = 0xff;
    const Completion all[] = {stale, completion_of(first),
                              completion_of(second, 0, ExecutionState::kTimedOut)};
    EXPECT_THAT(ledger.complete(all), ElementsAre(false, true, true));
    EXPECT_EQ(states(), "succeeded\ntimed_out");
}

TEST_F(LedgerClaimsTest, ClaimsWhatIsReadyOldestFirst) {
    const auto first = recorded(false);
    const auto second = recorded(false);
    recorded(true);
    const auto claimed = ledger.claim_ready(owner, 10, kLater);
    ASSERT_THAT(claimed, SizeIs(2));
    EXPECT_EQ(claimed.at(0).key, completion_of(first).key);
    EXPECT_EQ(claimed.at(1).key, completion_of(second).key);
    EXPECT_THAT(ledger.claim_ready(owner, 10, kLater), IsEmpty());
}

TEST_F(LedgerClaimsTest, AClaimTellsAllItsActionIsRunBy) {
    const auto entry = recorded(false);
    const auto claim = ledger.claim_ready(owner, 1, kLater).at(0);
    EXPECT_EQ(claim.action, ActionId{1});
    EXPECT_EQ(claim.action_ref, "core.echo");
    EXPECT_EQ(claim.params, R"({"message": "hello"})");
    EXPECT_EQ(claim.idempotency_key, entry.answers.at(0).execution->idempotency_key);
    EXPECT_EQ(claim.attempt, 1);
    EXPECT_EQ(claim.enforcement, entry.answers.at(0).id);
    EXPECT_EQ(claim.rule_ref, "test.r3");
    EXPECT_EQ(claim.event, entry.event->id);
    EXPECT_EQ(claim.trigger_ref, "core.intervaltimer");
    EXPECT_EQ(claim.sensor_ref, "test.s7");
    EXPECT_TRUE(complete({claim.key, claim.token, completion_of(entry).outcome}));
}

TEST_F(LedgerClaimsTest, ClaimsNoMoreThanItHasSlotsFor) {
    recorded(false);
    recorded(false);
    EXPECT_THAT(ledger.claim_ready(owner, 1, kLater), SizeIs(1));
    EXPECT_EQ(states(), "scheduled\nrequested");
}

TEST_F(LedgerClaimsTest, DoesNotClaimBeforeItsTime) {
    recorded(false);
    EXPECT_THAT(ledger.claim_ready(owner, 1, kNoon + 9s), IsEmpty());
    EXPECT_THAT(ledger.claim_ready(owner, 1, kNoon + 10s), SizeIs(1));
}

TEST_F(LedgerClaimsTest, StartsWhatItHoldsAndRemembersTheProcess) {
    const auto entry = recorded(true);
    EXPECT_TRUE(run(entry));
    EXPECT_TRUE(run(entry)) << "a repeat, when the reply was lost";
    EXPECT_EQ(db.table("SELECT state, claim_pgid, claim_pid_started, claim_boot_id"
                       " FROM execution"),
              std::string("running|4711|99|") + kBoot);
    EXPECT_TRUE(complete(completion_of(entry)));
    EXPECT_FALSE(run(entry));
}

TEST_F(LedgerClaimsTest, ReleasesWhatWasNotStarted) {
    const auto waiting = recorded(true);
    const auto running = recorded(true);
    run(running);
    ledger.release(std::vector{claim_of(waiting), claim_of(running)});
    EXPECT_EQ(states(), "requested\nrunning");
    EXPECT_EQ(db.value("SELECT max(attempt) FROM execution"), "1");
    EXPECT_FALSE(complete(completion_of(waiting)));
    EXPECT_THAT(ledger.claim_ready(owner, 1, kLater), SizeIs(1));
}

TEST_F(LedgerClaimsTest, ReleasesWhatNobodyRemembers) {
    const auto remembered = recorded(true);
    const auto forgotten = recorded(true);
    EXPECT_EQ(forget({claim_of(remembered)}), 1);
    EXPECT_EQ(states(), "scheduled\nrequested");
    EXPECT_EQ(
        db.table("SELECT attempt, losses, run_at FROM execution WHERE state = 'requested'"),
        "2|1|2026-11-23 13:00:00+00");
    EXPECT_EQ(db.table("SELECT execution_id, attempt, outcome, claim_incarnation"
                       " FROM execution_attempt"),
              std::to_string(completion_of(forgotten).key.id.value) + "|1|lost|5");
}

TEST_F(LedgerClaimsTest, LeavesYoungClaimsAndThoseOfOthers) {
    recorded(true);
    EXPECT_EQ(ledger.release_forgotten(owner, {}, 10s, kLater), 0);
    EXPECT_EQ(ledger.release_forgotten({IncarnationId{6}, 1}, {}, 0s, kLater), 0);
    EXPECT_EQ(ledger.release_forgotten({kMe, 2}, {}, 0s, kLater), 0);
    EXPECT_EQ(states(), "scheduled");
}

TEST_F(LedgerClaimsTest, TheThirdLossAbandons) {
    recorded(true);
    for (int loss = 1; loss < limits::kLossesUntilAbandoned; ++loss) {
        EXPECT_EQ(forget({}), 1);
        EXPECT_EQ(states(), "requested");
        ledger.claim_ready(owner, 1, kLater);
    }
    EXPECT_EQ(forget({}), 1);
    EXPECT_EQ(db.table("SELECT state, attempt, losses, result FROM execution"),
              "abandoned|3|3|{\"error\": \"abandoned: its claim was lost 3 times\"}");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution_attempt"), "3");
}

TEST_F(LedgerClaimsTest, ALostClaimOfSomethingBeingCancelledIsCancelled) {
    recorded(true);
    db.run("UPDATE execution SET state = 'cancelling'");
    EXPECT_EQ(forget({}), 1);
    EXPECT_EQ(db.table("SELECT state, result FROM execution"),
              "cancelled|{\"error\": \"it was cancelled\"}");
}

// What an earlier life has left, and who lives now.
class LedgerAdoptTest : public LedgerClaimsTest {
protected:
    LedgerAdoptTest() {
        db.run(
            "INSERT INTO node (incarnation, name, hostname, boot_id, version, pid,"
            "                  lease_until, left_at)"
            " OVERRIDING SYSTEM VALUE VALUES"
            " (5, 'n', 'h', 'b', '1', 1, now(), now()), (6, 'n', 'h', 'b', '1', 1, now(), "
            "NULL)");
    }

    std::vector<AdoptedExecution> adopt(const std::vector<Claim>& claims) {
        return ledger.adopt(heir, claims);
    }
    std::string holders() {
        return db.table("SELECT claim_incarnation, claim_executor FROM execution ORDER BY id");
    }

    ClaimOwner heir{.incarnation = IncarnationId{6}, .executor = 0};
};

TEST_F(LedgerAdoptTest, TakesOverWhatAnEarlierLifeHeld) {
    const auto waits = recorded(true);
    const auto runs = recorded(true);
    run(runs);
    const auto adopted = adopt({claim_of(waits), claim_of(runs)});
    ASSERT_THAT(adopted, SizeIs(2));
    const auto& first = adopted[0].running ? adopted[1] : adopted[0];
    EXPECT_FALSE(first.running);
    EXPECT_EQ(first.execution.key, claim_of(waits).key);
    EXPECT_EQ(first.execution.token, claim_of(waits).token);
    EXPECT_EQ(first.execution.action_ref, "core.echo");
    EXPECT_EQ(first.execution.attempt, 1);
    EXPECT_EQ(first.execution.event, waits.event->id);
    EXPECT_EQ(first.execution.rule_ref, waits.answers[0].rule_ref);
    EXPECT_EQ(first.execution.sensor_ref, waits.sensor_ref);
    EXPECT_EQ(holders(), "6|0\n6|0");
    EXPECT_EQ(db.table("SELECT state, attempt, losses FROM execution ORDER BY id"),
              "scheduled|1|0\nrunning|1|0");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution_attempt"), "0");
}

TEST_F(LedgerAdoptTest, CompletesUnderTheSameToken) {
    const auto entry = recorded(true);
    run(entry);
    adopt({claim_of(entry)});
    EXPECT_TRUE(complete(completion_of(entry)));
    EXPECT_EQ(states(), "succeeded");
}

TEST_F(LedgerAdoptTest, RepeatedItAnswersTheSame) {
    const auto entry = recorded(true);
    EXPECT_THAT(adopt({claim_of(entry)}), SizeIs(1));
    EXPECT_THAT(adopt({claim_of(entry)}), SizeIs(1));
}

TEST_F(LedgerAdoptTest, LeavesAloneWhatTheTokenDoesNotFence) {
    const auto entry = recorded(true);
    auto stale = claim_of(entry);
    stale.token.bytes[0] = 0xff;
    EXPECT_THAT(adopt({stale}), IsEmpty());
    EXPECT_EQ(holders(), "5|1");
}

TEST_F(LedgerAdoptTest, LeavesAloneWhatIsCompletedOrGivenBack) {
    const auto done = recorded(true);
    complete(completion_of(done));
    const auto back = recorded(true);
    const Claim given[] = {claim_of(back)};
    ledger.release(given);
    EXPECT_THAT(adopt({claim_of(done), claim_of(back)}), IsEmpty());
    EXPECT_EQ(states(), "succeeded\nrequested");
}

TEST_F(LedgerAdoptTest, LeavesAloneWhatTheLivingHold) {
    const auto entry = recorded(true);
    db.run("UPDATE node SET left_at = NULL WHERE incarnation = 5");
    EXPECT_THAT(adopt({claim_of(entry)}), IsEmpty());
    db.run("UPDATE execution SET claim_incarnation = 6, claim_executor = 1");
    EXPECT_THAT(adopt({claim_of(entry)}), IsEmpty());  // another executor of this life
    EXPECT_EQ(holders(), "6|1");
}

TEST_F(LedgerAdoptTest, KnowsNothingOfADayThatIsGone) {
    Claim claim;
    claim.key = {ExecutionId{1}, kNoon - 24h * 365};
    EXPECT_THAT(adopt({claim}), IsEmpty());
}

}  // namespace
}  // namespace attune
