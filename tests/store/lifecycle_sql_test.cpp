// The arrows of core/lifecycle.h, of the database and of docs/state-machines.md are the same.
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/lifecycle.h"
#include "store/errors.h"
#include "tests/support/database.h"

namespace attune {
namespace {

using Arrows = std::set<std::string>;

std::string arrow(ExecutionState from, ExecutionState to) {
    return fmt::format("{} -> {}", to_string(from), to_string(to));
}

Arrows arrows_of_core() {
    Arrows arrows;
    for (const auto from : kExecutionStates) {
        for (const auto to : kExecutionStates) {
            if (can_become(from, to)) arrows.insert(arrow(from, to));
        }
    }
    return arrows;
}

class LifecycleSqlTest : public testing::Test {
protected:
    LifecycleSqlTest() { db.run("SELECT make_day('2026-11-23')"); }

    void put(ExecutionState state) {
        const bool claimed = state == ExecutionState::kScheduled ||
                             state == ExecutionState::kRunning ||
                             state == ExecutionState::kCancelling;
        db.run(fmt::format(
            "DELETE FROM execution;"
            "INSERT INTO execution (id, scheduled_at, action_id, run_at, state, action_ref,"
            " idempotency_key, params, claim_token, finished_at) VALUES (1, '2026-11-23', 1,"
            " now(), '{}', 'core.echo', 'run:x', '{{}}', {}, {})",
            to_string(state), claimed ? "gen_random_uuid()" : "NULL",
            is_terminal(state) ? "now()" : "NULL"));
    }
    // Moves the row as its columns' checks demand, so that only the arrow can be at fault.
    bool moves_to(ExecutionState state) {
        const char* claim = state == ExecutionState::kRequested
                                ? "NULL"
                                : "coalesce(claim_token, gen_random_uuid())";
        try {
            db.run(
                fmt::format("UPDATE execution SET state = '{}', claim_token = {},"
                            " finished_at = {}",
                            to_string(state), claim, is_terminal(state) ? "now()" : "NULL"));
            return true;
        } catch (const StoreRefused& refusal) {
            EXPECT_EQ(refusal.sqlstate(), "AT001") << refusal.what();
            return false;
        }
    }

    TestDatabase db;
};

TEST_F(LifecycleSqlTest, TheDatabaseDrawsTheArrowsOfTheProgramAndNoOther) {
    Arrows drawn;
    for (const auto from : kExecutionStates) {
        for (const auto to : kExecutionStates) {
            if (from == to) continue;
            put(from);
            if (moves_to(to)) drawn.insert(arrow(from, to));
        }
    }
    EXPECT_EQ(drawn, arrows_of_core());
}

TEST_F(LifecycleSqlTest, RefusesAWordThatIsNobodysState) {
    put(ExecutionState::kScheduled);
    for (const char* word : {"completed", "canceled", "SUCCEEDED", ""}) {
        EXPECT_THROW(
            db.run(fmt::format("UPDATE execution SET state = '{}', finished_at = now()", word)),
            StoreRefused)
            << word;
    }
}

TEST_F(LifecycleSqlTest, AnEndHasAMomentAndNothingElseHas) {
    put(ExecutionState::kScheduled);
    EXPECT_THROW(db.run("UPDATE execution SET state = 'succeeded'"), StoreRefused);
    EXPECT_THROW(db.run("UPDATE execution SET finished_at = now()"), StoreRefused);
}

TEST_F(LifecycleSqlTest, AnEnforcementSaysWhyItIsNotProcessed) {
    const auto put_enforcement = [this](const std::string& state, const std::string& reason) {
        db.run(
            fmt::format("INSERT INTO enforcement (id, scheduled_at, event_id, rule_id, state,"
                        " rule_ref, reason) VALUES (1, '2026-11-23', 1, 1, '{}', 'a.b', {})",
                        state, reason));
    };
    for (const auto state : {EnforcementState::kErrored, EnforcementState::kSuppressed}) {
        EXPECT_THROW(put_enforcement(std::string(to_string(state)), "NULL"), StoreRefused);
    }
    EXPECT_THROW(put_enforcement("processed", "'why'"), StoreRefused);
    EXPECT_THROW(put_enforcement("disabled", "'why'"), StoreRefused);
}

TEST(StateMachines, TheDocumentShowsTheSameArrows) {
    std::ifstream page(ATTUNE_SOURCE_DIR "/docs/state-machines.md");
    ASSERT_TRUE(page) << "docs/state-machines.md";
    static const std::regex kRow(R"re(^\| `(\w+)` \| `(\w+)` \|)re");
    Arrows shown;
    std::smatch cells;
    bool executions = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("## ")) executions = line.starts_with("## Execution");
        if (executions && std::regex_search(line, cells, kRow)) {
            shown.insert(cells[1].str() + " -> " + cells[2].str());
        }
    }
    EXPECT_EQ(shown, arrows_of_core());
}

}  // namespace
}  // namespace attune
