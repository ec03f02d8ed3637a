#include <gmock/gmock.h>

#include "core/diagnostic_json.h"
#include "core/diagnostic_text.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kText = "spec:\n  config:\n    unit: minutes\n    intervall: 10\n";

Diagnostic sample() {
    Diagnostic found;
    found.code = "ATT2004";
    found.message = "unknown property `intervall` in config of trigger core.intervaltimer";
    found.file = "packs/ops/sensors/timers.yaml";
    found.range = {4, 5, 4, 14};
    found.object_kind = "Sensor";
    found.object_ref = "ops.every_10m";
    found.pointer = "/spec/config/intervall";
    found.label = "not declared by the trigger";
    found.help = "did you mean `interval`?";
    found.notes = {"allowed: interval, unit"};
    found.fix = Fix{found.range, "interval", false};
    return found;
}

Diagnostic second() {
    Diagnostic found;
    found.severity = Severity::kWarning;
    found.code = "ATT3003";
    found.message = "sensor `ops.a` is declared twice";
    found.file = "b.yaml";
    found.range = {1, 1, 1, 2};
    found.related = {{"first declared here", "a.yaml", {3, 4, 3, 9}}};
    return found;
}

TextOf texts() {
    return [](std::string_view file) -> std::optional<std::string_view> {
        if (file == "packs/ops/sensors/timers.yaml") return kText;
        return std::nullopt;
    };
}

TEST(DiagnosticText, ShowsTheLineWithACaret) {
    EXPECT_EQ(render_text({sample()}, texts(), {}),
              "error[ATT2004]: unknown property `intervall` in config of trigger "
              "core.intervaltimer\n"
              " --> packs/ops/sensors/timers.yaml:4:5  Sensor ops.every_10m  "
              "/spec/config/intervall\n"
              "4 |     intervall: 10\n"
              "  |     ^^^^^^^^^ not declared by the trigger\n"
              "  = note: allowed: interval, unit\n"
              "  = help: did you mean `interval`?\n");
}

TEST(DiagnosticText, DoesWithoutTheTextAndShowsRelatedPlaces) {
    EXPECT_EQ(render_text({second()}, texts(), {}),
              "warning[ATT3003]: sensor `ops.a` is declared twice\n"
              " --> b.yaml:1:1\n"
              "  = note: first declared here: a.yaml:3:4\n");
}

TEST(DiagnosticText, ColorsOnlyWhenAsked) {
    EXPECT_THAT(render_text({sample()}, texts(), {}), Not(HasSubstr("\x1b[")));
    EXPECT_THAT(render_text({sample()}, texts(), {.color = true}),
                HasSubstr("\x1b[1;31merror"));
}

TEST(DiagnosticText, LetsNoControlCharacterReachTheTerminal) {
    auto found = sample();
    found.message = "bad \x1b[2Jvalue";
    found.file = "a\x1b[2J.yaml";
    found.object_ref = "ops.\n\xc2\x9b";
    found.related = {{"there", "b\x1b.yaml", {3, 4, 3, 9}}};
    const auto text = render_text({found}, texts(), {}) + one_line(found);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(text, Not(HasSubstr("ops.\n")));
}

TEST(DiagnosticText, CountsWhatItDoesNotShow) {
    const Diagnostics many(5, sample());
    const auto text = render_text(many, texts(), {.color = false, .max_errors = 2});
    EXPECT_THAT(text, HasSubstr("and 3 more findings"));
    EXPECT_THAT(render_text(many, texts(), {.color = false, .max_errors = 0}),
                Not(HasSubstr("more finding")));
}

TEST(DiagnosticText, SurvivesAVeryLongLine) {
    const std::string line = "a: [" + std::string(5000, 'x') + "]";
    auto found = sample();
    found.file = "long.yaml";
    found.range = {1, 4000, 1, 4010};
    const auto text = render_text(
        {found}, [&](std::string_view) { return std::optional<std::string_view>(line); }, {});
    EXPECT_LT(text.size(), 1000U);
    EXPECT_THAT(text, HasSubstr("^^^^^^^^^^ not declared"));
}

TEST(DiagnosticText, SumsUp) {
    EXPECT_EQ(summary_line({}, 137), "137 files, no problems");
    EXPECT_EQ(summary_line({sample(), sample(), second()}, 137),
              "2 errors, 1 warning in 2 of 137 files");
    EXPECT_EQ(one_line(sample()),
              "packs/ops/sensors/timers.yaml:4:5: ATT2004 ops.every_10m: unknown property "
              "`intervall` in config of trigger core.intervaltimer");
}

TEST(DiagnosticJson, HasTheAgreedShape) {
    const auto json = diagnostics_json({sample(), second()}, 3);
    EXPECT_EQ(json["valid"], false);
    EXPECT_EQ(json["errors"], 1);
    EXPECT_EQ(json["warnings"], 1);
    EXPECT_EQ(json["files"], 3);
    EXPECT_EQ(json["diagnostics"][0], Json::parse(R"({
        "severity":"error","code":"ATT2004",
        "message":"unknown property `intervall` in config of trigger core.intervaltimer",
        "file":"packs/ops/sensors/timers.yaml","line":4,"column":5,"end_line":4,"end_column":14,
        "object":{"kind":"Sensor","ref":"ops.every_10m"},"pointer":"/spec/config/intervall",
        "label":"not declared by the trigger","help":"did you mean `interval`?",
        "notes":["allowed: interval, unit"],
        "fix":{"text":"interval","certain":false,"line":4,"column":5,"end_line":4,"end_column":14}})"));
    EXPECT_EQ(json["diagnostics"][1]["related"][0]["line"], 3);
    EXPECT_EQ(diagnostics_json({}, 0)["valid"], true);
}

TEST(DiagnosticSarif, NamesRulesPlacesAndFixes) {
    const auto log = diagnostics_sarif({sample(), second()});
    EXPECT_EQ(log["version"], "2.1.0");
    const auto& run = log["runs"][0];
    EXPECT_EQ(run["tool"]["driver"]["name"], "attune");
    EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 2U);
    EXPECT_EQ(run["columnKind"], "unicodeCodePoints");
    const auto& result = run["results"][0];
    EXPECT_EQ(result["ruleId"], "ATT2004");
    EXPECT_EQ(result["level"], "error");
    const auto& place = result["locations"][0]["physicalLocation"];
    EXPECT_EQ(place["artifactLocation"]["uri"], "packs/ops/sensors/timers.yaml");
    EXPECT_EQ(place["region"]["startLine"], 4);
    EXPECT_EQ(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        "interval");
    EXPECT_EQ(run["results"][1]["relatedLocations"][0]["message"]["text"],
              "first declared here");
}

TEST(DiagnosticGithub, EscapesWhatWouldEndTheCommand) {
    auto found = sample();
    found.file = "a,b:c.yaml";
    found.message = "100% wrong";
    EXPECT_EQ(diagnostics_github({found}),
              "::error file=a%2Cb%3Ac.yaml,line=4,col=5,endLine=4,endColumn=14,title=ATT2004::"
              "100%25 wrong%0Adid you mean `interval`?\n");
}

}  // namespace
}  // namespace attune
