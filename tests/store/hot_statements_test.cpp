// Every statement on the path of a fire touches the day it is about and no other, and reads no
// table from end to end, whatever the database has learnt about its tables so far. The plans
// looked at are those that ran: the server's auto_explain logs them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/embedded_cluster.h"
#include "store/node_store.h"
#include "store/timer_store.h"
#include "store/upkeep.h"
#include "tests/support/ledger_rows.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};
constexpr int kDays = 40;

// What the server has logged, from where the log ended when this was made.
class PlanLog {
public:
    PlanLog() : file_(test_cluster().log_file()) { start_ = std::filesystem::file_size(file_); }

    // Plans by the first line of their statement's text.
    std::string text() const {
        std::ifstream log(file_);
        log.seekg(static_cast<std::streamoff>(start_));
        std::stringstream text;
        text << log.rdbuf();
        return text.str();
    }

private:
    std::filesystem::path file_;
    std::uintmax_t start_;
};

class HotStatementsTest : public testing::TestWithParam<bool> {
protected:
    HotStatementsTest() {
        const bool large = std::getenv("ATTUNE_LONG") != nullptr;
        db.run(fmt::format(
            "SELECT make_day(date '2026-10-20' + n) FROM generate_series(0, {}) n;"
            "INSERT INTO sensor (id, ref, label, runtime_ref, trigger, trigger_ref, enabled,"
            "                    config, origin, generation)"
            " SELECT n, 'test.s' || n, '', 'core.sensor.builtin', 1, 'core.intervaltimer', "
            "true,"
            "        '{{}}', 'migration', 1 FROM generate_series(1, {}) n;"
            "INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)"
            " SELECT id, 1, '{}', '{}', 1, 'armed' FROM sensor",
            kDays, large ? 1'000'000 : 50'000, format_rfc3339(kNoon), format_rfc3339(kNoon)));
        if (GetParam()) db.run("ANALYZE");
        explained = db.database();
        explained.url +=
            " options='-c session_preload_libraries=auto_explain"
            " -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on"
            " -c auto_explain.log_timing=off -c auto_explain.log_level=log'";
    }

    // Entries of ten sensors, each with two answers, at `at`.
    std::vector<Entry> fires(TimePoint from, TimePoint at, bool claimed) {
        std::vector<Entry> entries;
        for (std::int64_t n = 101; n <= 110; ++n) {
            entries.push_back(make.fire(SensorId{n}, from, at));
            for (const auto rule : {RuleId{1}, RuleId{2}}) {
                make.answer(entries.back(), rule).execution->claimed = claimed;
            }
        }
        return entries;
    }

    // Everything a daemon asks of the ledger, once.
    void live_through_a_fire() {
        Ledger ledger(explained);
        const ClaimOwner owner{IncarnationId{1}, 0};
        const auto first = fires(kNoon, kNoon + 10s, true);
        ledger.record(Generation{1}, owner, first, {});
        std::vector<Completion> done;
        std::vector<RunningMark> marks;
        std::vector<Claim> claims;
        for (const auto& entry : first) {
            const auto completion = completion_of(entry, 1);
            marks.push_back({completion.key,
                             completion.token,
                             {.group = 1,
                              .started_ticks = 1,
                              .boot_id = "00000000-0000-0000-0000-000000000001"}});
            claims.push_back({completion_of(entry).key, completion_of(entry).token});
            done.push_back(completion);
        }
        ledger.start_running(marks);
        ledger.release(claims);
        const auto second = fires(kNoon + 10s, kNoon + 20s, false);
        ledger.record(Generation{1}, owner, second, done);
        ledger.complete(done);  // a repeat: read back
        ledger.read_back(second);
        std::vector<Entry> skips;
        for (std::int64_t n = 101; n <= 110; ++n) {
            skips.push_back(make.skip(SensorId{n}, kNoon + 20s, kNoon + 50s, 3));
        }
        ledger.record(Generation{1}, owner, skips, {});
        ledger.read_back(skips);
        ledger.record(Generation{1}, owner,
                      std::vector{make.manual(SensorId{101}, kNoon, "key")}, {});
        ledger.claim_ready(owner, 5, kNoon + 1h);
        const auto third = fires(kNoon + 50s, kNoon + 60s, true);
        ledger.record(Generation{1}, owner, third, {});
        std::vector<Claim> stopped;
        for (const auto& entry : third) {
            const Claim claim{completion_of(entry).key, completion_of(entry).token};
            ledger.cancel({claim.key, "alice", "", kNoon});
            ledger.cancel({claim.key, "alice", "", kNoon});  // it is so already
            stopped.push_back(claim);
        }
        ledger.cancelling(stopped);
        ledger.release_forgotten(owner, {}, 10s, kNoon);
        Upkeep upkeep(explained);
        upkeep.standing(kNoon);
        TimerStore timers(explained);
        timers.load(std::vector{SensorId{101}, SensorId{102}}, [](const TimerRow&) {});
    }

    TestDatabase db;
    Database explained;
    Ledger plain{db.database()};
    EntryMaker make{plain};
};

// The lines of a plan that read a table or an index of one day other than kNoon's.
std::vector<std::string> other_days(const std::string& plans) {
    static const std::regex kPartition(R"re((event|enforcement|execution)_(2026\d{4}))re");
    std::vector<std::string> lines;
    std::istringstream text(plans);
    std::smatch match;
    for (std::string line; std::getline(text, line);) {
        if (line.find("->") == std::string::npos && line.find(" on ") == std::string::npos)
            continue;
        // An UPDATE names every partition it might write to, and opens none of them for it.
        const bool scans = line.find(" Scan ") != std::string::npos;
        if (!scans || line.find("(never executed)") != std::string::npos) continue;
        if (std::regex_search(line, match, kPartition) && match[2] != "20261123") {
            lines.push_back(line);
        }
    }
    return lines;
}

std::vector<std::string> lines_with(const std::string& plans, const std::string& words) {
    std::vector<std::string> lines;
    std::istringstream text(plans);
    for (std::string line; std::getline(text, line);) {
        if (line.find(words) != std::string::npos) lines.push_back(line);
    }
    return lines;
}

// The plans of the statement that has `words` in its text.
std::string plans_of(const std::string& log, const std::string& words) {
    std::string plans;
    std::size_t at = 0;
    while ((at = log.find("Query Text:", at)) != std::string::npos) {
        const auto end = log.find("LOG:  duration:", at);
        const auto plan = log.substr(at, end == std::string::npos ? end : end - at);
        if (plan.find(words) != std::string::npos) plans += plan;
        at += 1;
    }
    return plans;
}

TEST_P(HotStatementsTest, ReadsNoTableFromEndToEnd) {
    const PlanLog log;
    live_through_a_fire();
    const auto plans = log.text();
    EXPECT_THAT(plans, testing::HasSubstr("Update on timer"));
    EXPECT_THAT(plans, testing::HasSubstr("Insert on event"));
    std::vector<std::string> scans;
    for (const auto& line : lines_with(plans, "Seq Scan")) {
        // One row, by its nature.
        if (line.find("config_state") == std::string::npos) scans.push_back(line);
    }
    EXPECT_THAT(scans, IsEmpty()) << plans;
}

TEST_P(HotStatementsTest, TouchesTheDayItIsAboutAndNoOther) {
    const PlanLog log;
    live_through_a_fire();
    const auto plans = log.text();
    for (const char* words :
         {"UPDATE timer t", "SET state = c.state",
          "WHERE x.claim_token = c.token AND x.state = c.state", "claim_pgid = m.pgid",
          "SET state = 'requested', claim_token = NULL", "SET state = CASE x.state WHEN",
          "SELECT state, claim_incarnation, claim_executor FROM execution_20261123",
          "AND x.state || '' = 'cancelling'", "JOIN event_20261123 e ON e.id = g.id"}) {
        const auto mine = plans_of(plans, words);
        EXPECT_THAT(mine, testing::Not(IsEmpty())) << words;
        EXPECT_THAT(other_days(mine), IsEmpty()) << words << "\n" << mine;
    }
}

// A key at a time: nothing is read once for each of the others.
TEST_P(HotStatementsTest, FindsEachRowByItsKey) {
    const PlanLog log;
    live_through_a_fire();
    const auto plans = log.text();
    EXPECT_THAT(lines_with(plans, "Rows Removed by Join Filter"), IsEmpty()) << plans;
}

INSTANTIATE_TEST_SUITE_P(BeforeAndAfterAnalyze, HotStatementsTest, testing::Bool(),
                         [](const auto& tested) {
                             return tested.param ? "Analyzed" : "NeverAnalyzed";
                         });

}  // namespace
}  // namespace attune
