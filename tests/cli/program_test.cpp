// The commands that need no daemon, as the real program runs them.
#include <gmock/gmock.h>

#include "core/json.h"
#include "os/spawn.h"
#include "tests/support/temp_directory.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Ran {
    int exit = 0;
    std::string output;  // both streams
};

Ran attune(std::vector<std::string> words, const std::string& input = "") {
    const TempDirectory directory;
    const auto file = directory.write("input", input);
    words.insert(words.begin(),
                 {"/bin/sh", "-c", "exec \"$@\" < \"$0\"", file, ATTUNE_ATTUNE_PATH});
    Ran ran;
    SpawnOptions options;
    options.argv = words;
    options.directory = ATTUNE_SOURCE_DIR;
    options.env = {"PATH=/usr/bin:/bin"};
    ran.exit = run_to_end(std::move(options), &ran.output, 30s).code;
    return ran;
}

class Source {
public:
    Source() {
        directory_.write(
            "attune.yaml",
            "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\nspec: {}\n");
        directory_.write("packs/ops/pack.yaml",
                         "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: ops}\nspec: {}\n");
        tick("every_10m", "{unit: minutes, interval: 10}");
    }

    void tick(const std::string& name, const std::string& config) {
        directory_.write("packs/ops/sensors/" + name + ".yaml",
                         "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops." + name +
                             "}\nspec:\n  trigger: core.intervaltimer\n  config: " + config +
                             "\n");
    }

    // Returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        return directory_.write(name, text);
    }

    std::string path() const { return directory_.path().string(); }
    std::string file(const std::string& name) const { return directory_ / name; }

private:
    TempDirectory directory_;
};

TEST(Validate, AGoodSourceIsOk) {
    const Source source;
    const auto ran = attune({"validate", source.path()});
    EXPECT_EQ(ran.exit, 0) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("no problems"));
}

TEST(Validate, EveryFaultOfASourceIsToldWithItsPlaceAndRemedy) {
    Source source;
    source.tick("a", "{unit: minutes, intervall: 10}");
    source.tick("b", "{unit: secs, interval: 1}");
    const auto ran = attune({"validate", source.path()});
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(
        ran.output,
        AllOf(HasSubstr("packs/ops/sensors/a.yaml:6:"), HasSubstr("did you mean `interval`?"),
              HasSubstr("packs/ops/sensors/b.yaml:6:"), Not(HasSubstr("\033["))));
}

TEST(Validate, AFileIsJudgedTogetherWithItsSourceAndOthersAreLeftAside) {
    Source source;
    source.tick("a", "{unit: minutes, intervall: 10}");
    const auto good = source.file("packs/ops/sensors/every_10m.yaml");
    EXPECT_EQ(attune({"validate", good}).exit, 0);
    const auto bad = source.file("packs/ops/sensors/a.yaml");
    const auto ran = attune({"validate", bad});
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.output, HasSubstr("--> " + bad + ":6:"));
}

TEST(Validate, AFileThatIsNotLookedAtIsNotCalledGood) {
    const Source source;
    const std::string broken = "kind: [";
    for (const auto* name : {"packs/ops/files/a.yaml", "packs/ops/.hidden.yaml", "b.yaml",
                             "packs/ops/notes.txt"}) {
        const auto ran = attune({"validate", source.write(name, broken)});
        EXPECT_EQ(ran.exit, 1) << name;
        EXPECT_THAT(ran.output, AllOf(HasSubstr("ATT5006"), HasSubstr("is not read as"),
                                      HasSubstr("= help: manifests are")));
    }
    const auto missing = attune({"validate", source.file("packs/ops/sensors/none.yaml")});
    EXPECT_EQ(missing.exit, 1);
    EXPECT_THAT(missing.output, HasSubstr("there is no file `packs/ops/sensors/none.yaml`"));
}

TEST(Validate, OfAFileWhoseSourceIsRefusedTheReasonIsTold) {
    const Source source;
    const auto root = source.write("attune.yaml", "kind: Source\n");
    const auto ran = attune({"validate", source.file("packs/ops/sensors/every_10m.yaml")});
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.output, HasSubstr("--> " + root + ":1:"));
}

TEST(Validate, ATextByItselfMayReferToWhatIsElsewhere) {
    const std::string rule =
        "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: ops.a}\nspec:\n"
        "  trigger: core.intervaltimer\n  action: {ref: ops.elsewhere}\n";
    EXPECT_EQ(attune({"validate", "-"}, rule).exit, 0);
    EXPECT_EQ(attune({"validate", "-"}, rule + "  speling: 1\n").exit, 1);
    EXPECT_EQ(attune({"validate", "-"}, "a: [").exit, 1);
}

TEST(Validate, ProgramsGetTheirFormats) {
    Source source;
    source.tick("a", "{unit: secs, interval: 1}");
    const auto json = attune({"validate", "-o", "json", source.path()});
    EXPECT_EQ(json.exit, 1);
    const auto report = Json::parse(json.output);
    EXPECT_EQ(report.at("valid"), false);
    EXPECT_EQ(report.at("errors"), 1);
    EXPECT_EQ(report.at("diagnostics")[0].at("line"), 6);

    const auto sarif = Json::parse(attune({"validate", "-o", "sarif", source.path()}).output);
    EXPECT_EQ(sarif.at("version"), "2.1.0");
    EXPECT_THAT(
        attune({"validate", "-o", "github", source.path()}).output,
        HasSubstr("::error file=" + source.path() + "/packs/ops/sensors/a.yaml,line=6"));
}

TEST(Validate, ADirectoryThatIsNoSourceIsAFault) {
    const TempDirectory empty;
    const auto ran = attune({"validate", empty.path().string()});
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.output, HasSubstr("attune.yaml"));
}

TEST(Parse, TellsEveryDocumentWithItsTypes) {
    const auto ran = attune({"parse", "-"}, "a: no\nb: [1, 1.5, null]\n---\n- x\n");
    EXPECT_EQ(ran.exit, 0) << ran.output;
    EXPECT_EQ(Json::parse(ran.output), (Json{{{"a", "no"}, {"b", {1, 1.5, nullptr}}}, {"x"}}));
}

TEST(Parse, TellsPlaces) {
    const auto ran = attune({"parse", "--positions", "-"}, "a:\n  - äb\n");
    const auto mapping = Json::parse(ran.output)[0];
    EXPECT_EQ(mapping.at("line"), 1);
    const auto& list = mapping.at("members").at("a");
    EXPECT_EQ(list.at("key_column"), 1);
    EXPECT_EQ(list.at("items")[0], (Json{{"value", "äb"}, {"line", 2}, {"column", 5}}));
}

TEST(Parse, RefusedYamlIsExplained) {
    const auto ran = attune({"parse", "-"}, "a: 1\na: 2\n");
    EXPECT_EQ(ran.exit, 1);
    EXPECT_THAT(ran.output, HasSubstr("<stdin>:2:1"));
}

TEST(Schema, OfEachKindIsPrinted) {
    for (const auto* kind :
         {"source", "pack", "trigger", "action", "sensor", "rule", "daemon", "feed"}) {
        const auto ran = attune({"schema", kind});
        EXPECT_EQ(ran.exit, 0) << kind;
        EXPECT_TRUE(Json::parse(ran.output).contains("$schema")) << kind;
    }
    EXPECT_EQ(Json::parse(attune({"schema"}).output).size(), 6U);
    EXPECT_EQ(attune({"schema", "sensr"}).exit, 64);
}

TEST(Explain, TakesACodeOrAReason) {
    EXPECT_THAT(attune({"explain", "ATT2004"}).output, HasSubstr("Wrong:"));
    EXPECT_EQ(attune({"explain", "reversed_range"}).exit, 0);
    const auto unknown = attune({"explain", "ATT9999"});
    EXPECT_EQ(unknown.exit, 1);
    EXPECT_THAT(unknown.output, HasSubstr("no code"));
}

TEST(Next, OfASourceIsToldInOrder) {
    Source source;
    source.tick("fast", "{unit: minutes, interval: 7}");
    const auto ran =
        attune({"next", source.path(), "--after", "2026-11-23T12:00:00Z", "--count", "1"});
    EXPECT_EQ(ran.exit, 0) << ran.output;
    EXPECT_LT(ran.output.find("2026-11-23T12:07:00Z  ops.fast"),
              ran.output.find("2026-11-23T12:10:00Z  ops.every_10m"));
}

TEST(Next, NoneAtAllAreNotAskedFor) {
    const auto ran = attune({"next", "--expression", "@daily", "--count", "0"});
    EXPECT_EQ(ran.exit, 64);
    EXPECT_THAT(ran.output, HasSubstr("--count must be at least 1"));
}

TEST(Next, OfAnExpressionIsTold) {
    const auto ran = attune({"next", "--expression", "0 0 12 * * MON", "--after",
                             "2026-11-23T12:00:00Z", "--count", "1", "-o", "json"});
    EXPECT_EQ(Json::parse(ran.output)[0].at("next"), (Json{"2026-11-30T12:00:00Z"}));
    const auto bad = attune({"next", "--expression", "0 61 * * * *"});
    EXPECT_EQ(bad.exit, 1);
    EXPECT_THAT(bad.output, HasSubstr("minute"));
}

TEST(Next, LinesAreAnsweredInTheirOrder) {
    const auto ran = attune(
        {"next", "--stdin"},
        R"({"trigger": "core.intervaltimer", "config": {"unit": "hours", "interval": 1}, )"
        R"("after": "2026-11-23T12:00:00Z", "count": 1})"
        "\n"
        R"({"trigger": "core.crontimer", "config": {"expression": ""}})"
        "\n");
    EXPECT_EQ(ran.exit, 0);
    EXPECT_THAT(ran.output, testing::StartsWith(R"({"next":["2026-11-23T13:00:00Z"]})"
                                                "\n"
                                                R"({"error":{"code":"empty")"));
}

}  // namespace
}  // namespace attune
