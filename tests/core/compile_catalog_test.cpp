// From rows to the catalog they say.
#include "core/compile_catalog.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

StoredObject row(Kind kind, std::int64_t id, const std::string& ref, const Json& spec) {
    StoredObject object{.kind = kind,
                        .id = id,
                        .ref = kind == Kind::kPack ? *Ref::parse_pack(ref) : *Ref::parse(ref),
                        .source = {},
                        .place = {"packs/ops/all.yaml", 1},
                        .document = compact({{"apiVersion", "attune/v1"},
                                             {"kind", to_string(kind)},
                                             {"metadata", {{"ref", ref}}},
                                             {"spec", spec}}),
                        .spec_digest = {},
                        .meta_digest = {},
                        .generation = {},
                        .created_at = {},
                        .retired_at = std::nullopt,
                        .enabled_override = std::nullopt,
                        .spec_rev = {}};
    return object;
}

SensorColumns sensor(std::int64_t id, const std::string& ref) {
    return {.id = SensorId{id},
            .ref = *Ref::parse(ref),
            .trigger = "ops.deploy",
            .trigger_id = TriggerId{2},
            .runtime = "core.sensor.external",
            .label = ref,
            .labels = "{}",
            .config = "{}"};
}

StoredObject retired(StoredObject object) {
    object.retired_at = TimePoint{};
    return object;
}

class CompileCatalogTest : public testing::Test {
protected:
    static StoredObject rule(std::int64_t id, const std::string& ref, const Json& sensors) {
        return row(
            Kind::kRule, id, ref,
            {{"trigger", "ops.deploy"}, {"sensors", sensors}, {"action", {{"ref", "ops.do"}}}});
    }

    static void take_basics(CatalogCompiler& compiler) {
        compiler.take(row(Kind::kPack, 1, "ops", Json::object()));
        compiler.take(row(Kind::kTrigger, 2, "ops.deploy", Json::object()));
        compiler.take(row(Kind::kAction, 3, "ops.do", {{"runner", "builtin"}}));
    }

    std::shared_ptr<const Catalog> first() {
        CatalogCompiler compiler(nullptr);
        take_basics(compiler);
        compiler.take(sensor(4, "ops.a"));
        compiler.take(sensor(5, "ops.b"));
        compiler.take(rule(6, "ops.r", {"ops.b"}));
        auto compiled = compiler.finish(Generation{1});
        EXPECT_THAT(compiled.problems, IsEmpty());
        return compiled.catalog;
    }
};

TEST_F(CompileCatalogTest, RefsAreFoundInTheKindsBefore) {
    const auto catalog = first();
    EXPECT_EQ(catalog->generation(), Generation{1});
    EXPECT_EQ(catalog->sensors().find("ops.a")->trigger, TriggerId{2});
    const auto* rule = catalog->rules().find("ops.r");
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->broken, "");
    EXPECT_EQ(rule->trigger, TriggerId{2});
    EXPECT_EQ(rule->action_id, ActionId{3});
    EXPECT_THAT(rule->sensors, ElementsAre(SensorId{5}));
}

TEST_F(CompileCatalogTest, WhatHasNotChangedIsShared) {
    const auto before = first();
    CatalogCompiler compiler(before.get());
    compiler.take(sensor(7, "ops.c"));
    const auto after = compiler.finish(Generation{2}).catalog;
    EXPECT_EQ(after->generation(), Generation{2});
    EXPECT_EQ(after->rules().find("ops.r"), before->rules().find("ops.r"));
    EXPECT_EQ(after->sensors().find("ops.a"), before->sensors().find("ops.a"));
    EXPECT_NE(after->sensors().find("ops.c"), nullptr);
    EXPECT_EQ(before->sensors().find("ops.c"), nullptr);
}

TEST_F(CompileCatalogTest, ARuleThatCameLaterFindsWhatWasThere) {
    const auto before = first();
    CatalogCompiler compiler(before.get());
    compiler.take(rule(8, "ops.later", {"ops.a"}));
    const auto after = compiler.finish(Generation{2}).catalog;
    EXPECT_THAT(after->rules().find("ops.later")->sensors, ElementsAre(SensorId{4}));
}

TEST_F(CompileCatalogTest, ARuleNeverWidensWhenItsSensorIsGone) {
    const auto before = first();
    CatalogCompiler compiler(before.get());
    auto gone = sensor(5, "ops.b");
    gone.retired = true;
    compiler.take(gone);
    compiler.take(rule(6, "ops.r", {"ops.b"}));
    const auto after = compiler.finish(Generation{2}).catalog;
    EXPECT_EQ(after->sensors().find("ops.b"), nullptr);
    EXPECT_THAT(after->rules().find("ops.r")->sensors, ElementsAre(SensorId{}));
}

TEST_F(CompileCatalogTest, WhatIsRetiredLeaves) {
    const auto before = first();
    CatalogCompiler compiler(before.get());
    compiler.take(retired(row(Kind::kAction, 3, "ops.do", {{"runner", "builtin"}})));
    const auto after = compiler.finish(Generation{2}).catalog;
    EXPECT_EQ(after->actions().find("ops.do"), nullptr);
    EXPECT_EQ(after->rules().find("ops.r")->broken, "its action is gone");
}

TEST_F(CompileCatalogTest, RowsThatSayNothingAreLeftOutWithTheirRef) {
    CatalogCompiler compiler(nullptr);
    auto broken = row(Kind::kPack, 1, "ops", Json::object());
    broken.document = "{";
    compiler.take(broken);
    auto other = row(Kind::kRule, 9, "ops.other", Json::object());
    other.kind = Kind::kTrigger;
    compiler.take(other);
    auto unknown = sensor(4, "ops.a");
    unknown.config = "7";
    compiler.take(unknown);
    auto converted = sensor(5, "ops.b");
    converted.has_document = false;
    compiler.take(converted);
    const auto compiled = compiler.finish(Generation{1});
    ASSERT_THAT(compiled.problems, SizeIs(4));
    EXPECT_THAT(compiled.problems.at(0), HasSubstr("Pack ops is left out"));
    EXPECT_THAT(compiled.problems.at(1), HasSubstr("Trigger ops.other is left out"));
    EXPECT_THAT(compiled.problems.at(2), HasSubstr("Sensor ops.a is left out"));
    EXPECT_THAT(compiled.problems.at(3), HasSubstr("Sensor ops.b is left out"));
    EXPECT_EQ(compiled.catalog->sensors().size(), 0U);
}

TEST_F(CompileCatalogTest, WhoeverNamesARowThatIsLeftOutHearsOfItOnceItIsMended) {
    CatalogCompiler compiler(nullptr);
    take_basics(compiler);
    auto broken = sensor(4, "ops.a");
    broken.config = "7";
    compiler.take(broken);
    compiler.take(rule(6, "ops.r", {"ops.a"}));
    const auto before = compiler.finish(Generation{1}).catalog;
    CatalogCompiler later(before.get());
    later.take(sensor(4, "ops.a"));
    const auto after = later.finish(Generation{2}).catalog;
    Catalog::Rules rules;
    after->rules_of(*after->sensors().find("ops.a"), rules);
    EXPECT_THAT(rules, SizeIs(1));
}

}  // namespace
}  // namespace attune
