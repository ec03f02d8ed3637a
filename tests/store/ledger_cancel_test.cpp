// Cancelling, as the ledger has it: what becomes of a row in each state, whoever was quicker.
#include <thread>

#include <gmock/gmock.h>

#include "core/json.h"
#include "store/ledger.h"
#include "store/node_store.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr TimePoint kAsked = kNoon + 30min;
constexpr TimePoint kLater = kNoon + 1h;
constexpr SensorId kTick{7};
constexpr const char* kBoot = "00000000-0000-0000-0000-0000000000b0";

class LedgerCancelTest : public testing::Test {
protected:
    LedgerCancelTest() { arm(db, kTick, kNoon); }

    // Records a fire of kTick with one execution, ten seconds after the last.
    Entry recorded(bool claimed) {
        auto entry = make.fire(kTick, cursor, cursor + 10s);
        cursor += 10s;
        make.answer(entry, RuleId{3}).execution->claimed = claimed;
        ledger.record(Generation{1}, owner, {&entry, 1}, {});
        return entry;
    }
    Entry running() {
        const auto entry = recorded(true);
        EXPECT_TRUE(let_go(entry));
        return entry;
    }
    bool let_go(const Entry& entry) {
        const RunningMark mark{
            .key = completion_of(entry).key,
            .token = completion_of(entry).token,
            .process = {.group = 4711, .started_ticks = 99, .boot_id = kBoot}};
        return ledger.start_running({&mark, 1}).at(0);
    }

    Cancelled cancel(const ExecutionKey& key) {
        return ledger.cancel({key, "alice", "the disk is full", kAsked});
    }
    Cancelled cancel(const Entry& entry) { return cancel(completion_of(entry).key); }
    bool complete(const Entry& entry, ExecutionState state) {
        const auto completion = completion_of(entry, 0, state);
        return ledger.complete({&completion, 1}).at(0);
    }
    static Claim claim_of(const Entry& entry) {
        return {completion_of(entry).key, completion_of(entry).token};
    }

    std::string states() { return db.table("SELECT state FROM execution ORDER BY id"); }
    std::string result() { return db.value("SELECT result FROM execution"); }
    // What a row says of who asked.
    static std::string note() {
        return R"({"at": "2026-11-23T12:30:00Z", "by": "alice", "reason": "the disk is full"})";
    }
    std::string noted() { return db.value("SELECT result->'cancelled' FROM execution"); }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner{.incarnation = IncarnationId{5}, .executor = 1};
    TimePoint cursor = kNoon;
};

TEST_F(LedgerCancelTest, WhatWaitsEndsAtOnce) {
    const auto entry = recorded(false);
    const auto cancelled = cancel(entry);
    EXPECT_EQ(cancelled.state, ExecutionState::kCancelled);
    EXPECT_TRUE(cancelled.changed);
    EXPECT_EQ(db.table("SELECT state, finished_at, result->>'error' FROM execution"),
              "cancelled|2026-11-23 12:30:00+00|it was cancelled");
    EXPECT_EQ(noted(), note());
    EXPECT_EQ(Json::parse(cancelled.result).at("error"), "it was cancelled");
    EXPECT_THAT(ledger.claim_ready(owner, 10, kLater), IsEmpty());
}

TEST_F(LedgerCancelTest, ItTellsWhatItWasThatEnded) {
    const auto entry = recorded(false);
    const auto execution = cancel(entry).execution;
    EXPECT_EQ(execution.key, completion_of(entry).key);
    EXPECT_EQ(execution.action_ref, "core.echo");
    EXPECT_EQ(execution.rule_ref, "test.r3");
    EXPECT_EQ(execution.sensor_ref, "test.s7");
    EXPECT_EQ(execution.event, entry.event->id);
}

TEST_F(LedgerCancelTest, WhatIsHeldIsForItsOwnerToStop) {
    for (const auto& entry : {recorded(true), running()}) {
        const auto cancelled = cancel(entry);
        EXPECT_EQ(cancelled.state, ExecutionState::kCancelling);
        EXPECT_TRUE(cancelled.changed);
        EXPECT_EQ(cancelled.owner.incarnation, owner.incarnation);
        EXPECT_EQ(cancelled.owner.executor, owner.executor);
    }
    EXPECT_EQ(states(), "cancelling\ncancelling");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution WHERE finished_at IS NOT NULL"), "0");
}

TEST_F(LedgerCancelTest, AskedTwiceItIsDoneOnceAndAnswersTheSame) {
    const auto held = running();
    cancel(held);
    const auto again = ledger.cancel({completion_of(held).key, "bob", "", kLater});
    EXPECT_EQ(again.state, ExecutionState::kCancelling);
    EXPECT_FALSE(again.changed);
    EXPECT_EQ(again.owner.executor, owner.executor);
    EXPECT_EQ(noted(), note()) << "it is the first who did it";

    complete(held, ExecutionState::kCancelled);
    const auto afterwards = cancel(held);
    EXPECT_EQ(afterwards.state, ExecutionState::kCancelled);
    EXPECT_FALSE(afterwards.changed);
}

TEST_F(LedgerCancelTest, WhatHasEndedStaysAsItIs) {
    for (const auto state :
         {ExecutionState::kSucceeded, ExecutionState::kFailed, ExecutionState::kTimedOut}) {
        const auto entry = recorded(true);
        complete(entry, state);
        const auto cancelled = cancel(entry);
        EXPECT_EQ(cancelled.state, state);
        EXPECT_FALSE(cancelled.changed);
    }
    const auto lost = recorded(true);
    db.run("UPDATE execution SET state = 'abandoned', finished_at = now() WHERE id = " +
           std::to_string(completion_of(lost).key.id.value));
    EXPECT_EQ(cancel(lost).state, ExecutionState::kAbandoned);
    EXPECT_EQ(states(), "succeeded\nfailed\ntimed_out\nabandoned");
    EXPECT_EQ(db.value("SELECT count(*) FROM execution WHERE result ? 'cancelled'"), "0");
}

TEST_F(LedgerCancelTest, WhatIsNotThereIsNotThere) {
    recorded(false);
    EXPECT_FALSE(cancel({ExecutionId{1}, kNoon}).state);
    EXPECT_FALSE(cancel({ExecutionId{1}, kNoon - 24h * 365}).state) << "nor has it a day";
}

TEST_F(LedgerCancelTest, ItsOwnerSeesWhichOfItsClaimsAreToBeStopped) {
    const auto goes_on = recorded(true);
    const auto stopped = running();
    cancel(stopped);
    auto stale = claim_of(stopped);
    stale.token.bytes[0] = 0xff;
    EXPECT_THAT(ledger.cancelling(std::vector{claim_of(goes_on), claim_of(stopped), stale}),
                ElementsAre(false, true, false));
    complete(stopped, ExecutionState::kCancelled);
    EXPECT_THAT(ledger.cancelling(std::vector{claim_of(stopped)}), ElementsAre(false));
}

TEST_F(LedgerCancelTest, AnOutcomeAndWhoAskedForItGoTogether) {
    const auto entry = running();
    cancel(entry);
    EXPECT_TRUE(complete(entry, ExecutionState::kCancelled));
    EXPECT_TRUE(complete(entry, ExecutionState::kCancelled)) << "a repeat";
    EXPECT_EQ(states(), "cancelled");
    EXPECT_EQ(noted(), note());
    EXPECT_EQ(db.value("SELECT result->>'stdout' FROM execution"), "hello");
}

TEST_F(LedgerCancelTest, WhatWasQuickerKeepsItsOwnEnd) {
    for (const auto state :
         {ExecutionState::kSucceeded, ExecutionState::kFailed, ExecutionState::kTimedOut}) {
        const auto entry = running();
        cancel(entry);
        EXPECT_TRUE(complete(entry, state));
    }
    EXPECT_EQ(db.table("SELECT state, result FROM execution ORDER BY id"),
              "succeeded|{\"stdout\": \"hello\"}\nfailed|{\"stdout\": \"hello\"}\n"
              "timed_out|{\"stdout\": \"hello\"}");
}

TEST_F(LedgerCancelTest, WhatIsToBeStoppedIsNotLetGo) {
    const auto entry = recorded(true);
    cancel(entry);
    EXPECT_FALSE(let_go(entry));
    EXPECT_EQ(states(), "cancelling");
}

TEST_F(LedgerCancelTest, ItIsNeverGivenBackToBeTriedAgain) {
    const auto entry = recorded(true);
    cancel(entry);
    ledger.release(std::vector{claim_of(entry)});
    EXPECT_EQ(states(), "cancelling");
    EXPECT_EQ(ledger.release_forgotten(owner, {}, 0s, kLater), 1);
    EXPECT_EQ(db.table("SELECT state, finished_at, attempt, result->>'error' FROM execution"),
              "cancelled|2026-11-23 13:00:00+00|1|it was cancelled");
    EXPECT_EQ(noted(), note());
    EXPECT_THAT(ledger.claim_ready(owner, 10, kLater), IsEmpty());
}

// Both want the row at the same time: one waits for the other's commit and sees it.
TEST_F(LedgerCancelTest, ACancellationAndACompletionAtOnceMakeOneEnd) {
    for (int round = 0; round < 20; ++round) {
        const auto entry = running();
        std::optional<ExecutionState> found;
        std::jthread other([&] {
            Ledger of_other(db.database());
            found = of_other.cancel({completion_of(entry).key, "alice", "", kAsked}).state;
        });
        EXPECT_TRUE(complete(entry, ExecutionState::kSucceeded));
        other.join();
        EXPECT_TRUE(found == ExecutionState::kSucceeded ||
                    found == ExecutionState::kCancelling);
    }
    EXPECT_EQ(db.table("SELECT state, count(*) FROM execution GROUP BY 1"), "succeeded|20");
}

TEST_F(LedgerCancelTest, ACancellationAndAClaimAtOnceAgreeOnWhoHasIt) {
    for (int round = 0; round < 20; ++round) {
        const auto entry = recorded(false);
        Cancelled cancelled;
        std::jthread other([&] {
            Ledger of_other(db.database());
            cancelled = of_other.cancel({completion_of(entry).key, "alice", "", kAsked});
        });
        const auto claimed = ledger.claim_ready(owner, 10, kLater);
        other.join();
        ASSERT_TRUE(cancelled.changed);
        EXPECT_EQ(cancelled.state,
                  claimed.empty() ? ExecutionState::kCancelled : ExecutionState::kCancelling);
        if (claimed.empty()) continue;
        const Claim claim{claimed[0].key, claimed[0].token};
        EXPECT_THAT(ledger.cancelling({&claim, 1}), ElementsAre(true));
    }
}

// What an earlier life was stopping when it died.
class LedgerCancelHeirTest : public LedgerCancelTest {
protected:
    LedgerCancelHeirTest() {
        db.run(
            "INSERT INTO node (incarnation, name, hostname, boot_id, version, pid,"
            "                  lease_until, left_at)"
            " OVERRIDING SYSTEM VALUE VALUES"
            " (5, 'n', 'h', 'b', '1', 1, now(), now()), (6, 'n', 'h', 'b', '1', 1, now(), "
            "NULL)");
    }

    static constexpr IncarnationId kHeir{6};
    NodeStore nodes{db.database()};
};

TEST_F(LedgerCancelHeirTest, RecoveryCancelsIt) {
    cancel(running());
    EXPECT_THAT(nodes.left_processes(kHeir), SizeIs(1));
    const auto recovery = nodes.recover(kHeir, kLater);
    EXPECT_EQ(recovery.cancelled, 1);
    EXPECT_EQ(recovery.requested + recovery.abandoned, 0);
    EXPECT_EQ(states(), "cancelled");
    EXPECT_EQ(noted(), note());
}

TEST_F(LedgerCancelHeirTest, OnlyWhatWasLetGoWaitsForItsRunner) {
    const auto waits = running();
    cancel(waits);
    cancel(recorded(true));
    EXPECT_EQ(nodes.recover_unstarted(kHeir, kLater).cancelled, 1);
    EXPECT_EQ(states(), "cancelling\ncancelled");
}

TEST_F(LedgerCancelHeirTest, AdoptedItIsStillToBeStopped) {
    const auto at_gate = recorded(true);
    const auto let_go = running();
    cancel(at_gate);
    cancel(let_go);
    for (const auto& [entry, running] : {std::pair{at_gate, false}, {let_go, true}}) {
        const auto claim = claim_of(entry);
        const auto adopted = ledger.adopt({kHeir, 0}, {&claim, 1});
        ASSERT_THAT(adopted, SizeIs(1));
        EXPECT_TRUE(adopted[0].cancelling);
        EXPECT_EQ(adopted[0].running, running);
    }
}

}  // namespace
}  // namespace attune
