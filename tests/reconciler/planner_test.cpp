#include "reconciler/planner.h"

#include <gmock/gmock.h>

#include "tests/support/plans.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr TimePoint kNoon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);

class PlannerTest : public testing::Test {
protected:
    PlannerTest() { source.name = "main"; }

    PlanResult planned(const Tree& tree, TimePoint now = kNoon) {
        objects = tree.checked();
        return plan_changes({.state = &state,
                             .origin = Origin::kManifest,
                             .source = source,
                             .objects = objects,
                             .files = files,
                             .now = now,
                             .zones = &system_zones(),
                             .surely_gone = surely_gone,
                             .allowed_retirements = allowed});
    }

    // Plans, and lets the database say so.
    PlanResult apply(const Tree& tree, TimePoint now = kNoon) {
        PlanResult result = planned(tree, now);
        state = applied(std::move(state), result.plan);
        return result;
    }

    StoredObject& stored(Kind kind, std::string_view ref) {
        for (StoredObject& object : state.objects) {
            if (object.kind == kind && object.ref.text() == ref) return object;
        }
        ADD_FAILURE() << "no " << to_string(kind) << " " << ref;
        return state.objects.front();
    }

    StoredTimer& timer(std::string_view ref) {
        const SensorId id{stored(Kind::kSensor, ref).id};
        for (StoredTimer& known : state.timers) {
            if (known.sensor == id) return known;
        }
        ADD_FAILURE() << "no timer of " << ref;
        return state.timers.front();
    }

    // "create Sensor ops.tick", in the plan's order.
    static std::vector<std::string> changes(const PlanResult& result) {
        std::vector<std::string> texts;
        for (const ObjectChange& change : result.plan.objects) {
            texts.push_back(std::string(to_string(change.change)) + " " +
                            std::string(to_string(change.kind)) + " " + change.ref.text());
        }
        return texts;
    }

    // "ops.tick armed".
    static std::vector<std::string> timers(const PlanResult& result) {
        std::vector<std::string> texts;
        for (const TimerChange& change : result.plan.timers) {
            texts.push_back(change.sensor.text() + " " + std::string(to_string(change.state)));
        }
        return texts;
    }

    static std::vector<std::string> held(const PlanResult& result) {
        std::vector<std::string> texts;
        for (const HeldObject& object : result.held) {
            texts.push_back(object.ref.text() + " " + std::string(to_string(object.reason)));
        }
        return texts;
    }

    static std::vector<std::string> codes(const PlanResult& result) {
        std::vector<std::string> texts;
        for (const Diagnostic& diagnostic : result.diagnostics)
            texts.push_back(diagnostic.code);
        return texts;
    }

    StoredState state;
    SourceSpec source;
    std::vector<CheckedObject> objects;
    std::vector<SourceFile> files;
    std::function<bool(const StoredObject&)> surely_gone;
    int allowed = 0;
};

TEST_F(PlannerTest, WhatIsNewIsCreatedInTheOrderOfItsKinds) {
    const PlanResult result = planned(Tree()
                                          .rule("ops.sweep", "core.intervaltimer", "ops.echo")
                                          .sensor("ops.tick")
                                          .action("ops.echo")
                                          .pack("ops"));
    EXPECT_THAT(changes(result),
                ElementsAre("create Pack ops", "create Action ops.echo",
                            "create Sensor ops.tick", "create Rule ops.sweep"));
    EXPECT_THAT(timers(result), ElementsAre("ops.tick armed"));
}

TEST_F(PlannerTest, TheSameTreeAgainIsNothingToDo) {
    const Tree tree = Tree().pack("ops").sensor("ops.tick").action("ops.echo");
    apply(tree);
    EXPECT_TRUE(nothing_to_do(planned(tree, kNoon + 1h).plan));
}

TEST_F(PlannerTest, TheSameInputGivesTheSamePlan) {
    apply(Tree().sensor("ops.tick").sensor("ops.tock"));
    const Tree tree = Tree().sensor("ops.tock").labelled("Tock").sensor("ops.tick", "{}");
    EXPECT_EQ(changes(planned(tree)), changes(planned(tree)));
    EXPECT_EQ(timers(planned(tree)), timers(planned(tree)));
}

TEST_F(PlannerTest, AnEditNamesOnlyWhatWasEdited) {
    apply(Tree().sensor("ops.a").sensor("ops.b").sensor("ops.c"));
    const PlanResult result =
        planned(Tree()
                    .sensor("ops.a")
                    .sensor("ops.b", R"({"unit":"seconds","interval":20})")
                    .sensor("ops.c"));
    EXPECT_THAT(changes(result), ElementsAre("update Sensor ops.b"));
    EXPECT_THAT(timers(result), ElementsAre("ops.b armed"));
}

TEST_F(PlannerTest, ALabelTouchesNoTimer) {
    apply(Tree().sensor("ops.tick"));
    const PlanResult result = planned(Tree().sensor("ops.tick").labelled("Ticks"));
    EXPECT_THAT(changes(result), ElementsAre("relabel Sensor ops.tick"));
    EXPECT_THAT(timers(result), IsEmpty());
}

TEST_F(PlannerTest, AnAnnotationIsWrittenThoughNoDigestHasIt) {
    apply(Tree().sensor("ops.tick"));
    EXPECT_THAT(changes(planned(Tree().sensor("ops.tick").annotated("owner", "ops"))),
                ElementsAre("relabel Sensor ops.tick"));
}

TEST_F(PlannerTest, AnotherFileIsAMoveAndAnotherLineIsNothing) {
    apply(Tree().sensor("ops.tick").in_file("packs/ops/a.yaml", 1));
    EXPECT_THAT(changes(planned(Tree().sensor("ops.tick").in_file("packs/ops/b.yaml", 1))),
                ElementsAre("move Sensor ops.tick"));
    EXPECT_THAT(changes(planned(Tree().sensor("ops.tick").in_file("packs/ops/a.yaml", 9))),
                IsEmpty());
}

TEST_F(PlannerTest, JitterAndMisfireReachTheWorkersWithoutTouchingThePhase) {
    apply(Tree().sensor("ops.tick"));
    const PlanResult result = planned(Tree().sensor(
        "ops.tick",
        R"({"unit":"seconds","interval":10,"jitter":3,"misfire":{"policy":"skip"}})"));
    EXPECT_THAT(changes(result), ElementsAre("update Sensor ops.tick"));
    EXPECT_THAT(timers(result), IsEmpty());
}

TEST_F(PlannerTest, AnEditThatKeepsThePeriodKeepsTheAnchor) {
    apply(Tree().sensor("ops.tick"), kNoon + 500ms);
    const PlanResult result =
        planned(Tree().sensor("ops.tick", R"({"unit":"seconds","interval":10,"max_fires":5})"),
                kNoon + 1h);
    ASSERT_THAT(result.plan.timers, SizeIs(1));
    EXPECT_EQ(result.plan.timers[0].anchor_at, kNoon);
}

TEST_F(PlannerTest, AnotherPeriodIsAnchoredAtTheChange) {
    apply(Tree().sensor("ops.tick"));
    const PlanResult result = planned(
        Tree().sensor("ops.tick", R"({"unit":"seconds","interval":20})"), kNoon + 1h + 700ms);
    ASSERT_THAT(result.plan.timers, SizeIs(1));
    EXPECT_EQ(result.plan.timers[0].anchor_at, kNoon + 1h);
    EXPECT_EQ(result.plan.timers[0].span->period, Duration(20s));
    EXPECT_EQ(result.plan.timers[0].span->next_at, kNoon + 1h + 20s);
}

TEST_F(PlannerTest, ACronTimersSpanSaysWhichZoneRulesItUses) {
    const PlanResult result = planned(
        Tree().sensor("ops.daily", R"({"expression":"0 0 3 * * *","timezone":"Europe/Berlin"})",
                      true, "core.crontimer"));
    ASSERT_THAT(result.plan.timers, SizeIs(1));
    EXPECT_THAT(result.plan.timers[0].span->tzdata, Not(IsEmpty()));
    EXPECT_EQ(result.plan.timers[0].span->spec["trigger"], "core.crontimer");
}

TEST_F(PlannerTest, AOneShotOfThePastIsExhaustedAndSaysWhatItSkipped) {
    const PlanResult result = planned(Tree().sensor(
        "ops.cutover", R"({"fire_at":"2026-11-23T11:00:00Z"})", true, "core.datetimetimer"));
    ASSERT_THAT(result.plan.timers, SizeIs(1));
    EXPECT_EQ(result.plan.timers[0].state, TimerState::kExhausted);
    EXPECT_EQ(result.plan.timers[0].past_one_shot, kNoon - 1h);
}

TEST_F(PlannerTest, AnExternalSensorHasNoTimer) {
    EXPECT_THAT(timers(planned(Tree().sensor("ops.orders", "{}", true, "ops.order"))),
                IsEmpty());
}

TEST_F(PlannerTest, DisablingPausesAndEnablingArmsAgain) {
    apply(Tree().sensor("ops.tick"));
    const Tree off = Tree().sensor("ops.tick", Tree::kTenSeconds, false);
    EXPECT_THAT(timers(apply(off, kNoon + 1min)), ElementsAre("ops.tick paused"));
    EXPECT_THAT(timers(apply(off, kNoon + 2min)), IsEmpty());
    const PlanResult on = apply(Tree().sensor("ops.tick"), kNoon + 3min);
    EXPECT_THAT(timers(on), ElementsAre("ops.tick armed"));
    EXPECT_EQ(on.plan.timers[0].anchor_at, kNoon);
}

TEST_F(PlannerTest, AnOperatorsWordIsNeverUndone) {
    apply(Tree().sensor("ops.tick"));
    stored(Kind::kSensor, "ops.tick").enabled_override = false;
    EXPECT_THAT(timers(apply(Tree().sensor("ops.tick"))), ElementsAre("ops.tick paused"));
    const PlanResult edited =
        apply(Tree().sensor("ops.tick", R"({"unit":"seconds","interval":30})"));
    EXPECT_THAT(changes(edited), ElementsAre("update Sensor ops.tick"));
    EXPECT_THAT(timers(edited), IsEmpty());
    EXPECT_EQ(timer("ops.tick").state, TimerState::kPaused);
}

TEST_F(PlannerTest, AFaultedTimerStaysOutUntilItsScheduleIsEdited) {
    apply(Tree().sensor("ops.tick"));
    timer("ops.tick").state = TimerState::kFaulted;
    EXPECT_THAT(timers(planned(Tree().sensor("ops.tick").labelled("Ticks"))), IsEmpty());
    EXPECT_THAT(
        timers(planned(Tree().sensor("ops.tick", R"({"unit":"seconds","interval":30})"))),
        ElementsAre("ops.tick armed"));
}

TEST_F(PlannerTest, AFrozenObjectStaysAsItIs) {
    apply(Tree().sensor("ops.tick"));
    const Tree broken = Tree().sensor("ops.tick").with(Verdict::kFrozen, "ATT2004");
    const PlanResult result = planned(broken);
    EXPECT_TRUE(nothing_to_do(result.plan));
    ASSERT_THAT(result.frozen, SizeIs(1));
    EXPECT_EQ(result.frozen[0].why, "ATT2004");
    EXPECT_EQ(result.frozen[0].generation, Generation{1});

    stored(Kind::kSensor, "ops.tick").enabled_override = false;
    EXPECT_THAT(timers(planned(broken)), ElementsAre("ops.tick paused"));
}

TEST_F(PlannerTest, WhatLeftTheTreeIsRetiredFromTheLastKindToTheFirst) {
    apply(Tree()
              .pack("ops")
              .action("ops.echo")
              .sensor("ops.tick")
              .rule("ops.sweep", "core.intervaltimer", "ops.echo"));
    const PlanResult result = planned(Tree());
    EXPECT_THAT(changes(result), ElementsAre("retire Rule ops.sweep", "retire Sensor ops.tick",
                                             "retire Action ops.echo", "retire Pack ops"));
    EXPECT_THAT(timers(result), ElementsAre("ops.tick retired"));
}

TEST_F(PlannerTest, WhatComesBackKeepsItsIdAndItsAnchor) {
    apply(Tree().sensor("ops.tick"));
    const std::int64_t id = stored(Kind::kSensor, "ops.tick").id;
    apply(Tree(), kNoon + 1min);
    const PlanResult back = apply(Tree().sensor("ops.tick"), kNoon + 1h);
    EXPECT_THAT(changes(back), ElementsAre("restore Sensor ops.tick"));
    EXPECT_EQ(back.plan.objects[0].id, id);
    ASSERT_THAT(back.plan.timers, SizeIs(1));
    EXPECT_EQ(back.plan.timers[0].anchor_at, kNoon);
}

TEST_F(PlannerTest, NothingIsRetiredBeforeItsAbsenceIsCertain) {
    apply(Tree().sensor("ops.a").sensor("ops.b"));
    surely_gone = [](const StoredObject& object) { return object.ref.text() == "ops.a"; };
    const PlanResult result = planned(Tree());
    EXPECT_TRUE(nothing_to_do(result.plan));
    EXPECT_THAT(held(result), ElementsAre("ops.a not_certain", "ops.b not_certain"));
}

TEST_F(PlannerTest, PruneOffKeepsWhatLeft) {
    apply(Tree().sensor("ops.tick"));
    source.prune = false;
    const PlanResult result = planned(Tree());
    EXPECT_THAT(held(result), ElementsAre("ops.tick prune_off"));
    EXPECT_THAT(codes(result), ElementsAre("ATT6001"));
}

Tree sensors(int from, int to) {
    Tree tree;
    for (int n = from; n < to; ++n) tree.sensor("ops.s" + std::to_string(n));
    return tree;
}

TEST_F(PlannerTest, TheBrakeLetsFiveGoOrAFifth) {
    apply(sensors(0, 10));
    EXPECT_THAT(planned(sensors(5, 10)).plan.objects, SizeIs(5));
    EXPECT_THAT(planned(sensors(6, 10)).plan.objects, IsEmpty());
    apply(sensors(0, 100));
    EXPECT_THAT(planned(sensors(20, 100)).plan.objects, SizeIs(20));
    EXPECT_THAT(planned(sensors(21, 100)).plan.objects, IsEmpty());
}

TEST_F(PlannerTest, TheBrakeStopsRetirementsOnly) {
    apply(sensors(0, 10));
    const PlanResult result = planned(Tree().sensor("ops.new"));
    EXPECT_THAT(changes(result), ElementsAre("create Sensor ops.new"));
    EXPECT_THAT(result.held, SizeIs(10));
    EXPECT_THAT(codes(result), ElementsAre("ATT6002"));
}

TEST_F(PlannerTest, SomebodyWhoLookedMayLetMoreGo) {
    apply(sensors(0, 10));
    allowed = 9;
    EXPECT_THAT(planned(Tree()).plan.objects, IsEmpty());
    allowed = 10;
    EXPECT_THAT(planned(Tree()).plan.objects, SizeIs(10));
}

TEST_F(PlannerTest, OtherOwnersObjectsAreNeitherTakenNorRetired) {
    apply(Tree().sensor("ops.tick"));
    source.name = "other";
    const PlanResult taken = planned(Tree().sensor("ops.tick").labelled("mine"));
    EXPECT_TRUE(nothing_to_do(taken.plan));
    EXPECT_THAT(codes(taken), ElementsAre("ATT6003"));
    EXPECT_TRUE(nothing_to_do(planned(Tree()).plan));
}

TEST_F(PlannerTest, AConvertedRowIsAdoptedAndNeverRetired) {
    apply(Tree().sensor("core.timer_10s_sensor"));
    StoredObject& converted = stored(Kind::kSensor, "core.timer_10s_sensor");
    converted.origin = Origin::kMigration;
    converted.source.clear();
    EXPECT_TRUE(nothing_to_do(planned(Tree()).plan));
    EXPECT_THAT(changes(planned(Tree().sensor("core.timer_10s_sensor"))),
                ElementsAre("adopt Sensor core.timer_10s_sensor"));
}

TEST_F(PlannerTest, WhatAnotherOwnersRuleNamesStays) {
    apply(Tree()
              .pack("ops")
              .action("ops.echo")
              .rule("web.ping", "core.intervaltimer", "ops.echo"));
    StoredObject& theirs = stored(Kind::kRule, "web.ping");
    theirs.origin = Origin::kMigration;
    theirs.source.clear();
    const PlanResult result = planned(Tree());
    EXPECT_TRUE(nothing_to_do(result.plan));
    EXPECT_THAT(held(result), ElementsAre("ops referred_to", "ops.echo referred_to"));
    EXPECT_THAT(codes(result), ElementsAre("ATT6004"));
}

TEST_F(PlannerTest, FilesAreWrittenWhenTheyDiffer) {
    const auto file = [](const std::string& path, const std::string& digest) {
        return SourceFile{.path = path, .digest = digest, .valid = true, .diagnostics = {}};
    };
    state.files = {file("a.yaml", "1"), file("b.yaml", "2"), file("c.yaml", "3")};
    files = {file("a.yaml", "1"), file("b.yaml", "9"), file("d.yaml", "4")};
    const PlanResult result = planned(Tree());
    EXPECT_THAT(result.plan.files, ElementsAre(files[1], files[2]));
    EXPECT_THAT(result.plan.files_gone, ElementsAre("c.yaml"));
    EXPECT_EQ(summarise(result.plan), "no objects to change, 3 files differ");
}

TEST_F(PlannerTest, WarningsAreWrittenWithTheirFileOnlyAndErrorsWhenTheyDiffer) {
    Diagnostic warning;
    warning.severity = Severity::kWarning;
    state.files = {{"a.yaml", "1", true, {warning}}, {"b.yaml", "2", false, {Diagnostic()}}};
    files = {{"a.yaml", "1", true, {}}, {"b.yaml", "2", false, {}}};
    const PlanResult result = planned(Tree());
    EXPECT_THAT(result.plan.files, ElementsAre(files[1]));
}

}  // namespace
}  // namespace attune
