// The manifests of the timer triggers and the code behind them say the same.
#include <gmock/gmock.h>

#include "core/json_schema.h"
#include "core/timer.h"
#include "core/yaml.h"
#include "schemas/embedded.h"
#include "tests/support/times.h"
#include "tests/support/zones.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

// The spec of a timer trigger as its manifest has it.
Json spec_of(std::string_view trigger) {
    for (const auto& file : embedded_core_pack()) {
        const auto parsed = parse_yaml(file.text, file.name);
        for (const auto& document : parsed.documents) {
            const auto manifest = to_json(document);
            if (manifest["metadata"]["ref"] == trigger) return manifest["spec"];
        }
    }
    ADD_FAILURE() << "no manifest of " << trigger;
    return {};
}

// The seed's schemas, which sensors and other tools rely on.
TEST(TimerTriggers, HaveTheParametersTheyAlwaysHad) {
    EXPECT_EQ(spec_of("core.intervaltimer")["param_schema"], Json::parse(R"({
        "type": "object",
        "required": ["unit", "interval"],
        "properties": {
            "unit": {"type": "string", "enum": ["seconds", "minutes", "hours"],
                     "description": "Unit of time for the interval"},
            "interval": {"type": "integer", "minimum": 1,
                         "description": "Number of time units between each trigger"}
        }
    })"));
    EXPECT_EQ(spec_of("core.crontimer")["param_schema"]["required"], Json({"expression"}));
    EXPECT_EQ(spec_of("core.datetimetimer")["param_schema"]["required"], Json({"fire_at"}));
}

struct Config {
    std::string_view trigger;
    const char* text;
};

class TimerConfigs : public testing::TestWithParam<Config> {
protected:
    bool schema_accepts() const {
        const auto spec = spec_of(GetParam().trigger);
        return JsonSchema::compile_config(spec["param_schema"], spec["option_schema"])
            .value()
            .accepts(Json::parse(GetParam().text));
    }
    bool compiles() const {
        return compile_schedule(*Ref::parse(GetParam().trigger), Json::parse(GetParam().text),
                                at("12:00:00"), *Ref::parse("test.sensor"), system_zones())
            .has_value();
    }
};

using GoodTimerConfigs = TimerConfigs;
TEST_P(GoodTimerConfigs, AreAcceptedByBoth) {
    EXPECT_TRUE(schema_accepts()) << GetParam().text;
    EXPECT_TRUE(compiles()) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodTimerConfigs,
    testing::ValuesIn(std::vector<Config>{
        {"core.intervaltimer", R"({"unit":"seconds","interval":5})"},
        {"core.intervaltimer",
         R"({"unit":"minutes","interval":1,"anchor":"epoch","phase":30,"jitter":"5s"})"},
        {"core.intervaltimer",
         R"({"unit":"hours","interval":1,"anchor":"2026-01-01T00:00:00Z","max_fires":3,
             "start_at":"2026-01-01T00:00:00Z","end_at":"2027-01-01T00:00:00Z",
             "misfire":{"policy":"catch_up","grace":"10s","max_catch_up":5,"window":3600}})"},
        {"core.crontimer", R"({"expression":"@daily"})"},
        {"core.crontimer", R"({"expression":"30 2 * * *","timezone":"Europe/Berlin","jitter":0,
             "misfire":{"policy":"skip"}})"},
        {"core.datetimetimer", R"({"fire_at":"2027-01-01T00:00:00+01:00"})"},
        {"core.datetimetimer", R"({"fire_at":"2027-01-01T00:00:00Z","jitter":"1m",
             "misfire":{"policy":"fire_once","grace":5,"window":"2d"}})"},
    }));

using BadTimerConfigs = TimerConfigs;
TEST_P(BadTimerConfigs, AreRefusedByBoth) {
    EXPECT_FALSE(schema_accepts()) << GetParam().text;
    EXPECT_FALSE(compiles()) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadTimerConfigs,
    testing::ValuesIn(std::vector<Config>{
        {"core.intervaltimer", "{}"},
        {"core.intervaltimer", "[]"},
        {"core.intervaltimer", R"({"unit":"seconds"})"},
        {"core.intervaltimer", R"({"interval":5})"},
        {"core.intervaltimer", R"({"unit":"days","interval":5})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":0})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":"5"})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":1.5})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"intervall":5})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"expression":"* * * * *"})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"timezone":"UTC"})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"max_fires":0})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"misfire":{"policy":"run"}})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"misfire":{"other":1}})"},
        {"core.intervaltimer",
         R"({"unit":"seconds","interval":5,"misfire":{"max_catch_up":1001}})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"jitter":1.5})"},
        {"core.intervaltimer", R"({"unit":"seconds","interval":5,"start_at":"tomorrow"})"},
        {"core.crontimer", "{}"},
        {"core.crontimer", R"({"expression":5})"},
        {"core.crontimer", R"({"unit":"seconds","interval":5})"},
        {"core.crontimer", R"({"expression":"@daily","phase":5})"},
        {"core.crontimer", R"({"expression":"@daily","anchor":"epoch"})"},
        {"core.datetimetimer", "{}"},
        {"core.datetimetimer", R"({"fire_at":"tomorrow"})"},
        {"core.datetimetimer", R"({"fire_at":"2027-01-01T00:00:00"})"},
        {"core.datetimetimer",
         R"({"fire_at":"2027-01-01T00:00:00Z","end_at":"2028-01-01T00:00:00Z"})"},
        {"core.datetimetimer",
         R"({"fire_at":"2027-01-01T00:00:00Z","misfire":{"policy":"catch_up"}})"},
        {"core.datetimetimer",
         R"({"fire_at":"2027-01-01T00:00:00Z","misfire":{"max_catch_up":1}})"},
    }));

class TimerPayloads : public testing::TestWithParam<Config> {};

TEST_P(TimerPayloads, MatchTheOutSchemaOfTheirTrigger) {
    const auto schema =
        JsonSchema::compile_closed(spec_of(GetParam().trigger)["out_schema"]).value();
    const auto schedule = timer(GetParam().trigger, GetParam().text);
    const TimerCursor row{SensorId{7}, Generation{3}, at("12:00:00"), 0};
    for (const auto now : {at("2026-11-24T12:00:00Z"), at("2026-11-24T12:30:00.25Z")}) {
        const auto decision = decide(schedule, row, now);
        ASSERT_TRUE(decision && decision->fires);
        const auto payload = Json::parse(timer_payload(schedule, *decision));
        for (const auto& violation : schema.validate(payload)) {
            ADD_FAILURE() << violation.pointer << ": " << violation.message;
        }
        EXPECT_TRUE(schema.accepts(payload)) << payload.dump(2);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TimerPayloads,
    testing::Values(Config{"core.intervaltimer", R"({"unit":"minutes","interval":7})"},
                    Config{"core.crontimer", R"({"expression":"*/5 * * * *"})"},
                    Config{"core.datetimetimer", R"({"fire_at":"2026-11-24T12:00:00Z"})"}));

}  // namespace
}  // namespace attune
