#include "core/yaml.h"

#include <string>

#include <gmock/gmock.h>

#include "core/limits.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Json value_of(std::string_view text) {
    const auto read = parse_yaml(text, "a.yaml");
    EXPECT_THAT(read.diagnostics, IsEmpty()) << text;
    return read.documents.size() == 1 ? to_json(read.documents[0]) : Json("not one document");
}

// "code line:column" of the only finding.
std::string refusal_of(std::string_view text) {
    const auto read = parse_yaml(text, "a.yaml");
    if (read.diagnostics.size() != 1) {
        return std::to_string(read.diagnostics.size()) + " findings";
    }
    const auto& found = read.diagnostics[0];
    return found.code + " " + std::to_string(found.range.line) + ":" +
           std::to_string(found.range.column);
}

struct Typed {
    std::string_view text;
    std::string_view json;
};

class YamlTypes : public testing::TestWithParam<Typed> {};

TEST_P(YamlTypes, FollowTheCoreSchemaOfYaml12) {
    EXPECT_EQ(value_of("x: " + std::string(GetParam().text))["x"].dump(), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Scalars, YamlTypes,
    testing::Values(Typed{"yes", "\"yes\""}, Typed{"no", "\"no\""}, Typed{"on", "\"on\""},
                    Typed{"true", "true"}, Typed{"True", "true"}, Typed{"TRUE", "true"},
                    Typed{"tRUE", "\"tRUE\""}, Typed{"'true'", "\"true\""}, Typed{"", "null"},
                    Typed{"~", "null"}, Typed{"null", "null"}, Typed{"nUll", "\"nUll\""},
                    Typed{"0", "0"}, Typed{"-12", "-12"}, Typed{"+7", "7"}, Typed{"0o10", "8"},
                    Typed{"0x1F", "31"}, Typed{"1_000", "\"1_000\""},
                    Typed{"12:30:45", "\"12:30:45\""}, Typed{"1e3", "1000.0"},
                    Typed{".5", "0.5"}, Typed{"1.", "1.0"}, Typed{"-1.5e-2", "-0.015"},
                    Typed{"1.2.3", "\"1.2.3\""}, Typed{"2026-01-01", "\"2026-01-01\""},
                    Typed{"9007199254740992", "9007199254740992"}, Typed{"!!str 5", "\"5\""},
                    Typed{"!!int \"3\"", "3"}, Typed{"!!float 2", "2.0"},
                    Typed{"a b c", "\"a b c\""}, Typed{"\"\\u00e9\"", "\"é\""},
                    Typed{"'it''s'", "\"it's\""},
                    Typed{"{a: [1, {b}]}", R"({"a":[1,{"b":null}]})"}, Typed{"[]", "[]"},
                    Typed{"{}", "{}"}));

TEST(Yaml, KeepsIntegersExactly) {
    const auto read = parse_yaml("x: 9223372036854775807", "a.yaml");
    EXPECT_EQ(to_json(read.documents.at(0))["x"].get<std::int64_t>(), 9223372036854775807);
    ASSERT_THAT(read.diagnostics, SizeIs(1));
    EXPECT_EQ(read.diagnostics[0].code, "ATT1027");
    EXPECT_EQ(read.diagnostics[0].severity, Severity::kWarning);
}

TEST(Yaml, TakesALeadingZeroForDecimalAndSaysSo) {
    const auto read = parse_yaml("x: 017", "a.yaml");
    EXPECT_EQ(to_json(read.documents.at(0))["x"], 17);
    ASSERT_THAT(read.diagnostics, SizeIs(1));
    EXPECT_EQ(read.diagnostics[0].code, "ATT1026");
}

TEST(Yaml, ReadsSeveralDocumentsAndSkipsEmptyOnes) {
    const auto read = parse_yaml("%YAML 1.2\n---\na: 1\n...\n---\n---\nb: 2\n---\n", "a.yaml");
    EXPECT_THAT(read.diagnostics, IsEmpty());
    ASSERT_THAT(read.documents, SizeIs(2));
    EXPECT_EQ(to_json(read.documents[1]).dump(), R"({"b":2})");
}

TEST(Yaml, AWholeFileWithoutADocumentIsAWarning) {
    EXPECT_EQ(refusal_of("# nothing yet\n"), "ATT1028 0:0");
    EXPECT_EQ(parse_yaml("", "a.yaml").diagnostics.at(0).severity, Severity::kWarning);
}

TEST(Yaml, CountsColumnsInCodePointsWhateverEndsTheLines) {
    const auto read = parse_yaml("\xEF\xBB\xBF\"é\": 1\r\nb: {c: x}\r\n", "a.yaml");
    ASSERT_THAT(read.diagnostics, IsEmpty());
    const auto& root = read.documents.at(0);
    EXPECT_EQ(root.members[0].value.range, (Range{1, 6, 1, 7}));
    EXPECT_EQ(root.members[1].key_range, (Range{2, 1, 2, 2}));
    EXPECT_EQ(root.members[1].value.range, (Range{2, 4, 2, 10}));
    EXPECT_EQ(find(root, "/b/c").node->range, (Range{2, 8, 2, 9}));
}

TEST(Yaml, PointsNowhereBetweenTheBytesThatEndALine) {
    const auto read = parse_yaml("a: &\r\n", "a.yaml");
    EXPECT_EQ(read.diagnostics.at(0).range, (Range{1, 5, 1, 5}));
}

TEST(Yaml, AMissingValueStandsAtItsKey) {
    const auto read = parse_yaml("a:\nb: 1\n", "a.yaml");
    EXPECT_EQ(find(read.documents.at(0), "/a").node->range, (Range{1, 1, 1, 2}));
}

TEST(Yaml, ResolvesAliases) {
    EXPECT_EQ(value_of("a: &x {k: [1, 2]}\nb: *x\n").dump(),
              R"({"a":{"k":[1,2]},"b":{"k":[1,2]}})");
    EXPECT_EQ(value_of("&k key: *k\n").dump(), R"({"key":"key"})");
}

TEST(Yaml, BoundsWhatAliasesExpandTo) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        const auto n = std::to_string(i);
        const auto p = "*a" + std::to_string(i - 1);
        bomb += "a" + n + ": &a" + n + " [" + p + "," + p + "," + p + "," + p + "," + p + "]\n";
    }
    const auto read = parse_yaml(bomb, "a.yaml");
    ASSERT_THAT(read.diagnostics, SizeIs(1));
    EXPECT_EQ(read.diagnostics[0].code, "ATT1012");
    EXPECT_THAT(read.diagnostics[0].related, SizeIs(1));
}

TEST(Yaml, BoundsTheTextThatAliasesStandFor) {
    std::string text = "- &a " + std::string(60'000, 'x') + "\n";
    for (int i = 0; i < 100; ++i) text += "- *a\n";
    const auto read = parse_yaml(text, "a.yaml");
    ASSERT_THAT(read.diagnostics, SizeIs(1));
    EXPECT_EQ(read.diagnostics[0].code, "ATT1012");
    EXPECT_EQ(read.diagnostics[0].range.line, 70);
    EXPECT_EQ(read.diagnostics[0].related.at(0).range.line, 1);
}

TEST(Yaml, TellsSoManyFindingsOfAFileAndThatThereAreMore) {
    std::string same;
    std::string zeros;
    for (std::size_t i = 0; i < 3 * limits::kFindings; ++i) {
        same += "a: 1\n";
        zeros += "- 01\n";
    }
    for (const auto& text : {same, zeros}) {
        const auto read = parse_yaml(text, "a.yaml");
        EXPECT_THAT(read.diagnostics, SizeIs(limits::kFindings));
        EXPECT_THAT(read.diagnostics.back().notes, ElementsAre(HasSubstr("more findings")));
    }
    // Warnings never hide an error, nor make one of a text that has none.
    EXPECT_THAT(parse_yaml(zeros, "a.yaml").documents, SizeIs(1));
    EXPECT_TRUE(has_errors(parse_yaml(zeros + "- {a: 1, a: 2}\n", "a.yaml").diagnostics));
}

TEST(Yaml, ShowsBothPlacesOfADuplicateKey) {
    const auto read = parse_yaml("a: 1\n\"a\": 2\na: 3\n", "a.yaml");
    ASSERT_THAT(read.diagnostics, SizeIs(2));
    EXPECT_EQ(read.diagnostics[0].range, (Range{2, 1, 2, 4}));
    EXPECT_EQ(read.diagnostics[0].related.at(0).range, (Range{1, 1, 1, 2}));
    EXPECT_THAT(read.documents, IsEmpty());
}

TEST(Yaml, EndsOnTheBytesThatKeepTheParserGoingForEver) {
    EXPECT_EQ(refusal_of("\"\"n\n? "), "ATT1029 1:3");
}

TEST(Yaml, HintsAtQuotesForCron) {
    const auto read = parse_yaml("expression: */5 * * * *\n", "a.yaml");
    ASSERT_THAT(read.diagnostics, SizeIs(1));
    EXPECT_EQ(read.diagnostics[0].code, "ATT1007");
    EXPECT_EQ(read.diagnostics[0].range, (Range{1, 13, 1, 24}));
    EXPECT_EQ(read.diagnostics[0].fix->text, "\"*/5 * * * *\"");
}

struct Refused {
    std::string_view text;
    std::string_view found;
};

class YamlRefuses : public testing::TestWithParam<Refused> {};

TEST_P(YamlRefuses, WhatYamlOrJsonCannotMean) {
    EXPECT_EQ(refusal_of(GetParam().text), GetParam().found) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Texts, YamlRefuses,
    testing::Values(
        Refused{"a: \xFF", "ATT1002 1:4"}, Refused{"a: \xED\xA0\x80", "ATT1002 1:4"},
        Refused{"a: \xC0\xAF", "ATT1002 1:4"},
        Refused{"\xFF\xFE"
                "a",
                "ATT1002 0:0"},
        Refused{std::string_view("a: \0b", 5), "ATT1003 1:4"},
        Refused{"a: \x1B[0m", "ATT1003 1:4"}, Refused{"a: \"\\0\"", "ATT1003 1:4"},
        Refused{"a: 1\rb: 2", "ATT1022 1:5"}, Refused{"a: x\xEF\xBB\xBFy", "ATT1023 1:5"},
        Refused{"a: \"x\nb: 1\n", "ATT1004 1:4"}, Refused{"a: 'x\nb: 1\n", "ATT1004 1:4"},
        Refused{"a: \"x\nb: \"y\"\n", "ATT1004 1:4"},
        Refused{"a: 1\nfoo\nb: 2\n", "ATT1005 2:1"}, Refused{"a: 1\nfoo\n", "ATT1005 2:1"},
        Refused{"a:\n\tb: 1\n", "ATT1006 2:1"}, Refused{"a: @daily\n", "ATT1007 1:4"},
        Refused{"a: %x\n", "ATT1007 1:4"}, Refused{"a: b: c\n", "ATT1008 1:4"},
        Refused{"a: *nothing\n", "ATT1010 1:4"}, Refused{"a: &a [*a]\n", "ATT1011 1:8"},
        Refused{"a: !foo bar\n", "ATT1017 1:9"}, Refused{"a: !!set {x}\n", "ATT1017 1:4"},
        Refused{"a: &b {x: 1}\nc: {<<: *b}\n", "ATT1018 2:5"},
        Refused{"[a]: 1\n", "ATT1019 1:1"}, Refused{"? {a: 1}\n: 2\n", "ATT1019 1:3"},
        Refused{": 1\n", "ATT1019 1:1"}, Refused{"a: 9223372036854775808\n", "ATT1020 1:4"},
        Refused{"a: .inf\n", "ATT1021 1:4"}, Refused{"a: 1e999\n", "ATT1021 1:4"},
        Refused{"%YAML 1.9\n---\na: 1\n", "ATT1024 1:1"},
        Refused{"%YAML 2.0\n---\na: 1\n", "ATT1024 1:1"}, Refused{"%YAML 1.2\n", "ATT1024 1:1"},
        Refused{"a: 1\n%YAML 1.2\n---\nb: 1\n", "ATT1024 2:1"}, Refused{"[-]\n", "ATT1007 1:2"},
        Refused{"a:\n  b: [1,\n2]\n", "ATT1030 3:1"},
        Refused{"a: [\n\tb,\n\tc]\n", "ATT1030 2:1"},
        Refused{"a: {\n  b: 1\n}\n", "ATT1030 3:1"},
        Refused{"a: &x 1\nb: &y *x\n", "ATT1030 2:7"}, Refused{"a: - b\n", "ATT1030 1:4"},
        Refused{"\"a\n b\": 1\n", "ATT1005 1:1"}, Refused{"- a\nb: c\n", "ATT1029 2:1"},
        Refused{"a: > text\n  b\n", "ATT1029 1:6"}, Refused{"--- a: 1\n", "ATT1030 1:6"},
        Refused{"a: 'b'c'\n", "ATT1029 1:7"}, Refused{"a: |\n  b\n c\n", "ATT1030 3:2"},
        Refused{"a: b\n #c\n d\n", "ATT1030 3:2"}, Refused{"{: 1}\n", "ATT1019 1:2"},
        Refused{"a: !!int x\n", "ATT1025 1:10"}, Refused{"{a: 1} x\n", "ATT1029 1:8"},
        Refused{"a: \"x\"y\n", "ATT1029 1:7"}, Refused{"a: [1, 2\nb: x\n", "ATT1031 1:4"},
        Refused{"a: [1]]\n", "ATT1031 1:7"}, Refused{"a: [ , 1]\n", "ATT1031 1:6"},
        Refused{"a: 1\n b: 2\n", "ATT1030 2:1"}, Refused{"a: \"\\q\"\n", "ATT1032 1:5"}));

TEST(Yaml, IsBounded) {
    EXPECT_EQ(refusal_of("a: " + std::string(limits::kFileBytes, 'x')), "ATT1001 0:0");
    EXPECT_EQ(refusal_of("a: " + std::string(limits::kScalarBytes + 1, 'x')), "ATT1015 1:4");
    const auto depth = limits::kDepth + 1;
    EXPECT_EQ(refusal_of(std::string(depth, '[') + std::string(depth, ']')), "ATT1013 1:33");
    EXPECT_EQ(refusal_of(std::string(50'000, '[')), "ATT1031 1:1");
    EXPECT_EQ(refusal_of(std::string(500'000, '[')), "ATT1012 1:60001");
    std::string lines;
    for (int i = 0; i < 100'000; ++i) lines += "[\n";
    EXPECT_EQ(refusal_of(lines), "ATT1012 60001:1");
    EXPECT_EQ(refusal_of("? " + std::string(limits::kKeyBytes + 1, 'k') + "\n: 1\n"),
              "ATT1016 1:3");
    std::string many;
    for (std::size_t i = 0; i <= limits::kDocuments; ++i) many += "---\nx\n";
    EXPECT_EQ(refusal_of(many), "ATT1014 2001:1");
    std::string wide = "a: [";
    for (std::size_t i = 0; i < limits::kNodes; ++i) wide += "1,";
    EXPECT_THAT(refusal_of(wide + "1]"), HasSubstr("ATT1012"));
}

}  // namespace
}  // namespace attune
