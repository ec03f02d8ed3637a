#include "store/node_store.h"

#include <gmock/gmock.h>

#include "core/limits.h"
#include "store/errors.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr Duration kLease = 20s;
constexpr const char* kBoot = "00000000-0000-0000-0000-0000000000b0";

NodeIdentity node(const std::string& name) {
    return {.name = name, .hostname = "host", .boot_id = kBoot, .version = "0.1", .pid = 42};
}

class NodeStoreTest : public testing::Test {
protected:
    // A fire of sensor 7 whose execution `incarnation` has claimed.
    Entry claimed_by(IncarnationId incarnation) {
        if (cursor == kNoon) arm(db, SensorId{7}, kNoon);
        auto entry = make.fire(SensorId{7}, cursor, cursor + 10s);
        cursor += 10s;
        make.answer(entry, RuleId{1});
        ledger.record(Generation{1}, {incarnation, 0}, {&entry, 1}, {});
        return entry;
    }
    std::string states() { return db.table("SELECT state FROM execution ORDER BY id"); }

    TestDatabase db;
    NodeStore nodes{db.database()};
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    TimePoint cursor = kNoon;
};

TEST_F(NodeStoreTest, EachLifeHasANumberOfItsOwn) {
    const auto first = nodes.join(node("a"), kLease);
    const auto second = nodes.join(node("a"), kLease);
    EXPECT_LT(first, second);
    const auto all = nodes.nodes(10);
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all.at(0).incarnation, second);
    EXPECT_TRUE(all.at(0).alive);
    EXPECT_FALSE(all.at(1).alive) << "the lock on its directory proves it dead";
}

TEST_F(NodeStoreTest, RefusesASecondLiveNode) {
    nodes.join(node("a"), kLease);
    try {
        nodes.join(node("b"), kLease);
        FAIL() << "two nodes on one database";
    } catch (const SecondNode& refusal) {
        EXPECT_THAT(refusal.what(), HasSubstr("node a (pid 42 on host) is alive"));
    }
}

TEST_F(NodeStoreTest, AnotherNodeMayJoinWhenTheFirstHasLeftOrItsLeaseIsOver) {
    nodes.leave(nodes.join(node("a"), kLease));
    nodes.join(node("b"), Duration(0));
    EXPECT_NO_THROW(nodes.join(node("c"), kLease));
}

TEST_F(NodeStoreTest, NamesWhoIsAlive) {
    EXPECT_FALSE(nodes.alive());
    nodes.join(node("a"), Duration(0));
    EXPECT_FALSE(nodes.alive()) << "its lease is over";
    const auto second = nodes.join(node("b"), kLease);
    ASSERT_TRUE(nodes.alive());
    EXPECT_EQ(nodes.alive()->identity.name, "b");
    nodes.leave(second);
    EXPECT_FALSE(nodes.alive());
}

TEST_F(NodeStoreTest, RenewsALeaseUntilItIsDeclaredDead) {
    const auto first = nodes.join(node("a"), Duration(0));
    EXPECT_TRUE(nodes.renew(first, kLease));
    EXPECT_TRUE(nodes.nodes(1).at(0).alive);
    const auto second = nodes.join(node("a"), kLease);
    EXPECT_FALSE(nodes.renew(first, kLease));
    EXPECT_TRUE(nodes.renew(second, kLease));
}

TEST_F(NodeStoreTest, TakesBackTheClaimsOfItsEarlierLives) {
    const auto first = nodes.join(node("a"), kLease);
    claimed_by(first);
    const auto second = nodes.join(node("a"), kLease);
    claimed_by(second);
    const auto recovery = nodes.recover(second, kNoon + 1h);
    EXPECT_EQ(recovery.requested, 1);
    EXPECT_EQ(recovery.abandoned, 0);
    EXPECT_EQ(states(), "requested\nscheduled");
    EXPECT_EQ(db.value("SELECT run_at FROM execution WHERE state = 'requested'"),
              "2026-11-23 13:00:00+00");
}

// A host that was renamed, a container that was made anew: nobody comes back for its claims.
TEST_F(NodeStoreTest, TakesBackTheClaimsOfNodesWhoseLeaseIsOver) {
    const auto other = nodes.join(node("b"), Duration(0));
    claimed_by(other);
    EXPECT_EQ(nodes.recover(nodes.join(node("a"), kLease), kNoon).requested, 1);
    EXPECT_EQ(states(), "requested");
    EXPECT_FALSE(nodes.renew(other, kLease)) << "it must not come to life again";
}

TEST_F(NodeStoreTest, NamesProcessesThatMayStillRun) {
    const auto first = nodes.join(node("a"), kLease);
    const auto entry = claimed_by(first);
    const RunningMark mark{completion_of(entry).key,
                           completion_of(entry).token,
                           {.group = 4711, .started_ticks = 99, .boot_id = kBoot}};
    ledger.start_running({&mark, 1});
    claimed_by(first);  // never started

    const auto second = nodes.join(node("a"), kLease);
    const auto left = nodes.left_processes(second);
    ASSERT_THAT(left, SizeIs(1));
    EXPECT_EQ(left.at(0).key, mark.key);
    EXPECT_EQ(left.at(0).process.group, 4711);
    EXPECT_EQ(left.at(0).process.started_ticks, 99);
    EXPECT_EQ(left.at(0).process.boot_id, kBoot);
    EXPECT_EQ(nodes.recover(second, kNoon + 1h).requested, 2);
    EXPECT_THAT(nodes.left_processes(second), IsEmpty());
}

TEST_F(NodeStoreTest, WhatKillsItsDaemonIsAbandoned) {
    auto life = nodes.join(node("a"), kLease);
    claimed_by(life);
    for (int loss = 1; loss <= limits::kLossesUntilAbandoned; ++loss) {
        life = nodes.join(node("a"), kLease);
        const auto recovery = nodes.recover(life, kNoon + 1h);
        EXPECT_EQ(recovery.abandoned, loss == limits::kLossesUntilAbandoned ? 1 : 0);
        ledger.claim_ready({life, 0}, 1, kNoon + 1h);
    }
    EXPECT_EQ(states(), "abandoned");
}

TEST_F(NodeStoreTest, ALateCompletionOfALostClaimIsRefused) {
    const auto entry = claimed_by(nodes.join(node("a"), kLease));
    nodes.recover(nodes.join(node("a"), kLease), kNoon + 1h);
    const Completion late = completion_of(entry);
    EXPECT_THAT(ledger.complete({&late, 1}), ElementsAre(false));
    EXPECT_EQ(states(), "requested");
}

}  // namespace
}  // namespace attune
