#include "core/context.h"

#include <gmock/gmock.h>

#include "tests/support/scene.h"

namespace attune {
namespace {

// The value as text, "nothing" when the path leads nowhere, or "fault CODE".
std::string found(const Scene& scene, std::string_view path) {
    const auto parsed = ContextPath::parse(path);
    if (!parsed) return "fault " + parsed.error().code;
    return scene.with_context([&](Context& context) {
        const Json* value = context.find(*parsed);
        return value != nullptr ? compact(*value) : std::string("nothing");
    });
}

TEST(ContextTest, HasTheEvent) {
    const Scene scene;
    EXPECT_EQ(found(scene, "event.id"), "7001");
    EXPECT_EQ(found(scene, "event.trigger"), R"("core.intervaltimer")");
    EXPECT_EQ(found(scene, "event.sensor"), R"("ops.tick")");
    EXPECT_EQ(found(scene, "event.origin"), R"("timer")");
    EXPECT_EQ(found(scene, "event.scheduled_at"), R"("2026-11-23T12:00:00Z")");
    EXPECT_EQ(found(scene, "event.fired_at"), R"("2026-11-23T12:00:00.003Z")");
    EXPECT_EQ(found(scene, "event.payload.occurrence"), "4");
}

TEST(ContextTest, HasTheSensorTheTriggerTheRuleAndItsPack) {
    const Scene scene;
    EXPECT_EQ(found(scene, "sensor.ref"), R"("ops.tick")");
    EXPECT_EQ(found(scene, "sensor.label"), R"("Every ten seconds")");
    EXPECT_EQ(found(scene, "sensor.labels.team"), R"("ops")");
    EXPECT_EQ(found(scene, "sensor.config.unit"), R"("seconds")");
    EXPECT_EQ(found(scene, "trigger.ref"), R"("core.intervaltimer")");
    EXPECT_EQ(found(scene, "rule.ref"), R"("ops.sweep")");
    EXPECT_EQ(found(scene, "pack.ref"), R"("ops")");
    EXPECT_EQ(found(scene, "pack.config.days"), "7");
}

TEST(ContextTest, ALabelThatWasNotGivenIsTheRef) {
    EXPECT_EQ(found(Scene{}, "rule.label"), R"("ops.sweep")");
}

TEST(ContextTest, ALabelsNameMayHaveDots) {
    EXPECT_EQ(found(Scene{}, "sensor.labels.app.kubernetes.io/name"), R"("x")");
}

TEST(ContextTest, AWholeRootIsAnObject) {
    EXPECT_EQ(found(Scene{}, "trigger"), R"({"ref":"core.intervaltimer"})");
    EXPECT_EQ(found(Scene{}, "pack"), R"({"config":{"days":7,"hosts":["a","b"]},"ref":"ops"})");
    EXPECT_EQ(found(Scene{}, "rule"), R"({"label":"ops.sweep","labels":{},"ref":"ops.sweep"})");
}

TEST(ContextTest, AListIsIndexedByANumber) {
    EXPECT_EQ(found(Scene{}, "pack.config.hosts.1"), R"("b")");
    EXPECT_EQ(found(Scene{}, "pack.config.hosts.2"), "nothing");
    EXPECT_EQ(found(Scene{}, "pack.config.hosts.-1"), "nothing");
    EXPECT_EQ(found(Scene{}, "pack.config.hosts.1x"), "nothing");
    EXPECT_EQ(found(Scene{}, "pack.config.hosts.99999999999999999999"), "nothing");
}

TEST(ContextTest, ANumberIsAlsoAKey) {
    Scene scene;
    scene.event.payload = R"({"7":"seven"})";
    EXPECT_EQ(found(scene, "event.payload.7"), R"("seven")");
}

TEST(ContextTest, ANullThatIsThereIsAValue) {
    Scene scene;
    scene.event.payload = R"({"x":null})";
    EXPECT_EQ(found(scene, "event.payload.x"), "null");
    EXPECT_EQ(found(scene, "event.payload.x.y"), "nothing");
    EXPECT_EQ(found(scene, "event.payload.y"), "nothing");
}

TEST(ContextTest, ForgetsTheRuleAndPackOfTheLastRule) {
    const Scene scene;
    Scene other;
    other.rule.ref = *Ref::parse("web.ping");
    other.rule.pack = nullptr;
    const auto ref = *ContextPath::parse("rule.ref");
    const auto days = *ContextPath::parse("pack.config.days");
    Context context(scene.event, scene.sensor, scene.trigger);
    EXPECT_EQ(context.find(ref), nullptr);
    context.enter(scene.rule);
    EXPECT_EQ(*context.find(ref), "ops.sweep");
    EXPECT_EQ(*context.find(days), 7);
    context.enter(other.rule);
    EXPECT_EQ(*context.find(ref), "web.ping");
    EXPECT_EQ(context.find(days), nullptr);
}

TEST(ContextTest, NeverParsesWhatNoPathNames) {
    Scene scene;
    scene.event.payload = "not JSON at all";
    EXPECT_EQ(found(scene, "event.id"), "7001");
}

TEST(ContextPathTest, RefusesWhatCanNeverExist) {
    for (const char* path :
         {"events.id", "payload.x", "event.paylod.x", "event.id.x", "sensor.config_",
          "trigger.label", "pack.files", "secret.x", "rule.labels_"}) {
        EXPECT_EQ(found(Scene{}, path), "fault ATT4031") << path;
    }
}

TEST(ContextPathTest, RefusesWhatIsNoPath) {
    for (const char* path : {"", ".", "event.", ".event", "event..id", "event id", "event.{x}",
                             "event.payload.\"x\"", "event.payload.f(x)"}) {
        EXPECT_EQ(found(Scene{}, path), "fault ATT4030") << path;
    }
}

TEST(ContextPathTest, SaysWhatWasProbablyMeant) {
    EXPECT_EQ(ContextPath::parse("event.paylod.x").error().help,
              "did you mean `event.payload`?");
    EXPECT_EQ(ContextPath::parse("evnt.id").error().help, "did you mean `event`?");
    EXPECT_EQ(ContextPath::parse("payload.x").error().help, "did you mean `event.payload`?");
    EXPECT_EQ(ContextPath::parse("trigger.zzz").error().help, "known: trigger.ref");
}

}  // namespace
}  // namespace attune
