#include "reconciler/reconcile.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/limits.h"
#include "tests/support/database.h"
#include "tests/support/temp_directory.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr TimePoint kNoon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);

// A tree on disk, a database, and a clock that the test moves.
class ReconcileTest : public testing::Test {
protected:
    ReconcileTest() {
        write("attune.yaml", "{apiVersion: attune/v1, kind: Source, metadata: {name: main}}");
        write("packs/ops/pack.yaml",
              "{apiVersion: attune/v1, kind: Pack, metadata: {ref: ops}}");
    }

    void write(const std::string& path, const std::string& text) {
        root.write(path, text + "\n");
    }
    void remove(const std::string& path) { std::filesystem::remove(root / path); }

    void write_source(const std::string& name, const std::string& spec) {
        write("attune.yaml", fmt::format("{{apiVersion: attune/v1, kind: Source, metadata:"
                                         " {{name: {}}}, spec: {{{}}}}}",
                                         name, spec));
    }
    void write_sensor(const std::string& name, int seconds,
                      const std::string& trigger = "core.intervaltimer") {
        write(
            "packs/ops/sensors/" + name + ".yaml",
            fmt::format("apiVersion: attune/v1\nkind: Sensor\nmetadata: {{ref: ops.{}}}\nspec:"
                        " {{trigger: {}, config: {{unit: seconds, interval: {}}}}}",
                        name, trigger, seconds));
    }
    void write_rule(const std::string& name, const std::string& action) {
        write("packs/ops/rules/" + name + ".yaml",
              fmt::format("apiVersion: attune/v1\nkind: Rule\nmetadata: {{ref: ops.{}}}\nspec:"
                          " {{trigger: core.intervaltimer, action: {{ref: {}}}}}",
                          name, action));
    }
    void write_action(const std::string& name, const std::string& spec) {
        write(
            "packs/ops/actions/" + name + ".yaml",
            fmt::format("apiVersion: attune/v1\nkind: Action\nmetadata: {{ref: ops.{}}}\nspec:"
                        " {}",
                        name, spec));
    }

    Report pass(PassOptions options = {}) {
        now += 10s;
        elapsed += 10s;
        return reconciler.reconcile(now, elapsed, options);
    }
    // Passes until nothing is left to come back for, as the loop does.
    Report settle() {
        Report report = pass();
        for (int n = 0; n < 5 && report.again_in; ++n) report = pass();
        return report;
    }

    static std::vector<std::string> codes(const Report& report) {
        std::vector<std::string> list;
        for (const Diagnostic& diagnostic : report.diagnostics) list.push_back(diagnostic.code);
        return list;
    }
    static std::vector<std::string> frozen(const Report& report) {
        std::vector<std::string> list;
        for (const FrozenObject& object : report.frozen) list.push_back(object.ref.text());
        return list;
    }
    std::string catalog() {
        return db.table(
            "SELECT xmin::text, ref FROM pack UNION ALL SELECT xmin::text, ref FROM trigger"
            " UNION ALL SELECT xmin::text, ref FROM action UNION ALL SELECT xmin::text, ref"
            " FROM sensor UNION ALL SELECT xmin::text, ref FROM rule ORDER BY 2, 1");
    }
    std::string timers() {
        return db.table(
            "SELECT xmin::text, sensor_id, cursor_at, anchor_at, spec_rev, next_at"
            " FROM timer ORDER BY sensor_id");
    }
    std::string revisions() { return db.value("SELECT count(*) FROM config_revision"); }
    std::string config_of(const std::string& ref) {
        return db.value("SELECT config FROM sensor WHERE ref = '" + ref + "'");
    }
    bool is_live(const std::string& table, const std::string& ref) {
        return db.value("SELECT count(*) FROM " + table + " WHERE ref = '" + ref +
                        "' AND retired_at IS NULL") == "1";
    }

    TempDirectory root;
    TestDatabase db;
    TimePoint now = kNoon;
    Duration elapsed{0};
    Reconciler reconciler{root.path().string(), db.database(), system_zones()};
};

TEST_F(ReconcileTest, MakesTheDatabaseSayWhatTheTreeSays) {
    write_sensor("tick", 10);
    write_rule("greet", "core.echo");
    const Report report = pass();
    EXPECT_EQ(report.outcome, RevisionOutcome::kApplied) << report.summary;
    EXPECT_TRUE(report.moved);
    EXPECT_EQ(report.source, "main");
    EXPECT_TRUE(is_live("pack", "core"));
    EXPECT_TRUE(is_live("trigger", "core.intervaltimer"));
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
    EXPECT_TRUE(is_live("rule", "ops.greet"));
    EXPECT_EQ(db.value("SELECT state FROM timer"), "armed");
}

TEST_F(ReconcileTest, WhatWasAppliedCompilesIntoACatalog) {
    write_sensor("tick", 10);
    write_rule("greet", "core.echo");
    pass();
    CatalogStore store(db.database());
    const auto compiled = store.compile(nullptr);
    EXPECT_THAT(compiled.problems, IsEmpty());
    const CatalogSensor* sensor = compiled.catalog->sensors().find("ops.tick");
    ASSERT_NE(sensor, nullptr);
    Catalog::Rules rules;
    compiled.catalog->rules_of(*sensor, rules);
    ASSERT_THAT(rules, SizeIs(1));
    EXPECT_EQ(rules[0]->constant_params, R"({"message":"Hello World"})");

    write_sensor("tick", 20);
    write_sensor("tock", 5);
    pass();
    const auto next = store.compile(compiled.catalog.get());
    EXPECT_THAT(next.catalog->sensors().find("ops.tick")->config, testing::HasSubstr("20"));
    EXPECT_NE(next.catalog->sensors().find("ops.tock"), nullptr);
    EXPECT_EQ(next.catalog->rules().find("ops.greet"),
              compiled.catalog->rules().find("ops.greet"));
}

TEST_F(ReconcileTest, AnUnchangedTreeWritesNothing) {
    write_sensor("tick", 10);
    settle();
    const std::string before = catalog() + timers() + revisions();
    EXPECT_EQ(pass().outcome, RevisionOutcome::kUnchanged);
    EXPECT_EQ(pass({.in_full = true}).outcome, RevisionOutcome::kUnchanged);
    EXPECT_EQ(catalog() + timers() + revisions(), before);
}

TEST_F(ReconcileTest, AWarningIsToldWithItsFileAndLeavesNothingToDo) {
    const std::string sensors =
        "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.odd}\nspec: {trigger:"
        " core.crontimer, config: {expression: \"0 0 0 1 * 1\"}}\n---\n"
        "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.other}\nspec: {trigger:"
        " core.intervaltimer, config: {unit: seconds, interval: ";
    const auto warnings = [this] {
        return db.value(
            "SELECT diagnostics->0->>'code' FROM source_file WHERE path LIKE '%odd%'");
    };
    write("packs/ops/odd.yaml", sensors + "1}}");
    EXPECT_THAT(codes(settle()), Contains("ATT4020"));
    EXPECT_EQ(warnings(), "ATT4020");
    Reconciler another(root.path().string(), db.database(), system_zones());
    EXPECT_TRUE(nothing_to_do(another.preview(now).result.plan));
    const std::string before = revisions();
    another.reconcile(now, elapsed, {.in_full = true});
    EXPECT_EQ(revisions(), before);
    write("packs/ops/odd.yaml", sensors + "2}}");
    settle();
    EXPECT_EQ(warnings(), "ATT4020");
}

TEST_F(ReconcileTest, TouchingEveryFileWritesNothing) {
    write_sensor("tick", 10);
    settle();
    const std::string before = catalog() + timers() + revisions();
    write_sensor("tick", 10);
    write("packs/ops/pack.yaml", "{apiVersion: attune/v1, kind: Pack, metadata: {ref: ops}}");
    EXPECT_EQ(pass().outcome, RevisionOutcome::kUnchanged);
    EXPECT_EQ(catalog() + timers() + revisions(), before);
}

TEST_F(ReconcileTest, EditingOneOf200ManifestsTouchesNoOtherRow) {
    for (int n = 0; n < 200; ++n) write_sensor("s" + std::to_string(n), 10 + n);
    settle();
    const std::string catalog_before =
        db.table("SELECT xmin::text, ref FROM sensor WHERE ref <> 'ops.s77' ORDER BY ref");
    const std::string timers_before = db.table(
        "SELECT t.xmin::text, t.sensor_id, t.cursor_at, t.anchor_at, t.next_at FROM timer t"
        " JOIN sensor s ON s.id = t.sensor_id WHERE s.ref <> 'ops.s77' ORDER BY 2");
    write_sensor("s77", 999);
    EXPECT_EQ(pass().changes, (std::map<ChangeKind, int>{{ChangeKind::kUpdate, 1}}));
    EXPECT_EQ(
        db.table("SELECT xmin::text, ref FROM sensor WHERE ref <> 'ops.s77' ORDER BY ref"),
        catalog_before);
    EXPECT_EQ(
        db.table("SELECT t.xmin::text, t.sensor_id, t.cursor_at, t.anchor_at, t.next_at FROM"
                 " timer t JOIN sensor s ON s.id = t.sensor_id WHERE s.ref <> 'ops.s77'"
                 " ORDER BY 2"),
        timers_before);
    EXPECT_THAT(config_of("ops.s77"), testing::HasSubstr("999"));
}

TEST_F(ReconcileTest, WhatIsMissingTwiceIsRetiredAndComesBackAsItWas) {
    write_sensor("tick", 10);
    settle();
    const std::string id = db.value("SELECT id FROM sensor WHERE ref = 'ops.tick'");
    const std::string anchor = db.value("SELECT anchor_at FROM timer");

    remove("packs/ops/sensors/tick.yaml");
    const Report first = pass();
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
    EXPECT_THAT(first.held, SizeIs(1));
    EXPECT_EQ(first.again_in, Reconciler::kAbsenceProof);
    elapsed -= 9s;  // one second later
    pass();
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
    pass();
    EXPECT_FALSE(is_live("sensor", "ops.tick"));
    EXPECT_EQ(db.value("SELECT state FROM timer"), "retired");

    write_sensor("tick", 10);
    settle();
    EXPECT_EQ(db.value("SELECT id FROM sensor WHERE ref = 'ops.tick'"), id);
    EXPECT_EQ(db.value("SELECT anchor_at FROM timer"), anchor);
    EXPECT_EQ(db.value("SELECT state FROM timer"), "armed");
}

TEST_F(ReconcileTest, AnAbsenceThatEndsInBetweenIsForgotten) {
    write_sensor("tick", 10);
    settle();
    remove("packs/ops/sensors/tick.yaml");
    pass();
    write_sensor("tick", 10);
    pass();
    remove("packs/ops/sensors/tick.yaml");
    pass();
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
}

TEST_F(ReconcileTest, ABrokenManifestFreezesItselfAndTheRestIsApplied) {
    write_sensor("tick", 10);
    write_sensor("tock", 10);
    settle();
    write("packs/ops/sensors/tick.yaml",
          "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.tick}\nspec: {trigger:"
          " core.intervaltimer, config: {unit: seconds, intervall: 5}}");
    write_sensor("tock", 20);
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kPartial);
    EXPECT_THAT(frozen(report), ElementsAre("ops.tick"));
    EXPECT_THAT(config_of("ops.tick"), testing::HasSubstr("10"));
    EXPECT_THAT(config_of("ops.tock"), testing::HasSubstr("20"));
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
}

TEST_F(ReconcileTest, ABrokenTriggerFreezesItsSensors) {
    const auto trigger = [&](const std::string& type) {
        write("packs/ops/triggers/door.yaml",
              "apiVersion: attune/v1\nkind: Trigger\nmetadata: {ref: ops.door}\nspec:"
              " {param_schema: {type: object, properties: {room: {type: " +
                  type + "}}}}");
    };
    const auto sensor = [&](const std::string& room) {
        write("packs/ops/sensors/front.yaml",
              "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.front}\nspec: {trigger:"
              " ops.door, runtime: core.sensor.external, config: {room: " +
                  room + "}}");
    };
    trigger("string");
    sensor("hall");
    settle();
    trigger("strong");
    sensor("kitchen");
    const Report report = settle();
    EXPECT_THAT(frozen(report), UnorderedElementsAre("ops.door", "ops.front"));
    EXPECT_THAT(config_of("ops.front"), testing::HasSubstr("hall"));
    EXPECT_TRUE(is_live("sensor", "ops.front"));
    EXPECT_TRUE(is_live("trigger", "ops.door"));
}

TEST_F(ReconcileTest, ABrokenActionFreezesTheRulesThatUseIt) {
    write_sensor("tick", 10);
    root.write_script("packs/ops/files/run.sh", "#!/bin/sh\n");
    write_action("run", "{runner: process, command: [files/run.sh]}");
    write_rule("go", "ops.run");
    write_rule("greet", "core.echo");
    settle();
    write_action("run", "{runner: process, command: [files/gone.sh]}");
    write("packs/ops/rules/go.yaml",
          "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.go, label: New}\nspec:"
          " {trigger: core.intervaltimer, action: {ref: ops.run}}");
    const Report report = settle();
    EXPECT_THAT(frozen(report), UnorderedElementsAre("ops.run", "ops.go"));
    EXPECT_EQ(db.value("SELECT label FROM rule WHERE ref = 'ops.go'"), "ops.go");
    EXPECT_TRUE(is_live("rule", "ops.go"));
    EXPECT_TRUE(is_live("rule", "ops.greet"));
}

TEST_F(ReconcileTest, AFileThatCannotBeIdentifiedFreezesWhatWasKnownFromIt) {
    write("packs/ops/sensors/both.yaml",
          "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.a}\nspec: {trigger:"
          " core.intervaltimer, config: {unit: seconds, interval: 1}}\n---\napiVersion:"
          " attune/v1\nkind: Sensor\nmetadata: {ref: ops.b}\nspec: {trigger:"
          " core.intervaltimer, config: {unit: seconds, interval: 2}}");
    settle();
    write("packs/ops/sensors/both.yaml", "apiVersion: attune/v1\nkind: \"Sensor\nmetadata:");
    const Report report = settle();
    EXPECT_THAT(frozen(report), UnorderedElementsAre("ops.a", "ops.b"));
    EXPECT_TRUE(is_live("sensor", "ops.a"));
    EXPECT_TRUE(is_live("sensor", "ops.b"));
}

TEST_F(ReconcileTest, AFolderThatIsSwappedForALinkRetiresNothing) {
    write_sensor("tick", 10);
    settle();
    std::filesystem::rename(root / "packs/ops/sensors", root / "elsewhere");
    std::filesystem::create_directory_symlink(root / "elsewhere", root / "packs/ops/sensors");
    const Report report = settle();
    EXPECT_THAT(frozen(report), ElementsAre("ops.tick"));
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
}

TEST_F(ReconcileTest, ATreeWithoutItsRootFileRetiresNothingAndSaysSoOnce) {
    write_sensor("tick", 10);
    settle();
    remove("attune.yaml");
    const std::string before = revisions();
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kRefused);
    EXPECT_THAT(codes(report), ElementsAre("ATT5002"));
    pass();
    EXPECT_EQ(std::stoi(revisions()), std::stoi(before) + 1);
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
}

TEST_F(ReconcileTest, StrictAppliesAllOrNothing) {
    write_source("main", "on_invalid: strict");
    write_sensor("good", 10);
    write_sensor("bad", 0);
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kRefused);
    EXPECT_FALSE(is_live("sensor", "ops.good"));
    write_sensor("bad", 1);
    EXPECT_EQ(settle().outcome, RevisionOutcome::kApplied);
    EXPECT_TRUE(is_live("sensor", "ops.good"));
}

TEST_F(ReconcileTest, StrictIsRefusedByAFileThatCannotBeRead) {
    write_source("main", "on_invalid: strict");
    write_sensor("good", 10);
    write("packs/ops/large.yaml", std::string(limits::kFileBytes, '#'));
    EXPECT_TRUE(reconciler.preview(now).refused);
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kRefused);
    EXPECT_THAT(codes(report), ElementsAre("ATT5005"));
    EXPECT_FALSE(is_live("sensor", "ops.good"));
}

TEST_F(ReconcileTest, StrictIsRefusedByWhatOnlyThePlanFinds) {
    write_source("main", "on_invalid: strict");
    write_sensor("tick", 10);
    settle();
    write_source("renamed", "on_invalid: strict");
    write_sensor("good", 10);
    EXPECT_TRUE(reconciler.preview(now).refused);
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kRefused);
    EXPECT_THAT(codes(report), Contains("ATT6003"));
    EXPECT_FALSE(is_live("sensor", "ops.good"));
}

TEST_F(ReconcileTest, StrictIsRefusedByTheBrake) {
    write_source("main", "on_invalid: strict");
    for (int n = 0; n < 10; ++n) write_sensor("s" + std::to_string(n), 10);
    settle();
    for (int n = 0; n < 10; ++n) remove("packs/ops/sensors/s" + std::to_string(n) + ".yaml");
    settle();
    write_sensor("good", 10);
    const Report report = settle();
    EXPECT_EQ(report.outcome, RevisionOutcome::kRefused);
    EXPECT_TRUE(report.braked);
    EXPECT_THAT(report.held, SizeIs(10));
    EXPECT_FALSE(is_live("sensor", "ops.good"));
}

TEST_F(ReconcileTest, TheBrakeHoldsUntilSomebodyWhoLookedSaysOtherwise) {
    for (int n = 0; n < 10; ++n) write_sensor("s" + std::to_string(n), 10);
    settle();
    for (int n = 0; n < 10; ++n) remove("packs/ops/sensors/s" + std::to_string(n) + ".yaml");
    const Report braked = settle();
    EXPECT_EQ(braked.outcome, RevisionOutcome::kRefused);
    EXPECT_TRUE(braked.braked);
    EXPECT_THAT(codes(braked), Contains("ATT6002"));
    EXPECT_TRUE(is_live("sensor", "ops.s0"));

    pass({.in_full = true, .allowed_retirements = 10});
    EXPECT_FALSE(is_live("sensor", "ops.s0"));
    EXPECT_EQ(db.value("SELECT count(*) FROM timer WHERE state = 'armed'"), "0");
}

TEST_F(ReconcileTest, AnOperatorsOverrideSurvivesEveryPass) {
    write_sensor("tick", 10);
    settle();
    db.run("UPDATE sensor SET enabled_override = false WHERE ref = 'ops.tick'");
    pass({.in_full = true});
    EXPECT_EQ(db.value("SELECT state FROM timer"), "paused");
    write_sensor("tick", 20);
    settle();
    EXPECT_EQ(db.value("SELECT enabled_override FROM sensor WHERE ref = 'ops.tick'"), "f");
    EXPECT_EQ(db.value("SELECT state FROM timer"), "paused");
    EXPECT_THAT(config_of("ops.tick"), testing::HasSubstr("20"));
}

TEST_F(ReconcileTest, WhatFellDueDuringAPauseIsSkippedAsPausedAndNeverFires) {
    write_sensor("tick", 10);
    settle();
    now += 35s;
    db.run("UPDATE sensor SET enabled_override = false WHERE ref = 'ops.tick'");
    pass({.in_full = true});
    const auto paused = now;
    now += 600s;
    db.run("UPDATE sensor SET enabled_override = NULL WHERE ref = 'ops.tick'");
    pass({.in_full = true});
    const auto resumed = now;
    EXPECT_EQ(db.value("SELECT state FROM timer"), "armed");
    EXPECT_EQ(db.value("SELECT micros(cursor_at) FROM timer"),
              std::to_string(resumed.time_since_epoch().count()));
    EXPECT_EQ(db.table("SELECT reason, micros(through_at) FROM timer_skip ORDER BY 2"),
              fmt::format("paused|{}\npaused|{}", paused.time_since_epoch().count(),
                          resumed.time_since_epoch().count()));
    EXPECT_EQ(db.value("SELECT count(*) FROM timer_skip a JOIN timer_skip b"
                       " ON a.after_at = b.through_at"),
              "1");
}

TEST_F(ReconcileTest, EveryAttemptLeavesARow) {
    write_sensor("tick", 10);
    pass();
    EXPECT_EQ(db.value("SELECT outcome FROM config_revision ORDER BY id DESC LIMIT 1"),
              "applied");
    write_sensor("tick", 0);
    pass();
    EXPECT_EQ(db.value("SELECT outcome FROM config_revision ORDER BY id DESC LIMIT 1"),
              "partial");
    EXPECT_EQ(db.value("SELECT frozen FROM config_revision ORDER BY id DESC LIMIT 1"), "1");
}

TEST_F(ReconcileTest, AScriptThatBecomesRunnableThawsItsActionWithoutAnEdit) {
    root.write("packs/ops/files/run.sh", "#!/bin/sh\n");
    write_action("run", "{runner: process, command: [files/run.sh]}");
    EXPECT_THAT(frozen(settle()), ElementsAre("ops.run"));
    root.write_script("packs/ops/files/run.sh", "#!/bin/sh\n");
    settle();
    EXPECT_TRUE(is_live("action", "ops.run"));
}

TEST_F(ReconcileTest, APreviewWritesNothingAndTakesAbsencesForCertain) {
    write_sensor("tick", 10);
    write_sensor("tock", 10);
    settle();
    remove("packs/ops/sensors/tick.yaml");
    write_sensor("tock", 20);
    const std::string before = catalog() + timers() + revisions();
    const Preview preview = reconciler.preview(now);
    EXPECT_EQ(count_changes(preview.result.plan),
              (std::map<ChangeKind, int>{{ChangeKind::kUpdate, 1}, {ChangeKind::kRetire, 1}}));
    EXPECT_EQ(catalog() + timers() + revisions(), before);
}

TEST_F(ReconcileTest, ARenamedSourceIsAnotherSource) {
    write_sensor("tick", 10);
    settle();
    write("attune.yaml", "{apiVersion: attune/v1, kind: Source, metadata: {name: renamed}}");
    const Report report = settle();
    EXPECT_THAT(codes(report), AllOf(Contains("ATT6003"), Contains("ATT6005")));
    EXPECT_TRUE(is_live("sensor", "ops.tick"));
}

}  // namespace
}  // namespace attune
