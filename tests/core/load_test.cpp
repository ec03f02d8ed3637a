#include "core/load.h"

#include <gmock/gmock.h>

#include "core/kinds.h"
#include "core/schema_lint.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kSensor = R"(apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.every_10m, label: Every ten minutes, labels: {team: ops}}
spec: {trigger: core.intervaltimer, config: {unit: minutes, interval: 10}}
)";

Manifest loaded(std::string_view text) {
    auto file = load_file("packs/ops/a.yaml", "ops", text);
    EXPECT_THAT(file.diagnostics, IsEmpty());
    return file.manifests.at(0);
}

TEST(Load, MakesATypedManifestWithItsPlace) {
    const auto manifest = loaded(std::string("---\n") + std::string(kSensor));
    EXPECT_EQ(manifest.kind, Kind::kSensor);
    EXPECT_EQ(manifest.ref.text(), "ops.every_10m");
    EXPECT_EQ(manifest.metadata.label, "Every ten minutes");
    EXPECT_EQ(manifest.metadata.labels.at("team"), "ops");
    EXPECT_EQ(manifest.place, (Place{"packs/ops/a.yaml", 2}));
    const auto& sensor = std::get<SensorSpec>(manifest.spec);
    EXPECT_EQ(sensor.trigger.text(), "core.intervaltimer");
    EXPECT_EQ(sensor.runtime, SensorRuntime::kBuiltin);
    EXPECT_TRUE(sensor.enabled);
    EXPECT_EQ(sensor.config.dump(), R"({"interval":10,"unit":"minutes"})");
    EXPECT_EQ(manifest.document["kind"], "Sensor");
}

TEST(Load, ReadsEveryFieldOfAnAction) {
    const auto manifest = loaded(R"(apiVersion: attune/v1
kind: Action
metadata: {ref: ops.sweep}
spec:
  runner: process
  command: [files/sweep.sh, --fast]
  env: {LANG: C}
  output: json
  timeout: 1h30m
  param_schema: {type: object, properties: {days: {type: integer}}}
)");
    const auto& action = std::get<ActionSpec>(manifest.spec);
    EXPECT_EQ(action.runner, Runner::kProcess);
    EXPECT_THAT(action.command, ElementsAre("files/sweep.sh", "--fast"));
    EXPECT_EQ(action.env.at("LANG"), "C");
    EXPECT_EQ(action.output, OutputFormat::kJson);
    EXPECT_EQ(action.timeout, std::chrono::minutes(90));
    EXPECT_TRUE(action.param_schema);
    EXPECT_FALSE(action.out_schema);
}

TEST(Load, ReadsEveryFieldOfARule) {
    const auto manifest = loaded(R"(apiVersion: attune/v1
kind: Rule
metadata: {ref: ops.sweep}
spec:
  trigger: core.intervaltimer
  sensors: [ops.every_10m]
  conditions: [{path: event.payload.occurrence, op: greater_than, value: 0}]
  action: {ref: core.echo, params: {message: "{{ event.id }}"}}
  enabled: false
)");
    const auto& rule = std::get<RuleSpec>(manifest.spec);
    EXPECT_THAT(rule.sensors, SizeIs(1));
    EXPECT_EQ(rule.conditions.size(), 1U);
    EXPECT_EQ(rule.action.text(), "core.echo");
    EXPECT_EQ(rule.params["message"], "{{ event.id }}");
    EXPECT_FALSE(rule.enabled);
}

TEST(Load, APackStandsInItsDirectoryItself) {
    constexpr std::string_view kPack =
        "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n";
    EXPECT_THAT(load_file("packs/ops/any.yaml", "packs/ops", kPack).diagnostics, IsEmpty());
    EXPECT_THAT(load_file("-", "ops", kPack).diagnostics, IsEmpty());
    for (const auto* path : {"packs/ops/meta/pack.yaml", "packs/ops/ops/pack.yaml"}) {
        const auto file = load_file(path, "packs/ops", kPack);
        ASSERT_THAT(file.diagnostics, SizeIs(1)) << path;
        EXPECT_EQ(file.diagnostics[0].code, "ATT3009");
        EXPECT_EQ(file.diagnostics[0].help, "move it to packs/ops/pack.yaml");
        EXPECT_TRUE(file.identified);
        EXPECT_THAT(file.broken, SizeIs(1));
    }
}

TEST(Load, ASensorOfAnyOtherTriggerTakesItsEventsFromOutside) {
    const auto manifest = loaded(R"(apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.door}
spec: {trigger: ops.opened}
)");
    EXPECT_EQ(std::get<SensorSpec>(manifest.spec).runtime, SensorRuntime::kExternal);
}

TEST(Load, DefaultsWrittenOutChangeNoDigest) {
    const auto brief = loaded(kSensor);
    const auto full = loaded(R"(apiVersion: attune/v1
kind: Sensor
metadata: {labels: {team: ops}, label: "Every ten minutes", ref: ops.every_10m, annotations: {a: b}}
spec:
  enabled: true
  runtime: core.sensor.builtin
  trigger: core.intervaltimer
  config: {interval: 10, unit: minutes}
)");
    EXPECT_EQ(brief.spec_digest, full.spec_digest);
    EXPECT_EQ(brief.meta_digest, full.meta_digest);
    EXPECT_THAT(brief.spec_digest, SizeIs(64));
}

TEST(Load, AChangeOfMeaningChangesTheDigest) {
    const auto text = std::string(kSensor);
    auto other = text;
    other.replace(other.find("10}"), 2, "15");
    EXPECT_NE(loaded(text).spec_digest, loaded(other).spec_digest);
    auto renamed = text;
    renamed.replace(renamed.find("Every ten"), 9, "Each ten ");
    EXPECT_EQ(loaded(text).spec_digest, loaded(renamed).spec_digest);
    EXPECT_NE(loaded(text).meta_digest, loaded(renamed).meta_digest);
}

TEST(Load, WhatIsOnlyCheckedHasNeitherDocumentNorDigests) {
    const auto file = load_file("packs/ops/a.yaml", "ops", kSensor, LoadedFor::kChecking);
    const auto applied = loaded(kSensor);
    ASSERT_THAT(file.manifests, SizeIs(1));
    const auto& manifest = file.manifests[0];
    EXPECT_TRUE(manifest.document.is_null());
    EXPECT_EQ(manifest.spec_digest + manifest.meta_digest, "");
    EXPECT_EQ(manifest.ref, applied.ref);
    EXPECT_EQ(std::get<SensorSpec>(manifest.spec).config,
              std::get<SensorSpec>(applied.spec).config);
}

TEST(Load, ABadDocumentLeavesTheOthersOfItsFile) {
    const auto file = load_file("packs/ops/a.yaml", "ops",
                                std::string(kSensor) +
                                    "---\napiVersion: attune/v1\nkind: Sensor\n"
                                    "metadata: {ref: ops.bad}\nspec: {trigger: 5}\n");
    EXPECT_THAT(file.manifests, SizeIs(1));
    ASSERT_THAT(file.broken, SizeIs(1));
    EXPECT_EQ(file.broken[0].ref.text(), "ops.bad");
    EXPECT_EQ(file.broken[0].place.line, 6);
    EXPECT_TRUE(file.identified);
}

TEST(Load, WhatCannotBeToldLeavesItsFileUnidentified) {
    for (const auto* text :
         {"a: [", "just text", "apiVersion: attune/v1\nkind: Sensr\nmetadata: {ref: ops.a}\n",
          "apiVersion: attune/v1\nkind: Sensor\nmetadata: {}\n",
          "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: other.a}\n"}) {
        const auto file = load_file("packs/ops/a.yaml", "ops", text);
        EXPECT_FALSE(file.identified) << text;
        EXPECT_THAT(file.diagnostics, Not(IsEmpty())) << text;
        EXPECT_THAT(file.manifests, IsEmpty()) << text;
    }
}

TEST(Load, RebuildsAManifestFromItsStoredDocument) {
    const auto manifest = loaded(kSensor);
    const auto again = load_document(Json::parse(manifest.document.dump()), manifest.place);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->spec_digest, manifest.spec_digest);
    EXPECT_EQ(again->meta_digest, manifest.meta_digest);
    EXPECT_EQ(again->place, manifest.place);
}

TEST(Load, RefusesAStoredDocumentThatTheSchemaNoLongerTakes) {
    for (const auto* text : {"5", "{}", R"({"kind":"Sensor"})",
                             R"({"kind":"Sensor","metadata":{"ref":"ops.a"},"spec":{}})"}) {
        EXPECT_FALSE(load_document(Json::parse(text), {})) << text;
    }
}

TEST(LoadSource, ReadsTheRoot) {
    const auto loaded = load_source("attune.yaml", R"(apiVersion: attune/v1
kind: Source
metadata: {name: main}
spec: {packs: [packs/*, more/x], on_invalid: strict, prune: {enabled: false, max_percent: 50}}
)");
    ASSERT_THAT(loaded.diagnostics, IsEmpty());
    EXPECT_EQ(loaded.source->name, "main");
    EXPECT_THAT(loaded.source->packs, ElementsAre("packs/*", "more/x"));
    EXPECT_EQ(loaded.source->on_invalid, OnInvalid::kStrict);
    EXPECT_FALSE(loaded.source->prune);
    EXPECT_EQ(loaded.source->prune_max_percent, 50);
    EXPECT_EQ(loaded.source->prune_max_objects, 5);
}

TEST(LoadSource, NeedsExactlyOneSource) {
    EXPECT_FALSE(load_source("attune.yaml", "").source);
    EXPECT_FALSE(load_source("attune.yaml", "apiVersion: attune/v1\nkind: Pack\n").source);
    const std::string one = "apiVersion: attune/v1\nkind: Source\nmetadata: {name: a}\n";
    EXPECT_TRUE(load_source("attune.yaml", one).source);
    EXPECT_FALSE(load_source("attune.yaml", one + "---\n" + one).source);
    EXPECT_FALSE(
        load_source(
            "attune.yaml",
            "apiVersion: attune/v1\nkind: Source\nmetadata: {name: a}\nspec: {packs: [/x]}")
            .source);
}

TEST(CorePack, HasItsTriggersAndThreeActions) {
    std::vector<std::string> refs;
    for (const auto& manifest : core_manifests()) refs.push_back(manifest.ref.text());
    EXPECT_THAT(refs, testing::UnorderedElementsAre("core", "core.intervaltimer",
                                                    "core.crontimer", "core.datetimetimer",
                                                    "core.journal", "core.systemd_unit",
                                                    "core.echo", "core.noop", "core.sleep"));
}

TEST(CorePack, AsksOfTimersWhatTheyAlwaysAsked) {
    std::map<std::string, Json> asked;
    for (const auto& manifest : core_manifests()) {
        const auto* trigger = std::get_if<TriggerSpec>(&manifest.spec);
        if (trigger != nullptr) asked[manifest.ref.text()] = *trigger->param_schema;
    }
    EXPECT_EQ(asked["core.intervaltimer"], Json::parse(R"({"type":"object","properties":{
        "unit":{"type":"string","enum":["seconds","minutes","hours"],"description":"Unit of time for the interval"},
        "interval":{"type":"integer","minimum":1,"description":"Number of time units between each trigger"}},
        "required":["unit","interval"]})"));
    EXPECT_EQ(asked["core.crontimer"]["required"], Json::parse(R"(["expression"])"));
    EXPECT_EQ(asked["core.datetimetimer"]["properties"]["fire_at"]["format"], "date-time");
}

TEST(Kinds, PublishSchemasThatOurOwnLintTakesAndThatExplainThemselves) {
    const auto check = [](const Json& schema) {
        EXPECT_THAT(lint_schema(schema), IsEmpty());
        for (const auto& [name, property] :
             schema["properties"]["spec"]["properties"].items()) {
            EXPECT_TRUE(property.contains("description")) << name;
        }
    };
    for (const auto& kind : kinds()) check(schema_document(kind.kind));
    check(source_schema_document());
}

TEST(Kinds, AreFoundByAnyOfTheirNames) {
    EXPECT_EQ(find_kind("sensor"), Kind::kSensor);
    EXPECT_EQ(find_kind("Sensors"), Kind::kSensor);
    EXPECT_EQ(find_kind("source"), std::nullopt);
    for (const auto& kind : kinds()) EXPECT_EQ(parse_kind(to_string(kind.kind)), kind.kind);
}

}  // namespace
}  // namespace attune
