#include "core/condition.h"

#include <gmock/gmock.h>

#include "core/limits.h"
#include "tests/support/scene.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

// How `conditions` answer to an event with `payload`.
Match asked(std::string_view conditions, std::string_view payload) {
    const auto condition = compile_condition(Json::parse(conditions));
    if (!condition) return {.matched = false, .reason = condition.error().front().message};
    Scene scene;
    scene.event.payload = payload;
    return scene.with_context([&](Context& context) { return condition->evaluate(context); });
}

// One operator on the field x; the payload is {"x": FIELD}, or {} when FIELD is empty.
Match compared(std::string_view field, std::string_view op, std::string_view value) {
    Json test = {{"path", "event.payload.x"}, {"op", op}};
    if (!value.empty()) test["value"] = Json::parse(value);
    const std::string payload = field.empty() ? "{}" : R"({"x":)" + std::string(field) + "}";
    return asked(test.dump(), payload);
}

std::string code_of(std::string_view conditions) {
    const auto condition = compile_condition(Json::parse(conditions));
    if (condition) return "valid";
    const Fault& first = condition.error().front();
    return first.code + " " + first.pointer;
}

struct Row {
    std::string_view field;
    std::string_view op;
    std::string_view value;
    bool matched;
    std::string_view word = {};  // the reason's first word
};

class TruthTable : public testing::TestWithParam<Row> {};

TEST_P(TruthTable, Holds) {
    const Row& row = GetParam();
    const Match match = compared(row.field, row.op, row.value);
    EXPECT_EQ(match.matched, row.matched) << row.field << " " << row.op << " " << row.value;
    if (row.matched) {
        EXPECT_EQ(match.reason, "");
    } else {
        EXPECT_THAT(match.reason, StartsWith(std::string(row.word) + ": event.payload.x"));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Equality, TruthTable,
    testing::Values(
        Row{"1", "equals", "1", true}, Row{"1", "equals", "1.0", true},
        Row{"1", "equals", "2", false, "value"}, Row{"\"a\"", "equals", "\"a\"", true},
        Row{"\"1\"", "equals", "1", false, "type"}, Row{"true", "equals", "true", true},
        Row{"true", "equals", "1", false, "type"}, Row{"[1,2.0]", "equals", "[1.0,2]", true},
        Row{"[1,2]", "equals", "[2,1]", false, "value"},
        Row{R"({"a":1})", "equals", R"({"a":1})", true},
        Row{R"({"a":1})", "equals", R"({"b":1})", false, "value"},
        Row{"1", "not_equals", "2", true}, Row{"1", "not_equals", "1", false, "value"},
        Row{"\"1\"", "not_equals", "1", false, "type"}));

INSTANTIATE_TEST_SUITE_P(
    LargeNumbersAreExact, TruthTable,
    testing::Values(Row{"9007199254740993", "equals", "9007199254740992", false, "value"},
                    Row{"-1", "equals", "18446744073709551615", false, "value"},
                    Row{"18446744073709551615", "greater_than", "9223372036854775807", true},
                    Row{"9223372036854775807", "less_than", "9223372036854775808", true}));

INSTANTIATE_TEST_SUITE_P(Null, TruthTable,
                         testing::Values(Row{"null", "exists", "", true},
                                         Row{"null", "not_exists", "", false, "value"},
                                         Row{"null", "equals", "null", true},
                                         Row{"null", "equals", "1", false, "value"},
                                         Row{"null", "not_equals", "1", true},
                                         Row{"1", "not_equals", "null", true},
                                         Row{"null", "not_equals", "null", false, "value"},
                                         Row{"null", "in", "[1,null]", true},
                                         Row{"null", "not_in", "[1]", true},
                                         Row{"null", "greater_than", "1", false, "type"},
                                         Row{"null", "starts_with", "\"a\"", false, "type"},
                                         Row{"null", "contains", "\"a\"", false, "type"}));

INSTANTIATE_TEST_SUITE_P(AMissingFieldFailsEverythingButNotExists, TruthTable,
                         testing::Values(Row{"", "equals", "1", false, "missing"},
                                         Row{"", "not_equals", "1", false, "missing"},
                                         Row{"", "contains", "1", false, "missing"},
                                         Row{"", "not_contains", "1", false, "missing"},
                                         Row{"", "starts_with", "\"a\"", false, "missing"},
                                         Row{"", "ends_with", "\"a\"", false, "missing"},
                                         Row{"", "greater_than", "1", false, "missing"},
                                         Row{"", "greater_or_equal", "1", false, "missing"},
                                         Row{"", "less_than", "1", false, "missing"},
                                         Row{"", "less_or_equal", "1", false, "missing"},
                                         Row{"", "in", "[1]", false, "missing"},
                                         Row{"", "not_in", "[1]", false, "missing"},
                                         Row{"", "matches", "\".\"", false, "missing"},
                                         Row{"", "exists", "", false, "missing"},
                                         Row{"", "not_exists", "", true}));

INSTANTIATE_TEST_SUITE_P(Order, TruthTable,
                         testing::Values(Row{"2", "greater_than", "1", true},
                                         Row{"1", "greater_than", "1", false, "value"},
                                         Row{"1", "greater_or_equal", "1", true},
                                         Row{"0.5", "less_than", "1", true},
                                         Row{"1", "less_than", "1", false, "value"},
                                         Row{"1", "less_or_equal", "1", true},
                                         Row{"\"b\"", "greater_than", "\"a\"", true},
                                         Row{"\"2\"", "greater_than", "1", false, "type"},
                                         Row{"true", "less_than", "1", false, "type"},
                                         Row{"[2]", "greater_than", "1", false, "type"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, TruthTable,
    testing::Values(Row{"\"disk full\"", "contains", "\"full\"", true},
                    Row{"\"disk full\"", "contains", "\"empty\"", false, "value"},
                    Row{"\"disk full\"", "not_contains", "\"empty\"", true},
                    Row{"\"disk full\"", "contains", "1", false, "type"},
                    Row{"12", "contains", "1", false, "type"},
                    Row{"12", "not_contains", "1", false, "type"},
                    Row{"\"disk full\"", "starts_with", "\"disk\"", true},
                    Row{"\"disk full\"", "starts_with", "\"full\"", false, "value"},
                    Row{"\"disk full\"", "ends_with", "\"full\"", true},
                    Row{"7", "ends_with", "\"7\"", false, "type"},
                    Row{"\"web-12\"", "matches", R"("^web-\\d+$")", true},
                    Row{"\"xweb-12\"", "matches", R"("web-\\d")", true},
                    Row{"\"web-\"", "matches", R"("^web-\\d+$")", false, "value"},
                    Row{"12", "matches", R"("\\d")", false, "type"}));

INSTANTIATE_TEST_SUITE_P(
    Lists, TruthTable,
    testing::Values(Row{"[1,2]", "contains", "2.0", true},
                    Row{"[1,2]", "contains", "\"2\"", false, "value"},
                    Row{"[1,2]", "not_contains", "3", true},
                    Row{"[[1]]", "contains", "[1]", true}, Row{"2", "in", "[1,2]", true},
                    Row{"3", "in", "[1,2]", false, "value"},
                    Row{"3", "in", "[]", false, "value"}, Row{"3", "not_in", "[1,2]", true},
                    Row{"3", "not_in", "[]", true}, Row{"2", "not_in", "[1,2]", false, "value"},
                    Row{"\"2\"", "in", "[1,2]", false, "type"},
                    Row{"\"2\"", "not_in", "[1,2]", false, "type"},
                    Row{"\"2\"", "not_in", "[1,\"3\"]", true}));

constexpr std::string_view kYes = R"({"path":"event.payload.x","op":"equals","value":1})";
constexpr std::string_view kNo = R"({"path":"event.payload.x","op":"equals","value":2})";
constexpr std::string_view kGone = R"({"path":"event.payload.y","op":"equals","value":2})";

std::string list(std::initializer_list<std::string_view> conditions) {
    std::string text = "[";
    for (const auto& condition : conditions) {
        if (text.size() > 1) text += ',';
        text += condition;
    }
    return text + "]";
}

std::string group(std::string_view name, const std::string& inside) {
    return "{\"" + std::string(name) + "\":" + inside + "}";
}

bool matched(const std::string& conditions) { return asked(conditions, R"({"x":1})").matched; }

TEST(ConditionTest, NoConditionsAlwaysMatch) {
    EXPECT_TRUE(matched("null"));
    EXPECT_TRUE(matched("[]"));
    EXPECT_TRUE(compile_condition(nullptr)->always_true());
}

TEST(ConditionTest, ABareListIsAll) {
    EXPECT_TRUE(matched(list({kYes, kYes})));
    EXPECT_FALSE(matched(list({kYes, kNo})));
}

TEST(ConditionTest, GroupsNest) {
    EXPECT_TRUE(matched(group("any", list({kNo, kYes}))));
    EXPECT_FALSE(matched(group("any", list({kNo, kNo}))));
    EXPECT_TRUE(matched(group("all", list({kYes, group("any", list({kNo, kYes}))}))));
    EXPECT_TRUE(matched(group("not", std::string(kNo))));
    EXPECT_FALSE(matched(group("not", list({kYes, kYes}))));
    EXPECT_TRUE(matched(group("not", list({kYes, kNo}))));
}

TEST(ConditionTest, NotNegatesWhatAMissingFieldGave) {
    EXPECT_TRUE(matched(group("not", std::string(kGone))));
}

TEST(ConditionTest, SaysWhichConditionDidNotMatchAndWhy) {
    const std::string_view payload = R"({"x":1,"text":"a"})";
    EXPECT_EQ(asked(list({kYes, kNo}), payload).reason,
              "value: event.payload.x is 1, not equals 2");
    EXPECT_EQ(asked(list({kGone, kNo}), payload).reason, "missing: event.payload.y");
    EXPECT_EQ(asked(group("any", list({kNo, kGone})), payload).reason,
              "any: none of 2 holds, the first: value: event.payload.x is 1, not equals 2");
    EXPECT_EQ(asked(group("not", std::string(kYes)), payload).reason,
              "not: event.payload.x equals 1 holds");
    EXPECT_EQ(
        asked(R"([{"path":"event.payload.text","op":"less_than","value":3}])", payload).reason,
        "type: event.payload.text is a string, less_than compares it with a number");
}

TEST(ConditionTest, CutsLongValuesInReasonsBetweenCharacters) {
    const std::string payload = "{\"x\":\"" + std::string(63, 'a') + "\u00e4 and more\"}";
    const Match match = asked(std::string(kNo).replace(kNo.size() - 2, 1, "\"b\""), payload);
    EXPECT_EQ(match.reason,
              "value: event.payload.x is \"" + std::string(63, 'a') + "..., not equals \"b\"");
}

TEST(ConditionTest, SeesMoreThanThePayload) {
    EXPECT_TRUE(matched(R"([{"path":"sensor.labels.team","op":"equals","value":"ops"}])"));
    EXPECT_TRUE(matched(R"([{"path":"pack.config.hosts","op":"contains","value":"b"}])"));
}

TEST(ConditionFaults, PointToTheirPlace) {
    EXPECT_EQ(code_of("7"), "ATT2001 ");
    EXPECT_EQ(code_of(R"(["x"])"), "ATT2001 /0");
    EXPECT_EQ(code_of(R"([{"op":"exists"}])"), "ATT2001 /0");
    EXPECT_EQ(code_of(R"([{"path":7,"op":"exists"}])"), "ATT2001 /0/path");
    EXPECT_EQ(code_of(R"([{"path":"event.id"}])"), "ATT2001 /0");
    EXPECT_EQ(code_of(R"([{"path":"payload.x","op":"exists"}])"), "ATT4031 /0/path");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"gt","value":1}])"), "ATT4032 /0/op");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"exists","value":1}])"), "ATT4033 /0/value");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"equals"}])"), "ATT4033 /0");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"in","value":1}])"), "ATT4033 /0/value");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"less_than","value":true}])"),
              "ATT4033 /0/value");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"matches","value":"("}])"),
              "ATT4034 /0/value");
    EXPECT_EQ(code_of(R"([{"path":"event.id","op":"exists","pth":1}])"), "ATT2004 /0/pth");
    EXPECT_EQ(code_of(R"({"any":[]})"), "ATT2001 /any");
    EXPECT_EQ(code_of(R"({"all":{}})"), "ATT2001 /all");
    EXPECT_EQ(code_of(R"({"all":[],"op":"exists"})"), "ATT2001 ");
    EXPECT_EQ(code_of(R"({"all":[{"not":{"path":"event.id","op":"~"}}]})"),
              "ATT4032 /all/0/not/op");
}

TEST(ConditionFaults, AreAllReportedAtOnce) {
    const auto condition = compile_condition(Json::parse(
        R"([{"path":"payload.x","op":"gt"},{"any":[{"path":"event.id","op":"equals"}]}])"));
    std::vector<std::string> seen;
    for (const Fault& fault : condition.error()) seen.push_back(fault.pointer);
    EXPECT_THAT(seen, ElementsAre("/0/path", "/0/op", "/1/any/0"));
}

TEST(ConditionFaults, BoundPatternsAndDepth) {
    Json test = {{"path", "event.trigger"}, {"op", "matches"}};
    test["value"] = std::string(limits::kPatternBytes + 1, 'a');
    EXPECT_EQ(code_of(test.dump()), "ATT4034 /value");
    test["value"] = "((a{1000}){1000})";
    EXPECT_EQ(code_of(test.dump()), "ATT4034 /value");

    Json nested = test;
    nested["value"] = "a";
    for (std::size_t n = 0; n < limits::kDepth; ++n) nested = Json::object({{"not", nested}});
    EXPECT_THAT(code_of(nested.dump()), StartsWith("ATT2001 /not/not"));
}

}  // namespace
}  // namespace attune
