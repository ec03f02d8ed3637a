#include "core/json_schema.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "core/schema_lint.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Json json(std::string_view text) { return Json::parse(text); }

JsonSchema compiled(std::string_view text) {
    auto schema = JsonSchema::compile(json(text));
    EXPECT_TRUE(schema) << (schema ? "" : schema.error().message);
    return *schema;
}

// "pointer keyword" of everything that is wrong.
std::vector<std::string> faults(const JsonSchema& schema, std::string_view value) {
    std::vector<std::string> texts;
    for (const auto& violation : schema.validate(json(value))) {
        texts.push_back(violation.pointer + " " + violation.keyword);
    }
    return texts;
}

struct Case {
    std::string_view schema;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
};

const Case kCases[] = {
    {R"({"type":"integer"})", {"1", "-5"}, {"1.5", "\"1\"", "null", "true", "[]"}},
    {R"({"type":["string","null"]})", {"\"a\"", "null"}, {"1", "{}"}},
    {R"({"type":"number"})", {"1", "1.5"}, {"\"1\""}},
    {R"({"enum":["a",1,null]})", {"\"a\"", "1", "null"}, {"\"b\"", "2", "false"}},
    {R"({"const":{"a":[1]}})", {R"({"a":[1]})"}, {R"({"a":[2]})", "1"}},
    {R"({"minimum":1,"maximum":3})", {"1", "3", "2.5", "\"text\""}, {"0", "3.01"}},
    {R"({"exclusiveMinimum":1,"exclusiveMaximum":3})", {"2"}, {"1", "3"}},
    {R"({"multipleOf":0.1})", {"0.3", "1"}, {"0.35"}},
    {R"({"multipleOf":7})", {"14", "0"}, {"15"}},
    {R"({"minLength":2,"maxLength":3})", {"\"ab\"", "\"äöü\"", "5"}, {"\"a\"", "\"abcd\""}},
    {R"({"pattern":"^[a-z]+$"})", {"\"abc\"", "7"}, {"\"a1\""}},
    {R"({"format":"date-time"})", {"\"2026-01-01T00:00:00Z\"", "5"}, {"\"2026-01-01\""}},
    {R"({"items":{"type":"integer"}})", {"[1,2]", "[]"}, {"[1,\"a\"]"}},
    {R"({"items":[{"type":"integer"},{"type":"string"}],"additionalItems":false})",
     {"[1,\"a\"]", "[1]"},
     {"[1,\"a\",2]", "[\"a\"]"}},
    {R"({"minItems":1,"maxItems":2})", {"[1]", "[1,2]"}, {"[]", "[1,2,3]"}},
    {R"({"uniqueItems":true})", {"[1,2]", "[]"}, {"[1,2,1]"}},
    {R"({"contains":{"const":3}})", {"[1,3]"}, {"[1]", "[]"}},
    {R"({"required":["a"]})", {R"({"a":1})", "5"}, {"{}"}},
    {R"({"properties":{"a":{"type":"integer"}},"additionalProperties":false})",
     {R"({"a":1})", "{}"},
     {R"({"a":"x"})", R"({"b":1})"}},
    {R"({"patternProperties":{"^x_":{"type":"integer"}},"properties":{"y":{}},"additionalProperties":false})",
     {R"({"x_a":1,"y":2})"},
     {R"({"x_a":"1"})", R"({"z":1})"}},
    {R"({"propertyNames":{"pattern":"^[a-z]+$"}})", {R"({"a":1})"}, {R"({"A":1})"}},
    {R"({"minProperties":1,"maxProperties":2})",
     {R"({"a":1})"},
     {"{}", R"({"a":1,"b":2,"c":3})"}},
    {R"({"allOf":[{"type":"integer"},{"minimum":5}]})", {"5"}, {"4", "\"a\""}},
    {R"({"anyOf":[{"type":"integer"},{"type":"string","pattern":"^a"}]})",
     {"1", "\"ab\""},
     {"\"b\"", "true"}},
    {R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", {"2", "3"}, {"6", "5"}},
    {R"({"not":{"pattern":"^a"}})", {"\"b\""}, {"\"a\"", "1"}},
    {R"({"if":{"properties":{"k":{"const":1}}},"then":{"required":["a"]},"else":{"required":["b"]}})",
     {R"({"k":1,"a":1})", R"({"k":2,"b":1})"},
     {R"({"k":1})", R"({"k":2,"a":1})"}},
    {R"({"properties":{"n":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer"}}})",
     {R"({"n":1})"},
     {R"({"n":"x"})"}},
    {"true", {"1", "{}"}, {}},
    {R"({"properties":{"a":false}})", {"{}"}, {R"({"a":1})"}},
};

TEST(JsonSchema, JudgesByDraft07) {
    for (const auto& [text, good, bad] : kCases) {
        const auto schema = compiled(text);
        for (const auto value : good) EXPECT_TRUE(schema.accepts(json(value))) << text << value;
        for (const auto value : bad) EXPECT_FALSE(schema.accepts(json(value))) << text << value;
    }
}

// Templates and unrendered parameters are judged by the explanation alone, so it must agree.
TEST(JsonSchema, ExplainsExactlyWhatItRefuses) {
    const auto never = [](const Json&) { return false; };
    for (const auto& [text, good, bad] : kCases) {
        const auto schema = compiled(text);
        for (const auto value : good) {
            EXPECT_THAT(schema.validate(json(value), never), IsEmpty()) << text << value;
        }
        for (const auto value : bad) {
            EXPECT_FALSE(schema.validate(json(value), never).empty()) << text << value;
        }
    }
}

TEST(JsonSchema, NamesThePlaceAndTheKeywordOfEveryFault) {
    const auto schema = compiled(R"({"type":"object","required":["unit","interval"],
        "properties":{"unit":{"enum":["seconds","minutes"]},"interval":{"type":"integer","minimum":1},
        "list":{"items":{"type":"integer"}}},"additionalProperties":false})");
    EXPECT_THAT(faults(schema, R"({"unit":"days","interval":0,"list":[1,"x",true],"a/b":1})"),
                ElementsAre("/interval minimum", "/list/1 type", "/list/2 type", "/unit enum",
                            " additionalProperties"));
    EXPECT_THAT(faults(schema, R"({"unit":"seconds"})"), ElementsAre(" required"));
}

TEST(JsonSchema, ListsWhatWouldBeAllowed) {
    const auto schema = compiled(R"({"properties":{"u":{"enum":["a","b"]}},
        "additionalProperties":false})");
    const auto violations = schema.validate(json(R"({"u":"c","v":1})"));
    ASSERT_THAT(violations, SizeIs(2));
    EXPECT_THAT(violations[0].allowed, ElementsAre("\"a\"", "\"b\""));
    EXPECT_EQ(violations[0].label, "expected \"a\" or \"b\"");
    EXPECT_EQ(violations[1].property, "v");
    EXPECT_THAT(*violations[1].known, ElementsAre("u"));
}

TEST(JsonSchema, ExplainsTheShapeThatWasMeant) {
    const auto schema = compiled(R"({"oneOf":[
        {"type":"object","required":["kind","n"],"properties":{"kind":{"const":"a"},"n":{"type":"integer"}}},
        {"type":"object","required":["kind","s"],"properties":{"kind":{"const":"b"},"s":{"type":"string"}}}]})");
    EXPECT_THAT(faults(schema, R"({"kind":"a","n":"x"})"), ElementsAre("/n type"));
    EXPECT_THAT(faults(schema, R"({"kind":"b"})"), ElementsAre(" required"));
    EXPECT_THAT(faults(schema, "5"), ElementsAre(" oneOf"));
}

// What is wrong with a value in which a text that begins with {{ stands for any.
std::vector<std::string> faults_with_templates(std::string_view schema,
                                               std::string_view value) {
    const auto is_template = [](const Json& part) {
        return part.is_string() && part.get<std::string>().starts_with("{{");
    };
    std::vector<std::string> texts;
    for (const auto& violation : compiled(schema).validate(json(value), is_template)) {
        texts.push_back(violation.pointer + " " + violation.keyword);
    }
    return texts;
}

TEST(JsonSchema, TemplateStringsStandForAnyValue) {
    const auto* schema = R"({"properties":{"n":{"anyOf":[{"type":"integer"}]}}})";
    EXPECT_THAT(faults_with_templates(schema, R"({"n":"{{ event.id }}"})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(schema, R"({"n":"event.id"})"), SizeIs(1));
}

TEST(JsonSchema, AroundATemplateOnlyWhatCannotBecomeRightIsAFault) {
    const auto* one = R"({"oneOf":[{"properties":{"a":{"type":"integer"}}},
                                   {"properties":{"a":{"type":"string"}}}]})";
    EXPECT_THAT(faults_with_templates(one, R"({"a":"{{ x }}"})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(one, R"({"a":true,"b":"{{ x }}"})"), SizeIs(1));
    const auto* no = R"({"not":{"properties":{"a":{"const":1}}}})";
    EXPECT_THAT(faults_with_templates(no, R"({"a":"{{ x }}"})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(no, R"({"a":1})"), SizeIs(1));
    const auto* choice = R"({"if":{"properties":{"a":{"const":1}}},
                             "then":{"required":["b"]},"else":{"required":["c"]}})";
    EXPECT_THAT(faults_with_templates(choice, R"({"a":"{{ x }}","b":1})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(choice, R"({"a":"{{ x }}","c":1})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(choice, R"({"a":"{{ x }}"})"), ElementsAre(" required"));
    EXPECT_THAT(faults_with_templates(choice, R"({"a":2,"b":"{{ x }}"})"), SizeIs(1));
    const auto* list = R"({"enum":[{"a":1,"b":[1,2]},7]})";
    EXPECT_THAT(faults_with_templates(list, R"({"a":"{{ x }}","b":[1,"{{ y }}"]})"), IsEmpty());
    EXPECT_THAT(faults_with_templates(list, R"({"a":"{{ x }}","b":[2,"{{ y }}"]})"), SizeIs(1));
    EXPECT_THAT(faults_with_templates(list, R"({"a":"{{ x }}"})"), SizeIs(1));
}

TEST(JsonSchema, ParametersAreClosedUnlessTheirSchemaSaysOtherwise) {
    const auto closed = JsonSchema::compile_closed(json(R"({"properties":{"a":{}}})"));
    EXPECT_THAT(faults(*closed, R"({"a":1,"b":2})"), ElementsAre(" additionalProperties"));
    const auto open = JsonSchema::compile_closed(json(R"({"additionalProperties":true})"));
    EXPECT_TRUE(open->accepts(json(R"({"b":2})")));
    const auto none = JsonSchema::compile_closed(std::nullopt);
    EXPECT_TRUE(none->accepts(json("{}")));
    EXPECT_FALSE(none->accepts(json(R"({"b":2})")));
    EXPECT_FALSE(none->accepts(json("5")));
}

TEST(JsonSchema, AConfigIsClosedOverBothSchemasOfItsTrigger) {
    const auto param = json(R"({"required":["a"],"properties":{"a":{"type":"integer"}},
        "additionalProperties":false})");
    const auto option = json(R"({"properties":{"b":{"type":"string"}},
        "anyOf":[{"properties":{"c":{}}}]})");
    const auto schema = JsonSchema::compile_config(param, option);
    EXPECT_TRUE(schema->accepts(json(R"({"a":1,"b":"x","c":true})")));
    EXPECT_THAT(faults(*schema, R"({"a":"1","b":2,"d":3})"),
                ElementsAre(" additionalProperties", "/a type", "/b type"));
    EXPECT_THAT(faults(*schema, R"({"b":"x"})"), ElementsAre(" required"));
}

TEST(JsonSchema, RefusesIntegersThatDoNotFit) {
    EXPECT_FALSE(compiled(R"({"maximum":100})").accepts(json("18446744073709551615")));
}

TEST(JsonSchema, SurvivesLongTextsAndLists) {
    const auto pattern = compiled(R"-({"pattern":"^(a+)+$"})-");
    EXPECT_FALSE(pattern.accepts(Json(std::string(100'000, 'a') + "!")));
    Json list = Json::array();
    for (int i = 0; i < 50'000; ++i) list.push_back(i);
    EXPECT_TRUE(compiled(R"({"uniqueItems":true})").accepts(list));
    Json deep = 1;
    for (int i = 0; i < 2'000; ++i) deep = Json::array({std::move(deep)});
    EXPECT_FALSE(compiled("true").accepts(deep));
}

// The first fault as "code pointer".
std::string lint(std::string_view text) {
    const auto found = lint_schema(json(text));
    return found.empty() ? "fine" : found[0].code + " " + found[0].pointer;
}

TEST(SchemaLint, RefusesWhatNobodyWouldCheck) {
    EXPECT_EQ(lint(R"({"proprties":{}})"), "ATT2020 /proprties");
    EXPECT_EQ(lint_schema(json(R"({"proprties":{}})"))[0].help, "did you mean `properties`?");
    EXPECT_EQ(lint(R"({"properties":{"a":{"$id":"x"}}})"), "ATT2020 /properties/a/$id");
    EXPECT_EQ(lint(R"({"format":"iban"})"), "ATT2025 /format");
    EXPECT_EQ(lint(R"({"type":"int"})"), "ATT2021 /type");
    EXPECT_EQ(lint("5"), "ATT2021 ");
    EXPECT_EQ(lint(R"({"$ref":"#/$defs/a","minimum":1,"$defs":{"a":{}}})"), "ATT2021 /minimum");
}

TEST(SchemaLint, RefusesWhatWouldHurt) {
    EXPECT_EQ(lint(R"({"multipleOf":0})"), "ATT2021 /multipleOf");
    EXPECT_EQ(lint(R"({"$ref":"#"})"), "ATT2023 /$ref");
    EXPECT_EQ(lint(R"({"$ref":"http://x/y"})"), "ATT2022 /$ref");
    EXPECT_EQ(lint(R"({"$ref":"#/allOf/99999999999999999999"})"), "ATT2022 /$ref");
    EXPECT_EQ(
        lint(
            R"({"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"not":{"$ref":"#/$defs/a"}}}})"),
        "ATT2023 /$defs/a/not/$ref");
    EXPECT_EQ(lint(R"-({"pattern":"(?=x)"})-"), "ATT2024 /pattern");
    EXPECT_EQ(lint(Json{{"pattern", std::string(2000, '(')}}.dump()), "ATT2024 /pattern");
    Json deep = Json::object();
    for (int i = 0; i < 40; ++i) deep = Json{{"not", deep}};
    EXPECT_THAT(lint(deep.dump()), HasSubstr("ATT2026"));
    Json doubling = {{"$defs", {{"a0", Json::object()}}}};
    for (int i = 1; i < 20; ++i) {
        const Json part = {{"$ref", "#/$defs/a" + std::to_string(i - 1)}};
        doubling["$defs"]["a" + std::to_string(i)] = {{"allOf", {part, part}}};
    }
    EXPECT_THAT(lint(doubling.dump()), HasSubstr("ATT202"));
}

TEST(SchemaLint, FollowsReferencesToSchemasOnly) {
    EXPECT_EQ(lint(R"({"const":{"foo":1},"items":{"$ref":"#/const"}})"), "ATT2022 /items/$ref");
    EXPECT_EQ(lint(R"({"properties":{"x":{"$ref":"#/properties"}}})"),
              "ATT2022 /properties/x/$ref");
    EXPECT_EQ(lint(R"({"properties":{"x":{"$ref":"#/properties/y~1z"},"y/z":true}})"), "fine");
}

TEST(SchemaLint, BoundsWhatPatternsTakeTogether) {
    EXPECT_EQ(lint(R"({"pattern":"(a{1000}){1000}"})"), "ATT2024 /pattern");
    Json many = Json::object();
    Json same = Json::object();
    for (int i = 0; i < 100; ++i) {
        const auto name = "p" + std::to_string(i);
        many[name]["pattern"] = "a{900}" + name;
        same[name]["pattern"] = "a{900}";
    }
    const auto faults = lint_schema({{"properties", many}});
    ASSERT_FALSE(faults.empty());
    EXPECT_LT(faults.size(), 100U);
    EXPECT_THAT(faults.front().message, testing::HasSubstr("20000 steps together"));
    EXPECT_THAT(lint_schema({{"properties", same}}), testing::IsEmpty());
    EXPECT_EQ(lint(R"({"properties":{"a":{"pattern":"^[a-z][a-z0-9_-]{1,62}$"}}})"), "fine");
}

TEST(SchemaLint, ReportsEveryFault) {
    EXPECT_THAT(lint_schema(json(R"({"typ":"string","minimum":"x","format":"emial"})")),
                SizeIs(3));
}

TEST(SchemaLint, TakesEveryKeywordOfTheList) {
    EXPECT_EQ(
        lint(R"({"$schema":"http://json-schema.org/draft-07/schema#","$comment":"c","title":"t",
        "description":"d","default":1,"examples":[1],"secret":true,"type":["object","null"],
        "definitions":{"x":true},"properties":{"a":{"$ref":"#/definitions/x","description":"d"}},
        "if":{},"then":{},"else":{},"not":{"const":0},"oneOf":[{}]})"),
        "fine");
}

}  // namespace
}  // namespace attune
