// An operator's word on a real database, beside reconcile passes that must not undo it.
#include "reconciler/pausing.h"

#include <gmock/gmock.h>

#include "reconciler/reconcile.h"
#include "tests/support/database.h"
#include "tests/support/temp_directory.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using Outcome = PauseReport::Outcome;

constexpr TimePoint kNoon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);
const Pause kForGood{.by = "alice", .reason = "moving the disks", .until = std::nullopt};

class PausingTest : public testing::Test {
protected:
    PausingTest() {
        root.write("attune.yaml",
                   "{apiVersion: attune/v1, kind: Source, metadata: {name: main}}\n");
        root.write("packs/ops/pack.yaml",
                   "{apiVersion: attune/v1, kind: Pack, metadata: {ref: ops}}\n");
        root.write("packs/ops/all.yaml", manifests(10, true));
        pass();
    }

    static std::string manifests(int seconds, bool enabled) {
        return "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.tick}\nspec:\n"
               "  trigger: core.intervaltimer\n  enabled: " +
               std::string(enabled ? "true" : "false") +
               "\n  config: {unit: seconds, interval: " + std::to_string(seconds) +
               "}\n---\napiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.greet}\n"
               "spec: {trigger: core.intervaltimer, action: {ref: core.echo}}\n";
    }

    Report pass() {
        now += 10s;
        elapsed += 10s;
        return reconciler.reconcile(now, elapsed, {.in_full = true});
    }

    // "armed|true|alice": the timer, and what the sensor's row has of a pause.
    std::string sensor() {
        return db.table(
            "SELECT t.state, s.enabled_override, s.override_by FROM sensor s"
            " JOIN timer t ON t.sensor_id = s.id WHERE s.ref = 'ops.tick'");
    }
    std::string skips() {
        return db.table(
            "SELECT reason, through_at - after_at FROM timer_skip ORDER BY through_at");
    }
    const CatalogRule* rule() {
        catalog = CatalogStore(db.database()).compile(nullptr).catalog;
        return catalog->rules().find("ops.greet");
    }

    PauseReport pause(Kind kind, const std::string& ref, const Pause& what) {
        return pausing.pause(kind, ref, what, now).value();
    }
    PauseReport resume(Kind kind, const std::string& ref) {
        return pausing.resume(kind, ref, now).value();
    }

    TempDirectory root;
    TestDatabase db;
    TimePoint now = kNoon;
    Duration elapsed{0};
    Reconciler reconciler{root.path().string(), db.database(), system_zones()};
    Pausing pausing{db.database(), system_zones()};
    std::shared_ptr<const Catalog> catalog;
};

TEST_F(PausingTest, APausedTimerRestsAndSkipsWhatIsDueMeanwhile) {
    const auto before = CatalogStore(db.database()).generation();
    const auto paused = pause(Kind::kSensor, "ops.tick", kForGood);
    EXPECT_EQ(paused.outcome, Outcome::kChanged);
    EXPECT_EQ(paused.generation.value, before.value + 1);
    EXPECT_EQ(CatalogStore(db.database()).generation(), paused.generation);
    EXPECT_EQ(sensor(), "paused|f|alice");

    now += 1h;
    EXPECT_EQ(resume(Kind::kSensor, "ops.tick").outcome, Outcome::kChanged);
    EXPECT_EQ(sensor(), "armed||");
    EXPECT_EQ(skips(), "paused|01:00:00");
    EXPECT_EQ(db.value("SELECT cursor_at = instant(" +
                       std::to_string(now.time_since_epoch().count()) + ") FROM timer"),
              "t");
}

TEST_F(PausingTest, NoPassUndoesItWhateverTheFilesSay) {
    pause(Kind::kSensor, "ops.tick", kForGood);
    EXPECT_EQ(pass().outcome, RevisionOutcome::kUnchanged);
    root.write("packs/ops/all.yaml", manifests(20, true));
    EXPECT_EQ(pass().outcome, RevisionOutcome::kApplied);
    EXPECT_EQ(sensor(), "paused|f|alice");

    resume(Kind::kSensor, "ops.tick");
    EXPECT_EQ(sensor(), "armed||");
    EXPECT_EQ(db.value("SELECT period FROM timer_rev ORDER BY spec_rev DESC LIMIT 1"),
              "20000000");
}

TEST_F(PausingTest, ResumingLeavesTheLastWordToTheFile) {
    pause(Kind::kSensor, "ops.tick", kForGood);
    root.write("packs/ops/all.yaml", manifests(10, false));
    pass();
    resume(Kind::kSensor, "ops.tick");
    EXPECT_EQ(sensor(), "paused||");
}

TEST_F(PausingTest, AskingAgainChangesNothingAndAnotherReasonReplacesTheFirst) {
    const auto first = pause(Kind::kSensor, "ops.tick", kForGood);
    const auto again = pause(Kind::kSensor, "ops.tick", kForGood);
    EXPECT_EQ(again.outcome, Outcome::kUnchanged);
    EXPECT_EQ(again.generation, first.generation);
    EXPECT_EQ(pause(Kind::kSensor, "ops.tick", {.by = "bob", .reason = {}, .until = now + 1h})
                  .outcome,
              Outcome::kChanged);
    EXPECT_EQ(sensor(), "paused|f|bob");
    resume(Kind::kSensor, "ops.tick");
    EXPECT_EQ(resume(Kind::kSensor, "ops.tick").outcome, Outcome::kUnchanged);
}

TEST_F(PausingTest, ItWorksWhileTheSourceIsBroken) {
    root.write("attune.yaml", "kind: [\n");
    EXPECT_EQ(pass().outcome, RevisionOutcome::kRefused);
    EXPECT_EQ(pause(Kind::kSensor, "ops.tick", kForGood).outcome, Outcome::kChanged);
    EXPECT_EQ(sensor(), "paused|f|alice");
    EXPECT_EQ(resume(Kind::kSensor, "ops.tick").outcome, Outcome::kChanged);
    EXPECT_EQ(sensor(), "armed||");
}

TEST_F(PausingTest, APausedRuleAnswersNothing) {
    EXPECT_TRUE(rule()->enabled);
    pause(Kind::kRule, "ops.greet", kForGood);
    EXPECT_FALSE(rule()->enabled);
    EXPECT_EQ(sensor(), "armed||");
    resume(Kind::kRule, "ops.greet");
    EXPECT_TRUE(rule()->enabled);
}

TEST_F(PausingTest, APauseEndsByItself) {
    EXPECT_EQ(pausing.next_end(), std::nullopt);
    const auto until = now + 1h;
    pause(Kind::kSensor, "ops.tick", {.by = "alice", .reason = {}, .until = until});
    pause(Kind::kRule, "ops.greet", {.by = "alice", .reason = {}, .until = until + 1h});
    EXPECT_EQ(pausing.next_end(), until);
    // What is remembered elsewhere is found by whoever starts anew.
    EXPECT_EQ(Pausing(db.database(), system_zones()).next_end(), until);

    EXPECT_TRUE(pausing.resume_over(until - 1us).empty());
    const auto ended = pausing.resume_over(until);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].ref, "ops.tick");
    EXPECT_TRUE(ended[0].outcome);
    EXPECT_EQ(sensor(), "armed||");
    EXPECT_FALSE(rule()->enabled);
    EXPECT_EQ(pausing.next_end(), until + 1h);
}

TEST_F(PausingTest, WhatIsNotThereIsUnknown) {
    const auto before = CatalogStore(db.database()).generation();
    EXPECT_EQ(pause(Kind::kSensor, "ops.tack", kForGood).outcome, Outcome::kUnknown);
    EXPECT_EQ(pause(Kind::kSensor, "ops.greet", kForGood).outcome, Outcome::kUnknown);
    EXPECT_EQ(pause(Kind::kRule, "", kForGood).outcome, Outcome::kUnknown);
    EXPECT_EQ(CatalogStore(db.database()).generation(), before);
}

// Two who change the catalog: the later one looks again.
TEST_F(PausingTest, AChangeMadeOfAnOlderCatalogIsNotWritten) {
    PauseStore store(db.database());
    const auto found = store.find(Kind::kRule, "ops.greet");
    ASSERT_TRUE(found);
    pause(Kind::kSensor, "ops.tick", kForGood);
    EXPECT_EQ(store.apply({.base = found->generation,
                           .kind = Kind::kRule,
                           .id = found->object.id,
                           .pause = kForGood,
                           .timer = std::nullopt,
                           .at = now}),
              std::nullopt);
    EXPECT_TRUE(rule()->enabled);
}

}  // namespace
}  // namespace attune
