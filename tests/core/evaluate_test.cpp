#include "core/evaluate.h"

#include <gmock/gmock.h>

#include "tests/support/scene.h"

namespace attune {
namespace {

using Kind = RuleAnswer::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr TriggerId kInterval{1};
constexpr TriggerId kCron{2};
constexpr SensorId kTick{11};
constexpr SensorId kSlow{12};
constexpr ActionId kEcho{31};

Ref named(std::string_view text) { return *Ref::parse(text); }

class EvaluateTest : public testing::Test {
protected:
    EvaluateTest() {
        builder.put(CatalogPack{.id = PackId{2},
                                .ref = *Ref::parse_pack("ops"),
                                .config = R"({"days":7})",
                                .directory = "packs/ops"});
        builder.put(kInterval, named("core.intervaltimer"), TriggerSpec{});
        builder.put(kCron, named("core.crontimer"), TriggerSpec{});
        for (const auto& [id, name] : {std::pair{kTick, "ops.tick"}, {kSlow, "ops.slow"}}) {
            builder.put(CatalogSensor{.id = id,
                                      .trigger = kInterval,
                                      .runtime = SensorRuntime::kBuiltin,
                                      .enabled = true,
                                      .ref = named(name),
                                      .label = {},
                                      .labels = {},
                                      .config = R"({"unit":"seconds","interval":10})"});
        }
        put_echo(R"({"type":"object","properties":{"message":{"type":"string","default":"Hi"},
                     "n":{"type":"integer"}}})");
    }

    void put_echo(std::string_view param_schema) {
        ActionSpec spec;
        spec.param_schema = Json::parse(param_schema);
        builder.put(kEcho, named("core.echo"), std::move(spec));
    }

    static RuleInput rule(std::int64_t id, const std::string& name) {
        return {.id = RuleId{id},
                .ref = named(name),
                .enabled = true,
                .label = {},
                .labels = {},
                .trigger = kInterval,
                .sensors = {},
                .action = kEcho,
                .conditions = {},
                .params = Json::object()};
    }

    std::vector<RuleAnswer> asked(SensorId sensor = kTick,
                                  std::string payload = R"({"occurrence":4})") {
        if (catalog == nullptr) catalog = builder.build(Generation{5});
        Event event = Scene{}.event;
        event.sensor = sensor;
        event.payload = std::move(payload);
        return evaluate(*catalog, *catalog->sensors().find(sensor), event);
    }

    static std::vector<std::string> rules_in(const std::vector<RuleAnswer>& answers) {
        std::vector<std::string> refs;
        for (const RuleAnswer& answer : answers) refs.push_back(answer.rule->ref.text());
        return refs;
    }

    CatalogBuilder builder;
    std::shared_ptr<const Catalog> catalog;
};

TEST_F(EvaluateTest, ARuleWithoutASelectorHearsEverySensorOfItsTrigger) {
    builder.put(rule(21, "ops.all"));
    EXPECT_THAT(rules_in(asked(kTick)), ElementsAre("ops.all"));
    EXPECT_THAT(rules_in(asked(kSlow)), ElementsAre("ops.all"));
}

TEST_F(EvaluateTest, ARuleWithASelectorHearsOnlyTheSensorsItNames) {
    RuleInput picky = rule(20, "ops.picky");
    picky.sensors = {kSlow};
    builder.put(picky);
    builder.put(rule(21, "ops.all"));
    EXPECT_THAT(rules_in(asked(kTick)), ElementsAre("ops.all"));
    EXPECT_THAT(rules_in(asked(kSlow)), ElementsAre("ops.picky", "ops.all"));
}

TEST_F(EvaluateTest, ASelectorOfASensorThatIsGoneHearsNothing) {
    RuleInput lost = rule(20, "ops.lost");
    lost.sensors = {SensorId{}};
    builder.put(lost);
    EXPECT_THAT(asked(kTick), IsEmpty());
}

TEST_F(EvaluateTest, RulesOfOtherTriggersAndDisabledOnesAreNotAsked) {
    RuleInput other = rule(20, "ops.other");
    other.trigger = kCron;
    builder.put(other);
    RuleInput off = rule(21, "ops.off");
    off.enabled = false;
    builder.put(off);
    EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(EvaluateTest, AMatchHasParametersAndAKey) {
    RuleInput told = rule(21, "ops.tell");
    told.params = {{"message", "number {{ event.payload.occurrence }}"}};
    builder.put(told);
    const RuleAnswer answer = asked().at(0);
    EXPECT_EQ(answer.kind, Kind::kMatched);
    EXPECT_EQ(answer.params, R"({"message":"number 4"})");
    EXPECT_EQ(answer.idempotency_key, "ops.tick@2026-11-23T12:00:00.000000Z/ops.tell");
    EXPECT_EQ(answer.rule->action->id, kEcho);
}

TEST_F(EvaluateTest, AnswersInTheOrderOfTheRulesIds) {
    RuleInput second = rule(22, "ops.second");
    second.sensors = {kTick};
    for (const RuleInput& input : {rule(23, "ops.third"), second, rule(21, "ops.first")}) {
        builder.put(input);
    }
    EXPECT_THAT(rules_in(asked()), ElementsAre("ops.first", "ops.second", "ops.third"));
}

TEST_F(EvaluateTest, SaysWhyARuleDidNotMatch) {
    RuleInput high = rule(21, "ops.high");
    high.conditions =
        Json::parse(R"([{"path":"event.payload.occurrence","op":"greater_than","value":9}])");
    builder.put(high);
    EXPECT_EQ(asked().at(0).kind, Kind::kUnmatched);
    EXPECT_EQ(asked().at(0).reason, "value: event.payload.occurrence is 4, not greater_than 9");
}

TEST_F(EvaluateTest, FillsInDefaultsWhereNothingIsGiven) {
    builder.put(rule(20, "ops.constant"));
    RuleInput given = rule(21, "ops.given");
    given.params = {{"n", "{{ event.payload.occurrence }}"}};
    builder.put(given);
    EXPECT_EQ(asked().at(0).params, R"({"message":"Hi"})");
    EXPECT_EQ(asked().at(1).params, R"({"message":"Hi","n":4})");
}

TEST_F(EvaluateTest, WhatCannotBeRenderedIsErroredAndTheOthersGoOn) {
    RuleInput bad = rule(20, "ops.bad");
    bad.params = {{"message", "{{ event.payload.gone }}"}};
    builder.put(bad);
    builder.put(rule(21, "ops.good"));
    EXPECT_EQ(asked().at(0).kind, Kind::kErrored);
    EXPECT_EQ(asked().at(0).reason, "undefined: event.payload.gone in /message");
    EXPECT_EQ(asked().at(1).kind, Kind::kMatched);
}

TEST_F(EvaluateTest, RenderedParametersAreCheckedAgainstTheActionsSchema) {
    RuleInput wrong = rule(20, "ops.wrong");
    wrong.params = {{"message", "{{ event.payload.occurrence }}"}};
    builder.put(wrong);
    EXPECT_EQ(asked().at(0).kind, Kind::kErrored);
    EXPECT_THAT(asked().at(0).reason, HasSubstr("/message"));
}

TEST_F(EvaluateTest, AnEditOfTheActionReachesRulesThatWereNotEdited) {
    builder.put(rule(20, "ops.constant"));
    EXPECT_EQ(asked().at(0).kind, Kind::kMatched);

    builder = CatalogBuilder(*catalog);
    put_echo(R"({"type":"object","properties":{"to":{"type":"string"}},"required":["to"]})");
    catalog = builder.build(Generation{6});
    EXPECT_EQ(asked().at(0).kind, Kind::kErrored);
    EXPECT_THAT(asked().at(0).reason, HasSubstr("to"));

    builder = CatalogBuilder(*catalog);
    builder.remove(kEcho);
    catalog = builder.build(Generation{7});
    EXPECT_EQ(asked().at(0).reason, "its action is gone");
}

TEST_F(EvaluateTest, AnEditOfThePackReachesRulesThatWereNotEdited) {
    RuleInput days = rule(20, "ops.days");
    days.params = {{"n", "{{ pack.config.days }}"}};
    builder.put(days);
    EXPECT_EQ(asked().at(0).params, R"({"message":"Hi","n":7})");

    builder = CatalogBuilder(*catalog);
    builder.put(CatalogPack{.id = PackId{2},
                            .ref = *Ref::parse_pack("ops"),
                            .config = R"({"days":9})",
                            .directory = "packs/ops"});
    catalog = builder.build(Generation{6});
    EXPECT_EQ(asked().at(0).params, R"({"message":"Hi","n":9})");
}

TEST_F(EvaluateTest, RowsThatNobodyCheckedFailClosed) {
    RuleInput seeded = rule(20, "ops.seeded");
    seeded.conditions = Json::parse(R"([{"field":"x","operator":"equals","value":1}])");
    builder.put(seeded);
    EXPECT_EQ(asked().at(0).kind, Kind::kErrored);
    EXPECT_THAT(asked().at(0).reason, HasSubstr("conditions: "));
}

TEST_F(EvaluateTest, TheSameCatalogAndEventGiveTheSameAnswers) {
    RuleInput told = rule(21, "ops.tell");
    told.params = {{"message", "{{ event.id }} {{ sensor.config.unit }}"}};
    builder.put(told);
    EXPECT_EQ(asked().at(0).params, asked().at(0).params);
    EXPECT_EQ(asked().at(0).params, R"({"message":"7001 seconds"})");
}

}  // namespace
}  // namespace attune
