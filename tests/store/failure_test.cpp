// What the store does when the database does not: each failure has one class, leaves nothing
// half done, and the next try begins afresh.
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/connection.h"
#include "store/conninfo.h"
#include "store/locks.h"
#include "store/session.h"
#include "tests/support/ledger_rows.h"
#include "tests/support/pg_proxy.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr SensorId kTick{7};

class FailureTest : public testing::Test {
protected:
    FailureTest() { arm(db, kTick, kNoon); }

    std::string events() { return db.value("SELECT count(*) FROM event"); }

    TestDatabase db;
    Ledger ledger{db.database()};
    EntryMaker make{ledger};
    ClaimOwner owner{.incarnation = IncarnationId{5}, .executor = 0};
};

TEST_F(FailureTest, TellsClassesApartBySqlstate) {
    for (const char* state :
         {"", "08006", "53300", "57P01", "57014", "58030", "25P03", "25006"}) {
        EXPECT_EQ(classify(state), StoreFailure::kUnavailable) << state;
    }
    for (const char* state : {"40001", "40P01", "55P03"}) {
        EXPECT_EQ(classify(state), StoreFailure::kConflict) << state;
    }
    for (const char* state : {"22P02", "23505", "42P01", "AT001", "55000"}) {
        EXPECT_EQ(classify(state), StoreFailure::kRefused) << state;
    }
}

TEST_F(FailureTest, ADatabaseThatIsNotThereIsUnavailable) {
    Ledger away({.url = "host=/nonexistent dbname=attune"});
    EXPECT_THROW(away.draw_ids(), StoreUnavailable);
}

TEST_F(FailureTest, AUrlThatCannotBeReadIsRefused) {
    Ledger broken({.url = "postgres://[::1"});
    EXPECT_THROW(broken.draw_ids(), StoreRefused);
}

TEST_F(FailureTest, ALostConnectionIsReplacedByANewOne) {
    const auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    db.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    EXPECT_THROW(ledger.record(Generation{1}, owner, {&fire, 1}, {}), StoreUnavailable);
    EXPECT_THAT(ledger.record(Generation{1}, owner, {&fire, 1}, {}).entries,
                ElementsAre(Fate::kRecorded));
}

TEST_F(FailureTest, AStatementThatTakesTooLongIsUnavailable) {
    Database hasty = db.database();
    hasty.statement_timeout = 50ms;
    Connection connection(hasty);
    EXPECT_THROW(
        connection.transact([](Session& session) { session.run("SELECT pg_sleep(10)"); }),
        StoreUnavailable);
}

TEST_F(FailureTest, ALockHeldTooLongIsAConflictAndNothingIsWritten) {
    Database hasty = db.database();
    hasty.lock_timeout = 50ms;
    Ledger waiting(hasty);
    auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    waiting.record(Generation{1}, owner, {}, {});
    Connection holder(db.database());
    holder.transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kCatalogLock));
        EXPECT_THROW(waiting.record(Generation{1}, owner, {&fire, 1}, {}), StoreConflict);
    });
    EXPECT_EQ(events(), "0");
    EXPECT_THAT(waiting.record(Generation{1}, owner, {&fire, 1}, {}).entries,
                ElementsAre(Fate::kRecorded));
}

TEST_F(FailureTest, WhoRecordsDuringAChangeOfTheCatalogSeesTheNewGeneration) {
    const auto fire = make.fire(kTick, kNoon, kNoon + 10s);
    Recorded recorded;
    std::thread recorder;
    Connection changer(db.database());
    changer.transact([&](Session& session) {
        session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kCatalogLock));
        recorder = std::thread([&] {
            recorded = ledger.record(Generation{1}, owner, {&fire, 1}, {});
        });
        // The recorder is waiting for the lock when the change is made.
        while (db.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                        " AND NOT granted") == "0") {
        }
        session.run("UPDATE config_state SET generation = 2");
    });
    recorder.join();
    EXPECT_TRUE(recorded.moved);
    EXPECT_EQ(recorded.current, Generation{2});
    EXPECT_EQ(events(), "0");
}

TEST_F(FailureTest, TwoRecordersOfTheSameTimersNeverDeadlock) {
    constexpr int kTimers = 20;
    constexpr int kRounds = 25;
    for (int n = 0; n < kTimers; ++n) arm(db, SensorId{100 + n}, kNoon);
    const auto race = [&](bool backwards) {
        Ledger mine(db.database());
        EntryMaker maker(mine);
        TimePoint cursor = kNoon;
        for (int round = 0; round < kRounds; ++round, cursor += 10s) {
            std::vector<Entry> entries;
            for (int n = 0; n < kTimers; ++n) {
                entries.push_back(maker.fire(SensorId{100 + n}, cursor, cursor + 10s));
            }
            if (backwards) std::reverse(entries.begin(), entries.end());
            mine.record(Generation{1}, owner, entries, {});
        }
    };
    std::thread other(race, true);
    race(false);
    other.join();
    EXPECT_EQ(events(), std::to_string(kTimers * kRounds));
    EXPECT_EQ(db.value("SELECT count(DISTINCT (sensor_id, scheduled_at)) FROM event"),
              std::to_string(kTimers * kRounds));
}

// The reply of COMMIT.

class InDoubtTest : public FailureTest {
protected:
    InDoubtTest() {
        entry = make.fire(kTick, kNoon, kNoon + 10s);
        make.answer(entry, RuleId{1});
        through.draw_ids();  // connected
        through.record(Generation{1}, owner, {}, {});
        ledger.record(Generation{1}, owner, std::vector{make.manual(kTick, kNoon, "day")}, {});
        through.make_ready(entry);
    }

    // A ledger behind the proxy whose days are made, so that the next COMMIT is record()'s.
    struct Through : Ledger {
        using Ledger::Ledger;
        void make_ready(const Entry& entry) {
            record(Generation{0}, {}, {&entry, 1}, {});  // another generation: writes nothing
        }
    };

    Recorded record() { return through.record(Generation{1}, owner, {&entry, 1}, {}); }

    PgProxy proxy{db.database().url};
    Through through{Database{.url = proxy.url()}};
    Entry entry;
};

TEST_F(InDoubtTest, ACommitWhoseReplyIsLostIsReadBack) {
    proxy.lose(PgProxy::Loss::kCommitReply);
    EXPECT_THROW(record(), StoreInDoubt);
    EXPECT_THAT(through.read_back({&entry, 1}), ElementsAre(true));
    EXPECT_EQ(db.value("SELECT count(*) FROM execution"), "1");
}

TEST_F(InDoubtTest, ACommitThatNeverArrivedIsRepeated) {
    proxy.lose(PgProxy::Loss::kCommit);
    EXPECT_THROW(record(), StoreInDoubt);
    EXPECT_THAT(through.read_back({&entry, 1}), ElementsAre(false));
    EXPECT_THAT(record().entries, ElementsAre(Fate::kRecorded));
    EXPECT_EQ(db.value("SELECT count(*) FROM execution"), "1");
}

TEST_F(InDoubtTest, ACompletionWhoseReplyIsLostIsSimplyRepeated) {
    record();
    const Completion done = completion_of(entry);
    proxy.lose(PgProxy::Loss::kCommitReply);
    EXPECT_THROW(through.complete({&done, 1}), StoreInDoubt);
    EXPECT_THAT(through.complete({&done, 1}), ElementsAre(true));
    EXPECT_EQ(db.value("SELECT state FROM execution"), "succeeded");
}

TEST_F(InDoubtTest, ARunWhoseReplyIsLostIsItsOwnWhenRepeated) {
    Entry shape = make.manual(kTick, kNoon, "");
    const attune::Run run{.execution = *make.answer(shape, RuleId{1}).execution,
                          .accepted_at = kNoon + 10s,
                          .key = "deploy-42"};
    proxy.lose(PgProxy::Loss::kCommitReply);
    EXPECT_THROW(through.record_runs(Generation{1}, owner, {&run, 1}), StoreInDoubt);
    EXPECT_THAT(through.record_runs(Generation{1}, owner, {&run, 1}).entries,
                ElementsAre(Fate::kRecorded));
    EXPECT_EQ(db.value("SELECT count(*) FROM execution"), "1");
}

// What a connection is opened with.

TEST(ConninfoTest, ReadsAnyFormAndAddsItsOwn) {
    const auto text =
        make_conninfo({.url = "postgresql://ann@db1,db2/attune?options=-c%20work_mem%3D8MB"},
                      SessionKind::kHot);
    EXPECT_THAT(text, HasSubstr("host='db1,db2'"));
    EXPECT_THAT(text, HasSubstr("target_session_attrs='read-write'"));
    EXPECT_THAT(text, HasSubstr("options='-c work_mem=8MB -c search_path=attune"));
    EXPECT_THAT(text, HasSubstr("plan_cache_mode=force_generic_plan"));
    EXPECT_THAT(make_conninfo({.url = "dbname=x"}, SessionKind::kCold),
                Not(HasSubstr("force_generic_plan")));
}

TEST(ConninfoTest, WhatTheUserSaysWins) {
    EXPECT_THAT(make_conninfo({.url = "dbname=x connect_timeout=30"}, SessionKind::kCold),
                HasSubstr("connect_timeout='30'"));
}

TEST(ConninfoTest, APasswordBesideTheUrlIsForAUrlWithoutOne) {
    Database database{.url = "dbname=x"};
    database.password = "it's\\secret";
    EXPECT_THAT(make_conninfo(database, SessionKind::kCold),
                HasSubstr("password='it\\'s\\\\secret'"));
    database.url = "dbname=x password=mine";
    EXPECT_THAT(make_conninfo(database, SessionKind::kCold), HasSubstr("password='mine'"));
}

TEST(ConninfoTest, ShowsNoPassword) {
    EXPECT_EQ(describe_database("postgresql://ann:secret@db/attune"),
              "dbname='attune' host='db' user='ann'");
    EXPECT_EQ(without_password("dbname=x password=secret"), "dbname='x'");
    EXPECT_EQ(without_password("postgresql://ann@db/attune"), "postgresql://ann@db/attune");
    EXPECT_EQ(without_password("pasword=secret"), "(not readable)");
}

}  // namespace
}  // namespace attune
