#include "store/catalog_store.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/timer_store.h"
#include "tests/support/database.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

Manifest manifest(Kind kind, const std::string& ref, Spec spec) {
    Manifest made{.kind = kind,
                  .ref = kind == Kind::kPack ? *Ref::parse_pack(ref) : *Ref::parse(ref),
                  .metadata = {.label = ref,
                               .description = {},
                               .labels = {{"team", "ops"}},
                               .annotations = {}},
                  .spec = std::move(spec),
                  .place = {.file = "packs/ops/all.yaml", .line = 3},
                  .document = {{"kind", to_string(kind)}, {"metadata", {{"ref", ref}}}},
                  .spec_digest = "spec of " + ref,
                  .meta_digest = "meta of " + ref};
    return made;
}

Manifest tick(const std::string& ref = "ops.tick", int interval = 10) {
    auto made = manifest(Kind::kSensor, ref,
                         SensorSpec{.trigger = *Ref::parse("core.intervaltimer"),
                                    .config = {{"unit", "seconds"}, {"interval", interval}}});
    made.spec_digest = std::to_string(interval);
    return made;
}

Manifest rule(const std::string& ref = "ops.rule") {
    return manifest(Kind::kRule, ref,
                    RuleSpec{.trigger = *Ref::parse("core.intervaltimer"),
                             .sensors = {*Ref::parse("ops.tick")},
                             .conditions = Json(),
                             .action = *Ref::parse("ops.sweep"),
                             .params = {{"path", "/tmp"}}});
}

ObjectChange create(Manifest made) {
    return {.change = ChangeKind::kCreate,
            .kind = made.kind,
            .ref = made.ref,
            .id = 0,
            .manifest = std::move(made)};
}

TimerChange becomes(const std::string& ref, TimerState state, TimePoint anchor) {
    return {.sensor = *Ref::parse(ref),
            .id = {},
            .state = state,
            .anchor_at = anchor,
            .span = std::nullopt,
            .cursor_at = std::nullopt,
            .past_one_shot = std::nullopt};
}

TimerChange armed(const std::string& ref, TimePoint anchor, int seconds = 10) {
    TimerSpan span;
    span.spec = {{"trigger", "core.intervaltimer"},
                 {"config", {{"unit", "seconds"}, {"interval", seconds}}}};
    span.period = std::chrono::seconds(seconds);
    span.base_at = anchor;
    span.next_at = anchor + *span.period;
    TimerChange change = becomes(ref, TimerState::kArmed, anchor);
    change.span = span;
    return change;
}

class CatalogStoreTest : public testing::Test {
protected:
    Plan plan(TimePoint at) {
        Plan made;
        made.base = store.generation();
        made.at = at;
        made.source.name = "main";
        made.revision.source = "main";
        made.revision.tree = "t1";
        made.revision.started_at = made.revision.finished_at = at;
        return made;
    }

    // A pack with an action, a sensor and a rule that binds them; one file.
    Applied apply_first() {
        Plan first = plan(kNoon);
        first.objects = {create(manifest(Kind::kPack, "ops", PackSpec{{{"level", 3}}})),
                         create(manifest(Kind::kAction, "ops.sweep", ActionSpec{})),
                         create(tick()), create(rule())};
        first.timers = {armed("ops.tick", kNoon)};
        first.files = {{.path = "packs/ops/all.yaml", .digest = "d1", .diagnostics = {}}};
        return store.apply(first);
    }

    // Throws when it is not there.
    StoredObject stored(Kind kind, const std::string& ref) {
        const auto objects = store.load_state("main").objects;
        const auto found =
            std::find_if(objects.begin(), objects.end(), [&](const auto& object) {
                return object.kind == kind && object.ref.text() == ref;
            });
        if (found == objects.end()) throw std::out_of_range(ref);
        return *found;
    }

    ObjectChange change(ChangeKind kind, Manifest made) {
        const auto id = stored(made.kind, made.ref.text()).id;
        return {.change = kind,
                .kind = made.kind,
                .ref = made.ref,
                .id = id,
                .manifest = std::move(made)};
    }
    ObjectChange retire(Kind kind, const std::string& ref) {
        const auto object = stored(kind, ref);
        return {.change = ChangeKind::kRetire,
                .kind = kind,
                .ref = object.ref,
                .id = object.id,
                .manifest = std::nullopt};
    }
    std::string revs() {
        return db.table(
            "SELECT spec_rev, armed_from, armed_through, period FROM timer_rev"
            " ORDER BY spec_rev");
    }

    TestDatabase db;
    CatalogStore store{db.database()};
};

TEST_F(CatalogStoreTest, WritesWhatAPlanCreates) {
    const auto applied = apply_first();
    EXPECT_FALSE(applied.moved);
    EXPECT_EQ(applied.generation, Generation{2});
    EXPECT_EQ(db.table("SELECT ref, label, labels, config, trigger_ref, runtime_ref, enabled,"
                       " origin, source_path, source_line, generation, created_at FROM sensor"),
              "ops.tick|ops.tick|{\"team\": \"ops\"}|{\"unit\": \"seconds\", \"interval\": 10}|"
              "core.intervaltimer|core.sensor.builtin|t|manifest|packs/ops/all.yaml|3|2|"
              "2026-11-23 12:00:00+00");
    EXPECT_EQ(
        db.table("SELECT r.ref, t.ref, a.ref, p.ref, r.sensors, r.action_params FROM rule r"
                 " JOIN trigger t ON t.id = r.trigger JOIN action a ON a.id = r.action"
                 " JOIN pack p ON p.id = r.pack"),
        "ops.rule|core.intervaltimer|ops.sweep|ops|{ops.tick}|{\"path\": \"/tmp\"}");
    EXPECT_EQ(db.value("SELECT config FROM pack WHERE ref = 'ops'"), "{\"level\": 3}");
    EXPECT_EQ(db.table("SELECT path, digest, valid FROM source_file"),
              "packs/ops/all.yaml|d1|t");
    EXPECT_EQ(std::to_string(applied.created.at("Sensor ops.tick")),
              db.value("SELECT id FROM sensor"));
}

TEST_F(CatalogStoreTest, ReadsBackWhatItWrote) {
    apply_first();
    const auto state = store.load_state("main");
    EXPECT_EQ(state.generation, Generation{2});
    EXPECT_EQ(state.last_tree, "t1");
    EXPECT_THAT(state.files, SizeIs(1));
    ASSERT_THAT(state.timers, SizeIs(1));
    EXPECT_EQ(state.timers.at(0).state, TimerState::kArmed);
    EXPECT_EQ(state.timers.at(0).anchor_at, kNoon);
    EXPECT_EQ(state.timers.at(0).cursor_at, kNoon);
    EXPECT_EQ(Json::parse(state.timers.at(0).spec).at("trigger"), "core.intervaltimer");

    const auto sensor = stored(Kind::kSensor, "ops.tick");
    EXPECT_EQ(sensor.source, "main");
    EXPECT_EQ(sensor.place, (Place{"packs/ops/all.yaml", 3}));
    EXPECT_EQ(sensor.spec_digest, "10");
    EXPECT_EQ(sensor.meta_digest, "meta of ops.tick");
    EXPECT_EQ(Json::parse(sensor.document).at("kind"), "Sensor");
    EXPECT_EQ(sensor.spec_rev, Generation{2});
    EXPECT_EQ(sensor.created_at, kNoon);
}

TEST_F(CatalogStoreTest, KeepsDiagnosticsOfFilesExactly) {
    Diagnostic diagnostic{.severity = Severity::kWarning,
                          .code = "ATT4003",
                          .reason = "never",
                          .message = "never \"fires\"\n",
                          .file = "a.yaml",
                          .range = {1, 2, 3, 4},
                          .object_kind = "Sensor",
                          .object_ref = "ops.x",
                          .pointer = "/spec",
                          .label = "here",
                          .help = "remove it",
                          .notes = {"one", "two"},
                          .related = {{"first", "b.yaml", {5, 6, 7, 8}}},
                          .fix = Fix{.range = {1, 2, 1, 3}, .text = "x", .certain = true}};
    Plan files = plan(kNoon);
    files.files = {
        {.path = "a.yaml", .digest = "d", .valid = false, .diagnostics = {diagnostic}}};
    store.apply(files);
    EXPECT_EQ(store.load_state("main").files, files.files);
}

TEST_F(CatalogStoreTest, FilesAloneMakeNoGeneration) {
    apply_first();
    Plan files = plan(kNoon + 1s);
    files.files_gone = {"packs/ops/all.yaml"};
    const auto applied = store.apply(files);
    EXPECT_EQ(applied.generation, Generation{2});
    EXPECT_EQ(store.generation(), Generation{2});
    EXPECT_THAT(store.load_state("main").files, IsEmpty());
}

TEST_F(CatalogStoreTest, RefusesAPlanMadeFromAnotherGeneration) {
    Plan stale = plan(kNoon);
    apply_first();
    stale.objects = {create(manifest(Kind::kPack, "late", PackSpec{}))};
    const auto applied = store.apply(stale);
    EXPECT_TRUE(applied.moved);
    EXPECT_EQ(applied.generation, Generation{2});
    EXPECT_EQ(db.value("SELECT count(*) FROM pack WHERE ref = 'late'"), "0");
}

TEST_F(CatalogStoreTest, TouchesNothingThatThePlanDoesNotName) {
    Plan many = plan(kNoon);
    many.objects = {create(manifest(Kind::kPack, "ops", PackSpec{}))};
    for (int n = 0; n < 200; ++n) {
        many.objects.push_back(create(tick(fmt::format("ops.s{}", n))));
        many.timers.push_back(armed(fmt::format("ops.s{}", n), kNoon));
    }
    store.apply(many);
    const std::string others =
        "SELECT xmin, ctid, ref FROM sensor WHERE ref <> 'ops.s7' ORDER BY id";
    const std::string timers =
        "SELECT t.xmin, t.ctid, t.* FROM timer t JOIN sensor s ON s.id = t.sensor_id"
        " WHERE s.ref <> 'ops.s7' ORDER BY 1, 2";
    const auto sensors_before = db.table(others);
    const auto timers_before = db.table(
        "SELECT * FROM (" + timers.substr(0, timers.find(" ORDER")) + ") x ORDER BY sensor_id");
    Plan one = plan(kNoon + 60s);
    one.objects = {change(ChangeKind::kUpdate, tick("ops.s7", 20))};
    one.timers = {armed("ops.s7", kNoon + 60s, 20)};
    store.apply(one);
    EXPECT_EQ(db.table(others), sensors_before);
    EXPECT_EQ(db.table("SELECT * FROM (" + timers.substr(0, timers.find(" ORDER")) +
                       ") x ORDER BY sensor_id"),
              timers_before);
}

TEST_F(CatalogStoreTest, AnEditClosesOneSpanAndOpensTheNextAtTheSameMoment) {
    apply_first();
    db.run("UPDATE timer SET cursor_at = '2026-11-23 12:00:50Z', fires = 5");
    Plan edit = plan(kNoon + 55s);
    edit.objects = {change(ChangeKind::kUpdate, tick("ops.tick", 20))};
    edit.timers = {armed("ops.tick", kNoon + 55s, 20)};
    EXPECT_EQ(store.apply(edit).generation, Generation{3});
    EXPECT_EQ(revs(),
              "2|2026-11-23 12:00:00+00|2026-11-23 12:00:55+00|10000000\n"
              "3|2026-11-23 12:00:55+00||20000000");
    EXPECT_EQ(db.table("SELECT after_at, through_at, count, reason FROM timer_skip"),
              "2026-11-23 12:00:50+00|2026-11-23 12:00:55+00||schedule_change");
    EXPECT_EQ(db.table("SELECT spec_rev, cursor_at, anchor_at, state, fires FROM timer"),
              "3|2026-11-23 12:00:55+00|2026-11-23 12:00:55+00|armed|5");
}

TEST_F(CatalogStoreTest, ACursorAheadOfTheEditStaysWhereItIs) {
    apply_first();
    db.run("UPDATE timer SET cursor_at = '2026-11-23 12:10:00Z'");
    Plan edit = plan(kNoon + 55s);
    edit.timers = {armed("ops.tick", kNoon, 20)};
    store.apply(edit);
    EXPECT_EQ(revs(),
              "2|2026-11-23 12:00:00+00|2026-11-23 12:10:00+00|10000000\n"
              "3|2026-11-23 12:10:00+00||20000000");
    EXPECT_EQ(db.value("SELECT count(*) FROM timer_skip"), "0");
}

TEST_F(CatalogStoreTest, RetiresInReverseAndClosesTheSpan) {
    apply_first();
    Plan gone = plan(kNoon + 35s);
    gone.objects = {retire(Kind::kRule, "ops.rule"), retire(Kind::kSensor, "ops.tick")};
    gone.timers = {becomes("ops.tick", TimerState::kRetired, kNoon)};
    store.apply(gone);
    EXPECT_EQ(db.table("SELECT retired_at, generation FROM sensor"),
              "2026-11-23 12:00:35+00|3");
    EXPECT_EQ(db.table("SELECT state, cursor_at, next_at FROM timer"),
              "retired|2026-11-23 12:00:35+00|");
    EXPECT_EQ(db.table("SELECT reason, after_at, through_at FROM timer_skip"),
              "retired|2026-11-23 12:00:00+00|2026-11-23 12:00:35+00");
    EXPECT_EQ(revs(), "2|2026-11-23 12:00:00+00|2026-11-23 12:00:35+00|10000000");
    EXPECT_EQ(store.compile(nullptr).catalog->sensors().find("ops.tick"), nullptr);
}

TEST_F(CatalogStoreTest, WhatComesBackHasItsIdAndItsAnchor) {
    const auto first = apply_first();
    Plan gone = plan(kNoon + 35s);
    gone.objects = {retire(Kind::kSensor, "ops.tick")};
    gone.timers = {becomes("ops.tick", TimerState::kRetired, kNoon)};
    store.apply(gone);
    Plan back = plan(kNoon + 95s);
    back.objects = {change(ChangeKind::kRestore, tick())};
    back.timers = {armed("ops.tick", kNoon)};
    store.apply(back);
    EXPECT_EQ(std::to_string(first.created.at("Sensor ops.tick")),
              db.value("SELECT id FROM sensor WHERE retired_at IS NULL"));
    EXPECT_EQ(db.table("SELECT anchor_at, cursor_at, state FROM timer"),
              "2026-11-23 12:00:00+00|2026-11-23 12:01:35+00|armed");
    EXPECT_EQ(revs(),
              "2|2026-11-23 12:00:00+00|2026-11-23 12:00:35+00|10000000\n"
              "4|2026-11-23 12:01:35+00||10000000");
}

TEST_F(CatalogStoreTest, APastOneShotIsExhaustedWithItsSkip) {
    Plan first = plan(kNoon);
    first.objects = {create(manifest(Kind::kPack, "ops", PackSpec{})),
                     create(tick("ops.once"))};
    TimerChange once = armed("ops.once", kNoon);
    once.span->period.reset();
    once.span->base_at.reset();
    once.span->next_at.reset();
    once.state = TimerState::kExhausted;
    once.past_one_shot = kNoon - 1h;
    first.timers = {once};
    store.apply(first);
    EXPECT_EQ(db.table("SELECT reason, after_at, through_at, count FROM timer_skip"),
              "past_one_shot|2026-11-23 10:59:59.999999+00|2026-11-23 11:00:00+00|1");
    EXPECT_EQ(db.value("SELECT state FROM timer"), "exhausted");
}

TEST_F(CatalogStoreTest, APastOneShotThatIsToFireBeginsBeforeItsInstant) {
    Plan first = plan(kNoon);
    first.objects = {create(manifest(Kind::kPack, "ops", PackSpec{})),
                     create(tick("ops.once"))};
    TimerChange once = armed("ops.once", kNoon);
    once.cursor_at = kNoon - 1h - 1us;
    first.timers = {once};
    store.apply(first);
    EXPECT_EQ(db.value("SELECT cursor_at FROM timer"), "2026-11-23 10:59:59.999999+00");
    EXPECT_EQ(db.value("SELECT armed_from FROM timer_rev"), "2026-11-23 10:59:59.999999+00");
}

TEST_F(CatalogStoreTest, CompilesWhatChangedSinceRetiredOnesIncluded) {
    apply_first();
    const auto first = store.compile(nullptr).catalog;
    EXPECT_EQ(first->generation(), Generation{2});
    ASSERT_NE(first->sensors().find("ops.tick"), nullptr);
    Plan next = plan(kNoon + 1min);
    next.objects = {change(ChangeKind::kRelabel, tick())};
    store.apply(next);
    const auto second = store.compile(first.get()).catalog;
    EXPECT_EQ(second->generation(), Generation{3});
    EXPECT_NE(second->sensors().find("ops.tick"), first->sensors().find("ops.tick"));
    Plan gone = plan(kNoon + 2min);
    gone.objects = {retire(Kind::kSensor, "ops.tick")};
    gone.timers = {becomes("ops.tick", TimerState::kRetired, kNoon)};
    store.apply(gone);
    const auto third = store.compile(second.get()).catalog;
    EXPECT_EQ(third->generation(), Generation{4});
    EXPECT_EQ(third->sensors().find("ops.tick"), nullptr);
    EXPECT_EQ(third->triggers().find("core.intervaltimer"),
              first->triggers().find("core.intervaltimer"));
}

TEST_F(CatalogStoreTest, ASensorsColumnsSayWhatItsDocumentSays) {
    apply_first();
    db.run(
        "UPDATE sensor SET label = 'Tick', labels = '{\"b\": \"2\", \"a\": \"1\"}',"
        " enabled_override = false, config = '{\"unit\":\"hours\",\"interval\":2}'"
        " WHERE ref = 'ops.tick'");
    const auto compiled = store.compile(nullptr);
    const auto* sensor = compiled.catalog->sensors().find("ops.tick");
    ASSERT_NE(sensor, nullptr);
    EXPECT_EQ(sensor->label, "Tick");
    EXPECT_EQ(sensor->labels, R"({"a":"1","b":"2"})");
    EXPECT_EQ(sensor->config, R"({"interval":2,"unit":"hours"})");
    EXPECT_FALSE(sensor->enabled);
    EXPECT_EQ(sensor->trigger, compiled.catalog->triggers().find("core.intervaltimer")->id);
    EXPECT_EQ(sensor->runtime, SensorRuntime::kBuiltin);
}

TEST_F(CatalogStoreTest, AConvertedSensorWithoutAConfigIsTakenAsItIs) {
    apply_first();
    db.run("UPDATE sensor SET runtime_ref = 'core.sensor.magic', config = NULL");
    const auto compiled = store.compile(nullptr);
    const auto* sensor = compiled.catalog->sensors().find("ops.tick");
    ASSERT_NE(sensor, nullptr);
    EXPECT_EQ(sensor->config, "{}");
    EXPECT_EQ(sensor->runtime, SensorRuntime::kBuiltin);
}

TEST_F(CatalogStoreTest, ARowThatSaysNothingIsLeftOutAndTold) {
    apply_first();
    db.run("UPDATE sensor SET document = NULL");
    const auto compiled = store.compile(nullptr);
    EXPECT_EQ(compiled.catalog->sensors().find("ops.tick"), nullptr);
    EXPECT_THAT(compiled.problems,
                testing::Contains(testing::HasSubstr("Sensor ops.tick is left out")));
}

TEST_F(CatalogStoreTest, TheCorePackTakesOverTheTriggersThatMigrationsMade) {
    const auto before = stored(Kind::kTrigger, "core.intervaltimer");
    EXPECT_EQ(before.origin, Origin::kMigration);
    Plan core = plan(kNoon);
    core.origin = Origin::kCore;
    core.objects = {
        change(ChangeKind::kAdopt, manifest(Kind::kTrigger, "core.intervaltimer",
                                            TriggerSpec{Json{{"type", "object"}}, {}, {}}))};
    store.apply(core);
    const auto after = stored(Kind::kTrigger, "core.intervaltimer");
    EXPECT_EQ(after.origin, Origin::kCore);
    EXPECT_EQ(after.id, before.id);
    EXPECT_EQ(after.source, "");
    EXPECT_EQ(db.value("SELECT count(*) FROM trigger"), "3");
}

TEST_F(CatalogStoreTest, TellsWhichVersionWasInForce) {
    apply_first();
    auto moved = tick("ops.tick", 20);
    moved.place = {"packs/ops/other.yaml", 9};
    Plan edit = plan(kNoon + 1min);
    edit.objects = {change(ChangeKind::kUpdate, moved)};
    edit.revision.tree = "t2";
    edit.revision.commit = "4be1a77";
    store.apply(edit);
    const auto ref = *Ref::parse("ops.tick");
    EXPECT_FALSE(store.version_at(Kind::kSensor, ref, Generation{1}));
    EXPECT_EQ(store.version_at(Kind::kSensor, ref, Generation{2})->place.line, 3);
    const auto later = store.version_at(Kind::kSensor, ref, Generation{99});
    ASSERT_TRUE(later);
    EXPECT_EQ(later->place, (Place{"packs/ops/other.yaml", 9}));
    EXPECT_EQ(later->commit, "4be1a77");
    EXPECT_EQ(later->change, ChangeKind::kUpdate);
}

TEST_F(CatalogStoreTest, RemembersEveryAttemptNewestFirst) {
    apply_first();
    Revision refused;
    refused.source = "main";
    refused.tree = "t2";
    refused.started_at = kNoon;
    refused.finished_at = kNoon + 1s;
    refused.outcome = RevisionOutcome::kRefused;
    refused.diagnostics.emplace_back().code = "ATT2004";
    store.note(refused);
    const auto attempts = store.revisions(10);
    ASSERT_THAT(attempts, SizeIs(2));
    EXPECT_EQ(attempts.at(0).outcome, RevisionOutcome::kRefused);
    EXPECT_EQ(attempts.at(0).diagnostics.at(0).code, "ATT2004");
    EXPECT_EQ(attempts.at(1).tree, "t1");
}

TEST_F(CatalogStoreTest, AnOperatorsDecisionSurvivesAnEdit) {
    apply_first();
    db.run("UPDATE sensor SET enabled_override = false, override_by = 'ann'");
    Plan edit = plan(kNoon + 1min);
    edit.objects = {change(ChangeKind::kUpdate, tick("ops.tick", 20))};
    store.apply(edit);
    EXPECT_EQ(stored(Kind::kSensor, "ops.tick").enabled_override, false);
}

// Timers as their workers see them.

TEST_F(CatalogStoreTest, WorkersLoadArmedTimersAndWhatChanged) {
    const auto id = SensorId{apply_first().created.at("Sensor ops.tick")};
    TimerStore timers(db.database());
    std::vector<std::string> seen;
    const auto note = [&seen](const TimerRow& row) {
        seen.push_back(fmt::format("{} {} {} {}", row.sensor_ref, row.trigger_ref, row.config,
                                   to_string(row.state)));
    };
    const std::string armed_row =
        "ops.tick core.intervaltimer {\"unit\": \"seconds\", \"interval\": 10} armed";
    timers.load(TimerShard{}, note);
    EXPECT_THAT(seen, ElementsAre(armed_row));

    // The other of two workers has it, or this one, never both.
    seen.clear();
    timers.load(TimerShard{.index = 0, .count = 2}, note);
    timers.load(TimerShard{.index = 1, .count = 2}, note);
    EXPECT_THAT(seen, SizeIs(1));

    seen.clear();
    db.run("UPDATE timer SET state = 'faulted', fault = 'refused'");
    timers.load(TimerShard{}, note);
    EXPECT_THAT(seen, IsEmpty());
    timers.load(std::vector{id}, note);
    timers.load_changed(Generation{1}, TimerShard{}, note);
    timers.load_changed(Generation{2}, TimerShard{}, note);
    EXPECT_THAT(seen, SizeIs(2));
}

}  // namespace
}  // namespace attune
