#include "core/params.h"

#include <gmock/gmock.h>

#include "core/json_schema.h"
#include "core/limits.h"

namespace attune {
namespace {

using testing::HasSubstr;

CatalogTrigger trigger(std::string_view out_schema) {
    CatalogTrigger result{
        .id = TriggerId{1}, .ref = *Ref::parse("ops.order"), .out_schema = {}};
    if (!out_schema.empty()) {
        result.out_schema =
            std::make_shared<const JsonSchema>(*JsonSchema::compile(Json::parse(out_schema)));
    }
    return result;
}

TEST(UntrustedJsonTest, IsReadOnlyWhenItCanBeStored) {
    EXPECT_EQ(*parse_untrusted(R"( {"b": [1, 2.50], "a": "\u00e4"} )"),
              Json::parse(R"({"a":"\u00e4","b":[1,2.5]})"));
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("{} {}"), std::string("'a'"),
          std::string("[1e999]"), std::string("\"\xff\""), std::string(R"(["\u0000"])"),
          std::string(R"({"\u0000":1})"), std::string(200'000, '['),
          std::string(limits::kDepth + 1, '[') + std::string(limits::kDepth + 1, ']')}) {
        const auto read = parse_untrusted(text);
        ASSERT_FALSE(read) << text.substr(0, 40);
        EXPECT_EQ(read.error().code, "ATT7010");
    }
}

TEST(UntrustedJsonTest, BracketsWithinTextsAreNotDepth) {
    EXPECT_TRUE(parse_untrusted("[\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') +
                                "\"]"));
}

TEST(PayloadTest, MustBeAnObjectThatTheTriggerPromises) {
    const auto order = trigger(
        R"({"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]})");
    EXPECT_EQ(*accept_payload(order, R"({ "id": 7 })"), R"({"id":7})");
    EXPECT_EQ(accept_payload(order, R"({"id":"7"})").error().code, "ATT7012");
    EXPECT_EQ(accept_payload(order, R"({"id":"7"})").error().pointer, "/id");
    EXPECT_EQ(accept_payload(order, "[7]").error().code, "ATT7012");
    EXPECT_EQ(accept_payload(order, "{").error().code, "ATT7010");
    EXPECT_EQ(*accept_payload(trigger(""), R"({"any":[1]})"), R"({"any":[1]})");
}

TEST(PayloadTest, IsBounded) {
    const std::string text =
        R"({"x":")" + std::string(limits::kEventPayloadBytes, 'x') + R"("})";
    EXPECT_THAT(accept_payload(trigger(""), text).error().message,
                HasSubstr("the limit is 262144"));
}

Outcome succeeded(const Json& data) {
    return {ExecutionState::kSucceeded, compact(Json{{"exit_code", 0}, {"data", data}}),
            TimePoint{}};
}

TEST(ResultTest, MustBeWhatTheActionPromises) {
    const auto schema = *JsonSchema::compile(
        Json{{"type", "object"}, {"properties", {{"removed", {{"type", "integer"}}}}}});
    const auto kept = hold_to_schema(schema, succeeded({{"removed", 3}}));
    EXPECT_EQ(kept.state, ExecutionState::kSucceeded);
    EXPECT_EQ(kept.result, succeeded({{"removed", 3}}).result);

    const auto broken = hold_to_schema(schema, succeeded({{"removed", "three"}}));
    EXPECT_EQ(broken.state, ExecutionState::kFailed);
    const auto result = Json::parse(broken.result);
    EXPECT_EQ(result.at("data"), (Json{{"removed", "three"}}));
    EXPECT_THAT(result.at("error").get<std::string>(), HasSubstr("/removed: "));

    Outcome failed = succeeded({{"removed", "three"}});
    failed.state = ExecutionState::kFailed;
    EXPECT_EQ(hold_to_schema(schema, failed).result, failed.result);
}

TEST(ResultTest, StaysWithinItsLimitWhenItIsNotWhatWasPromised) {
    const auto schema = *JsonSchema::compile(Json{{"type", "integer"}});
    const std::string most(limits::kResultBytes - 30, 'x');
    const auto broken = hold_to_schema(schema, succeeded(most));
    EXPECT_EQ(broken.state, ExecutionState::kFailed);
    EXPECT_LE(broken.result.size(), limits::kResultBytes);
    EXPECT_EQ(Json::parse(broken.result).at("exit_code"), 0);
}

}  // namespace
}  // namespace attune
