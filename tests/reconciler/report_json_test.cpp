#include "reconciler/report_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/limits.h"
#include "tests/support/plans.h"
#include "tests/support/zones.h"
#include "wire/messages.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

constexpr TimePoint kNoon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours(12);
constexpr std::size_t kMany = 100'000;

Ref nth(std::size_t n) { return *Ref::parse(fmt::format("ops.sensor_{:06}", n)); }

PlanResult planned(const Tree& tree, const StoredState& state, TimePoint now = kNoon) {
    SourceSpec source;
    source.name = "main";
    const auto objects = tree.checked();
    return plan_changes({.state = &state,
                         .origin = Origin::kManifest,
                         .source = source,
                         .objects = objects,
                         .files = {},
                         .now = now,
                         .zones = &system_zones(),
                         .surely_gone = {},
                         .allowed_retirements = 0});
}

Preview preview_of(const Tree& tree, StoredState state = {}) {
    Preview preview;
    preview.state = std::move(state);
    preview.result = planned(tree, preview.state);
    return preview;
}

// As the bus carries it.
std::size_t message_bytes(const Json& report) {
    return encode(ReconcileReply{.request = 1, .report = compact(report)}).size();
}

void expect_counted(const Json& report, const std::string& list, std::size_t all) {
    EXPECT_GT(report.at(list).size(), 100U) << list;
    EXPECT_EQ(report.at(list).size() + report.at(list + "_left_out").get<std::size_t>(), all)
        << list;
}

TEST(PlanJson, NamesWhatChangesAndHow) {
    Tree before;
    before.sensor("ops.every_10m", R"({"unit":"minutes","interval":10})")
        .sensor("ops.cutover")
        .sensor("ops.fast");
    Tree after;
    after.sensor("ops.every_10m", R"({"unit":"minutes","interval":15})")
        .sensor("ops.fast")
        .with(Verdict::kFrozen, "ATT2011")
        .action("ops.sweep");
    const Json json = preview_json(preview_of(after, applied({}, planned(before, {}).plan)));
    EXPECT_EQ(json["outcome"], "planned");
    EXPECT_EQ(json["source"], "main");
    EXPECT_EQ(json["counts"], Json::parse(R"({"create":1,"update":1,"retire":1})"));
    EXPECT_EQ(json["changes"][1]["differences"],
              Json::parse(R"([{"path":"config.interval","before":10,"after":15}])"));
    EXPECT_EQ(json["frozen"][0]["why"], "ATT2011");
    EXPECT_EQ(json["brake"], false);
    for (const auto* list : {"changes", "timers", "frozen", "held", "diagnostics"}) {
        EXPECT_EQ(json[std::string(list) + "_left_out"], 0) << list;
    }
}

TEST(PlanJson, OfVeryManyObjectsIsOneMessageAndCountsWhatIsLeftOut) {
    Tree tree;
    for (std::size_t n = 0; n < kMany; ++n) tree.sensor(nth(n).text());
    const Json json = preview_json(preview_of(tree));
    EXPECT_LE(message_bytes(json), limits::kReportBytes);
    expect_counted(json, "changes", kMany);
    expect_counted(json, "timers", kMany);
    EXPECT_EQ(json["counts"]["create"], kMany);

    const auto text = json["text"].get<std::string>();
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
    EXPECT_THAT(text, HasSubstr(fmt::format("  ... and {} more\n{} to add", kMany - (lines - 3),
                                            kMany)));
}

TEST(PlanJson, OfManyRetirementsThatABrakeHoldsSaysSo) {
    Tree tree;
    for (std::size_t n = 0; n < kMany / 100; ++n) tree.sensor(nth(n).text());
    const Json json = preview_json(preview_of(Tree(), applied({}, planned(tree, {}).plan)));
    expect_counted(json, "held", kMany / 100);
    EXPECT_EQ(json["held_reasons"], (Json{{"brake", kMany / 100}}));
    EXPECT_EQ(json["brake"], true);
}

TEST(PlanJson, LeavesOutValuesThatAreTooLargeAndNotTheirChange) {
    const std::string large(limits::kReportDifferenceBytes, 'x');
    Tree before;
    before.action("ops.a").annotated("note", "small").annotated("more", "1");
    Tree after;
    after.action("ops.a").annotated("note", large).annotated("more", "2");
    const Json json = preview_json(preview_of(after, applied({}, planned(before, {}).plan)));
    ASSERT_THAT(json["changes"], SizeIs(1));
    EXPECT_THAT(json["changes"][0]["differences"], SizeIs(1));
    EXPECT_EQ(json["changes"][0]["differences"][0]["after"], "2");
    EXPECT_EQ(json["changes"][0]["differences_left_out"], 1);
}

TEST(PlanJson, OfATreeThatCannotBeReadSaysThatNothingHappens) {
    Preview preview;
    preview.refused = true;
    const Json json = preview_json(preview);
    EXPECT_EQ(json["outcome"], "refused");
    EXPECT_EQ(json["text"], "refused: nothing of it would be applied\n");
}

// Everything that can be long is, and full of what JSON writes longest.
TEST(ReportJson, HoweverMuchThereIsToTellIsOneMessage) {
    Report report;
    for (std::size_t n = 0; n < kMany; ++n) {
        report.frozen.push_back({Kind::kSensor, nth(n), Generation{7}, "ATT2011"});
        report.held.push_back({Kind::kSensor, nth(n), HoldReason::kNotCertain});
        Diagnostic diagnostic;
        diagnostic.code = "ATT2004";
        // The first one alone is beyond any message.
        diagnostic.message = n == 0 ? std::string(limits::kMessageBytes, 'x') : "a fault";
        diagnostic.help = n % 2 == 0 ? std::string(20, '\x01') : "";
        report.diagnostics.push_back(std::move(diagnostic));
    }
    const Json json = report_json(report);
    EXPECT_THAT(message_bytes(json),
                AllOf(Le(limits::kReportBytes), Le(limits::kMessageBytes)));
    for (const auto* list : {"frozen", "held", "diagnostics"}) {
        expect_counted(json, list, kMany);
    }
    EXPECT_EQ(json["held_reasons"], (Json{{"not_certain", kMany}}));
}

}  // namespace
}  // namespace attune
