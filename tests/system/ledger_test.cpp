// What attune promises about time, on the real programs: every instant once, whatever happens.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/connection.h"
#include "store/session.h"
#include "tests/support/database.h"
#include "tests/support/manifest_tree.h"
#include "tests/system/programs.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

int number(const std::string& text) { return text.empty() ? 0 : std::stoi(text); }

// Three sensors of one trigger, each with a rule of its own.
struct ThreeTimers : ManifestTree {
    ThreeTimers() {
        for (const auto& [name, seconds] :
             {std::pair("one", 1), std::pair("two", 2), std::pair("five", 5)}) {
            interval(name, seconds);
            rule(std::string("echo_") + name, name, "core.echo",
                 R"({message: "{{ event.payload.scheduled_at }}"})");
        }
    }
};

class LedgerSystemTest : public testing::Test {
protected:
    int count(const std::string& table, const std::string& sensor) {
        return number(
            db.value("SELECT count(*) FROM " + table + " WHERE sensor_ref = '" + sensor + "'"));
    }

    TestDatabase db{TestDatabase::Shape::kEmpty};
};

TEST_F(LedgerSystemTest, SensorsOfOneTriggerTickEachByItself) {
    const ThreeTimers tree;
    RunningDaemon daemon(
        {.source = tree.path(), .database_url = db.database().url, .settings = {}});
    daemon.start();
    pass(60s);
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();

    for (const auto& [name, expected] :
         {std::pair("one", 60), std::pair("two", 30), std::pair("five", 12)}) {
        const std::string sensor = std::string("ops.") + name;
        const int events = count("event", sensor);
        EXPECT_NEAR(events, expected, 1) << sensor;
        EXPECT_EQ(
            number(db.value("SELECT count(*) FROM event v JOIN enforcement e ON "
                            "e.event_id = v.id JOIN execution x ON x.enforcement_id = e.id "
                            "WHERE v.sensor_ref = '" +
                            sensor + "' AND e.rule_ref = 'ops.echo_" + name +
                            "' AND x.state = 'succeeded'")),
            events);
    }
    EXPECT_EQ(number(db.value("SELECT count(*) FROM enforcement")),
              number(db.value("SELECT count(*) FROM event")));
    EXPECT_THAT(daemon.log(), HasSubstr("Started 3 timer sensors"));
    EXPECT_THAT(daemon.log(),
                HasSubstr("Interval timer core.intervaltimer started (every 5 seconds)"));

    daemon.start();
    const auto audit = daemon.attune({"audit", "ledger"});
    EXPECT_EQ(audit.code, 0) << audit.output;
    EXPECT_THAT(audit.output, HasSubstr("0 gaps, 0 duplicates"));
}

TEST_F(LedgerSystemTest, APlantedFaultFailsTheAudit) {
    const ThreeTimers tree;
    RunningDaemon daemon(
        {.source = tree.path(), .database_url = db.database().url, .settings = {}});
    daemon.start();
    ASSERT_TRUE(eventually([&] { return count("event", "ops.one") >= 6; }));
    // The timers rest while faults are planted and found, so nothing else moves.
    ASSERT_EQ(daemon.stop(), 0);
    const std::string saved = "CREATE SCHEMA saved; ";
    db.run(saved +
           "CREATE TABLE saved.event AS SELECT * FROM event; "
           "CREATE TABLE saved.timer AS SELECT * FROM timer");

    const std::string one = "(SELECT id FROM sensor WHERE ref = 'ops.one')";
    const std::string third =
        "(SELECT scheduled_at FROM event WHERE sensor_ref = 'ops.one' ORDER BY scheduled_at "
        "OFFSET 2 LIMIT 1)";
    const std::vector<std::tuple<std::string, std::string, std::string>> faults = {
        {"a deleted event",
         "DELETE FROM event WHERE sensor_ref = 'ops.one' AND scheduled_at = " + third,
         "INSERT INTO event OVERRIDING SYSTEM VALUE SELECT * FROM saved.event s WHERE NOT "
         "EXISTS "
         "(SELECT 1 FROM event e WHERE e.id = s.id)"},
        {"a shifted instant",
         "UPDATE event SET scheduled_at = scheduled_at + interval '250 milliseconds' WHERE "
         "sensor_ref = 'ops.one' AND scheduled_at = " +
             third,
         "UPDATE event e SET scheduled_at = s.scheduled_at FROM saved.event s WHERE s.id = "
         "e.id "
         "AND s.scheduled_at <> e.scheduled_at"},
        {"a cursor ahead",
         "UPDATE timer SET cursor_at = cursor_at + interval '1 hour' WHERE sensor_id = " + one,
         "UPDATE timer t SET cursor_at = s.cursor_at FROM saved.timer s WHERE s.sensor_id = "
         "t.sensor_id"},
        {"a stuck execution",
         "ALTER TABLE execution DISABLE TRIGGER USER; UPDATE execution SET state = "
         "'scheduled', "
         "finished_at = NULL, claimed_at = now() - interval '1 hour', claim_token = "
         "gen_random_uuid(), claim_incarnation = 0, claim_executor = 0 WHERE id = (SELECT "
         "min(id) FROM execution)",
         "UPDATE execution SET state = 'succeeded', finished_at = now() WHERE state = "
         "'scheduled'; ALTER TABLE execution ENABLE TRIGGER USER"},
        {"an overlapping skip",
         "INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason) "
         "SELECT sensor_id, " +
             third + " - interval '1 second', " + third +
             ", 1, 'misfire' FROM timer WHERE sensor_id = " + one,
         "DELETE FROM timer_skip WHERE reason = 'misfire'"},
    };
    const auto audit = [&] {
        return daemon.attune({"audit", "ledger", "--database", db.database().url});
    };
    EXPECT_EQ(audit().code, 0) << audit().output;
    for (const auto& [name, plant, mend] : faults) {
        db.run(plant);
        const auto found = audit();
        EXPECT_EQ(found.code, 1) << name << ": " << found.output;
        db.run(mend);
    }
    EXPECT_EQ(audit().code, 0) << audit().output;
}

// Fifty timers of one second, killed without warning again and again: the ledger stays whole.
class KillTest : public LedgerSystemTest {
protected:
    static constexpr int kTimers = 50;

    KillTest() {
        for (int i = 0; i < kTimers; ++i) {
            const auto name = "t" + std::to_string(i);
            tree.interval(name, 1);
            tree.rule("answer_" + name, name, i % 10 == 0 ? "ops.nap" : "core.echo");
        }
        tree.write("packs/ops/actions/nap.yaml",
                   "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.nap}\nspec:\n"
                   "  runner: process\n  command: [sleep, \"0.3\"]\n");
    }

    // Kills five times, about every two seconds, then lets it run down in peace.
    void kill_five_times(RunningDaemon& daemon, const Database& database) {
        daemon.start();
        for (int i = 0; i < 5; ++i) {
            pass(1500ms + std::chrono::milliseconds(277 * i % 1000));
            daemon.kill();
            daemon.start();
        }
        pass(3s);
        // Whatever was begun before the last kill has ended by now, or does soon.
        EXPECT_TRUE(eventually([&] {
            return ask(database,
                       "SELECT count(*) FROM execution WHERE finished_at IS NULL AND "
                       "scheduled_at < now() - interval '3 seconds'") == "0";
        })) << daemon.log();
        const auto audit = daemon.attune({"audit", "ledger"});
        EXPECT_EQ(audit.code, 0) << audit.output;
        expect_every_instant_once(database);
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
        EXPECT_TRUE(action_processes_are_gone());
    }

    static std::string ask(const Database& database, const std::string& sql) {
        std::string found;
        Connection(database).read(
            [&](Session& session) { found = session.run(sql).only().string(0); });
        return found;
    }

    // At least nine of ten instants of the whole time fell into it, each once, and nothing has
    // ended other than well.
    static void expect_every_instant_once(const Database& database) {
        EXPECT_EQ(ask(database,
                      "SELECT coalesce(string_agg(DISTINCT state, ' '), '') FROM execution "
                      "WHERE state NOT IN ('succeeded', 'requested', 'scheduled', 'running')"),
                  "");
        EXPECT_EQ(ask(database,
                      "SELECT count(*) - count(DISTINCT (sensor_id, scheduled_at)) FROM event"),
                  "0");
        const double seconds = std::stod(
            ask(database,
                "SELECT extract(epoch FROM max(scheduled_at) - min(scheduled_at)) FROM event"));
        EXPECT_GE(std::stod(ask(database, "SELECT count(*) FROM event")),
                  0.9 * kTimers * seconds);
    }

    // No `sleep 0.3` of ours is left in the machine.
    static bool action_processes_are_gone() {
        return eventually([] {
            SpawnOptions pgrep;
            pgrep.argv = {"/usr/bin/pgrep", "-f", "sleep 0[.]3"};
            return run_to_end(pgrep, nullptr, 5s).code == 1;
        });
    }

    ManifestTree tree;
};

TEST_F(KillTest, OnAnOutsideDatabaseLosesNoInstantAndNoExecution) {
    RunningDaemon daemon(
        {.source = tree.path(), .database_url = db.database().url, .settings = {}});
    kill_five_times(daemon, db.database());
    // What was asked for just before the stop may wait for the next life; nothing else may.
    EXPECT_EQ(
        db.value("SELECT string_agg(DISTINCT state, ' ') FROM execution WHERE state NOT IN "
                 "('succeeded', 'requested')"),
        "");
}

TEST_F(KillTest, OnTheEmbeddedDatabaseLosesNoInstantAndNoExecution) {
    RunningDaemon daemon({.source = tree.path(), .database_url = {}, .settings = {}});
    kill_five_times(daemon,
                    {.url = fmt::format("host={}/postgres/run user=attune dbname=attune",
                                        daemon.state().string())});
}

}  // namespace
}  // namespace attune
