#include "core/check.h"

#include <gmock/gmock.h>

#include "tests/support/trees.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kPack = "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\n";
const std::string kTrigger =
    "apiVersion: attune/v1\nkind: Trigger\nmetadata: {ref: ops.opened}\n"
    "spec: {param_schema: {type: object, properties: {door: {type: string}}}}\n";
const std::string kSensor =
    "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.front}\n"
    "spec: {trigger: ops.opened, config: {door: front}}\n";
const std::string kTimer =
    "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.tick}\n"
    "spec: {trigger: core.intervaltimer, config: {unit: seconds, interval: 1}}\n";
const std::string kAction =
    "apiVersion: attune/v1\nkind: Action\nmetadata: {ref: ops.say}\n"
    "spec: {runner: process, command: [echo], param_schema: {properties: {text: {type: "
    "string}}}}\n";
const std::string kRule =
    "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.greet}\n"
    "spec: {trigger: ops.opened, sensors: [ops.front], action: {ref: ops.say, params: {text: "
    "hi}}}\n";

std::map<std::string, std::string> good() {
    return {{"packs/ops/pack.yaml", kPack},
            {"packs/ops/triggers/opened.yaml", kTrigger},
            {"packs/ops/sensors/front.yaml", kSensor},
            {"packs/ops/sensors/tick.yaml", kTimer},
            {"packs/ops/actions/say.yaml", kAction},
            {"packs/ops/rules/greet.yaml", kRule}};
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

TEST(Check, AppliesWhatIsValid) {
    const Tree tree(good());
    const auto checked = tree.check();
    EXPECT_THAT(checked.diagnostics, IsEmpty()) << describe(checked.diagnostics);
    EXPECT_EQ(describe(checked.objects),
              "Pack ops apply\nTrigger ops.opened apply\nAction ops.say apply\n"
              "Sensor ops.front apply\nSensor ops.tick apply\nRule ops.greet apply\n");
}

TEST(Check, TellsAReferenceToNothingOnceForEachFile) {
    auto files = good();
    const auto broken = replaced(kRule, "ops.say", "ops.sya");
    files["packs/ops/rules/a.yaml"] = replaced(broken, "ops.greet", "ops.a") + "---\n" +
                                      replaced(broken, "ops.greet", "ops.b") + "---\n" +
                                      replaced(broken, "ops.greet", "ops.c");
    files["packs/ops/rules/d.yaml"] = replaced(broken, "ops.greet", "ops.d");
    const Tree tree(files);
    const auto checked = tree.check();
    ASSERT_THAT(checked.diagnostics, SizeIs(2)) << describe(checked.diagnostics);
    EXPECT_EQ(checked.diagnostics[0].help, "did you mean `ops.say`?");
    EXPECT_THAT(checked.diagnostics[0].notes,
                testing::Contains("and 2 more like it in this file"));
    EXPECT_EQ(checked.diagnostics[1].file, "packs/ops/rules/d.yaml");
    EXPECT_THAT(describe(checked.objects), HasSubstr("Rule ops.c absent ATT3001"));
}

TEST(Check, FreezesABrokenTriggerWithAllThatDependsOnIt) {
    const Tree before(good());
    auto files = good();
    files["packs/ops/triggers/opened.yaml"] = replaced(kTrigger, "properties", "proprties");
    const Tree after(files);
    const auto checked = after.check(before.manifests());
    EXPECT_EQ(describe(checked.objects),
              "Pack ops apply\nTrigger ops.opened frozen ATT2020\nAction ops.say apply\n"
              "Sensor ops.front frozen ATT2020\nSensor ops.tick apply\n"
              "Rule ops.greet frozen ATT2020\n");
    EXPECT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_THAT(describe(checked.diagnostics), HasSubstr("the trigger keeps its last applied"));
    EXPECT_THAT(describe(checked.diagnostics), HasSubstr("2 objects that depend on it"));
}

TEST(Check, LeavesOutWhatWasNeverAppliedBefore) {
    auto files = good();
    files["packs/ops/actions/say.yaml"] = replaced(kAction, "process", "proces");
    const Tree tree(files);
    EXPECT_THAT(describe(tree.check().objects), HasSubstr("Action ops.say absent ATT2011"));
    EXPECT_THAT(describe(tree.check().objects), HasSubstr("Rule ops.greet absent ATT2011"));
    EXPECT_THAT(describe(tree.check().objects), HasSubstr("Sensor ops.front apply"));
}

TEST(Check, FreezesEverythingLastKnownFromAFileThatCannotBeTold) {
    auto files = good();
    files["packs/ops/sensors/front.yaml"] = kSensor + "---\n" + kTimer;
    files.erase("packs/ops/sensors/tick.yaml");
    const Tree before(files);
    files["packs/ops/sensors/front.yaml"] = "kind: [";
    const Tree after(files);
    EXPECT_EQ(describe(after.check(before.manifests()).objects),
              "Pack ops apply\nTrigger ops.opened apply\nAction ops.say apply\n"
              "Sensor ops.front frozen ATT1031\nSensor ops.tick frozen ATT1031\n"
              "Rule ops.greet frozen ATT1031\n");
}

TEST(Check, AMistypedKindIsNoDeletion) {
    const Tree before(good());
    auto files = good();
    files["packs/ops/sensors/tick.yaml"] = replaced(kTimer, "kind: Sensor", "kind: Senosr");
    const Tree after(files);
    EXPECT_THAT(describe(after.check(before.manifests()).objects),
                HasSubstr("Sensor ops.tick frozen ATT2002"));
}

TEST(Check, WhatLeftTheTreeIsNotAmongTheObjects) {
    const Tree before(good());
    auto files = good();
    files.erase("packs/ops/sensors/tick.yaml");
    const Tree after(files);
    EXPECT_THAT(describe(after.check(before.manifests()).objects), Not(HasSubstr("ops.tick")));
}

TEST(Check, KeepsWhatAFrozenObjectNeedsThoughItLeftTheTree) {
    const Tree before(good());
    auto files = good();
    files["packs/ops/rules/greet.yaml"] = replaced(kRule, "trigger: ops.opened", "triger: x.y");
    files.erase("packs/ops/actions/say.yaml");
    const Tree after(files);
    const auto checked = after.check(before.manifests());
    EXPECT_THAT(describe(checked.objects), HasSubstr("Rule ops.greet frozen ATT2004"));
    EXPECT_THAT(describe(checked.objects), HasSubstr("Action ops.say frozen ATT2004"));
}

TEST(Check, ATriggerThatItsSensorsDoNotFitIsFrozenWithThem) {
    const Tree before(good());
    auto files = good();
    files["packs/ops/triggers/opened.yaml"] =
        replaced(kTrigger, "type: string", "type: integer");
    const Tree after(files);
    const auto checked = after.check(before.manifests());
    EXPECT_THAT(describe(checked.objects), HasSubstr("Trigger ops.opened frozen ATT2005"));
    EXPECT_THAT(describe(checked.objects), HasSubstr("Sensor ops.front frozen ATT2005"));
    EXPECT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].pointer, "/spec/config/door");
}

TEST(Check, AnUnchangedObjectIsHeldAgainstAChangedOneOnly) {
    const Tree before(good());
    const Tree after(good());
    const auto checked = after.check(before.manifests());
    EXPECT_THAT(checked.diagnostics, IsEmpty());
    EXPECT_THAT(describe(checked.objects), HasSubstr("Rule ops.greet apply"));
}

TEST(Check, OfAMappingThatIsAnotherOneAltogetherSomeKeysAreTold) {
    std::string properties;
    std::string config;
    for (int n = 0; n < 30; ++n) properties += "property_" + std::to_string(n) + ": {}, ";
    for (int n = 0; n < 150; ++n) config += "u" + std::to_string(n) + ": 1, ";
    auto files = good();
    files["packs/ops/triggers/opened.yaml"] =
        replaced(kTrigger, "door: {type: string}", properties);
    files["packs/ops/sensors/front.yaml"] = replaced(kSensor, "door: front", config);
    const Tree tree(files);
    const auto checked = tree.check();
    EXPECT_THAT(checked.diagnostics, SizeIs(100));
    const auto text = describe(checked.diagnostics);
    EXPECT_THAT(text, HasSubstr(" and 50 more in config of trigger ops.opened\n"));
    EXPECT_THAT(text, HasSubstr("note: allowed: property_0, property_1, property_10, "));
    EXPECT_THAT(text, HasSubstr("property_26 and 10 more\n"));
}

TEST(Check, ShowsBothPlacesOfADuplicateAndAppliesNeither) {
    auto files = good();
    files["packs/ops/sensors/zz.yaml"] = kTimer;
    const Tree tree(files);
    const auto checked = tree.check();
    ASSERT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].code, "ATT3003");
    EXPECT_EQ(checked.diagnostics[0].file, "packs/ops/sensors/zz.yaml");
    EXPECT_EQ(checked.diagnostics[0].range, (Range{3, 17, 3, 25}));
    EXPECT_EQ(checked.diagnostics[0].related.at(0).file, "packs/ops/sensors/tick.yaml");
    EXPECT_THAT(describe(checked.objects), HasSubstr("Sensor ops.tick absent ATT3003"));
}

TEST(Check, AMissingPackManifestIsOneFinding) {
    auto files = good();
    files.erase("packs/ops/pack.yaml");
    const Tree tree(files);
    const auto checked = tree.check();
    ASSERT_THAT(checked.diagnostics, SizeIs(1)) << describe(checked.diagnostics);
    EXPECT_EQ(checked.diagnostics[0].code, "ATT3006");
    EXPECT_THAT(describe(checked.diagnostics), HasSubstr("and 4 more of its objects"));
}

TEST(Check, AsksWhetherTheProgramOfAnActionMayRun) {
    auto files = good();
    files["packs/ops/actions/say.yaml"] = replaced(kAction, "[echo]", "[files/say.sh]");
    const Tree tree(files);
    auto input = tree.input();
    input.why_not_runnable = [](std::string_view pack, std::string_view path) {
        return std::optional(std::string(pack) + "/" + std::string(path) +
                             " is not executable");
    };
    const auto checked = check(input);
    ASSERT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].code, "ATT4105");
    EXPECT_THAT(checked.diagnostics[0].message,
                HasSubstr("ops/files/say.sh is not executable"));
    EXPECT_EQ(checked.diagnostics[0].severity, Severity::kError);
    EXPECT_EQ(checked.diagnostics[0].pointer, "/spec/command/0");
}

TEST(Check, AProgramThatThisHostDoesNotHaveIsAWarning) {
    const Tree tree(good());
    auto input = tree.input();
    input.why_not_runnable = [](std::string_view, std::string_view program) {
        return std::optional(std::string(program == "echo" ? "is not found in /bin" : ""));
    };
    const auto checked = check(input);
    ASSERT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].code, "ATT4105");
    EXPECT_EQ(checked.diagnostics[0].severity, Severity::kWarning);
    EXPECT_EQ(checked.diagnostics[0].message, "`echo` is not found in /bin");
    EXPECT_THAT(describe(checked.objects), HasSubstr("Action ops.say apply"));
}

TEST(Check, APastOneShotIsAWarningWhileItIsNew) {
    auto files = good();
    files["packs/ops/sensors/tick.yaml"] =
        "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.tick}\n"
        "spec: {trigger: core.datetimetimer, config: {fire_at: \"2025-01-01T00:00:00Z\"}}\n";
    const Tree tree(files);
    const auto checked = tree.check();
    ASSERT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].code, "ATT4012");
    EXPECT_EQ(checked.diagnostics[0].severity, Severity::kWarning);
    EXPECT_THAT(describe(checked.objects), HasSubstr("Sensor ops.tick apply"));
    EXPECT_THAT(tree.check(tree.manifests()).diagnostics, IsEmpty());
}

TEST(Check, WithoutTextsItStillNamesFileAndLine) {
    auto files = good();
    files["packs/ops/rules/greet.yaml"] = replaced(kRule, "ref: ops.say", "ref: ops.sya");
    const Tree tree(files);
    auto input = tree.input();
    input.text_of = nullptr;
    const auto checked = check(input);
    ASSERT_THAT(checked.diagnostics, SizeIs(1));
    EXPECT_EQ(checked.diagnostics[0].range.line, 1);
    EXPECT_EQ(checked.diagnostics[0].help, "did you mean `ops.say`?");
}

}  // namespace
}  // namespace attune
