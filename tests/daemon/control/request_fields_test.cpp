#include "daemon/control/request_fields.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using testing::HasSubstr;

TEST(RequestFields, AFilterIsReadWholly) {
    const auto filter = read_filter({{"sensor", "a.b"},
                                     {"rule", "c.d"},
                                     {"action", "e.f"},
                                     {"state", "failed"},
                                     {"from", "2026-11-23T12:00:00Z"},
                                     {"through", "2026-11-23T13:00:00+01:00"},
                                     {"limit", "7"}},
                                    Listing::kExecutions);
    ASSERT_TRUE(filter) << filter.error().message;
    EXPECT_EQ(filter->sensor_ref, "a.b");
    EXPECT_EQ(filter->rule_ref, "c.d");
    EXPECT_EQ(filter->action_ref, "e.f");
    EXPECT_EQ(filter->state, "failed");
    EXPECT_EQ(filter->from, filter->through);
    EXPECT_EQ(filter->limit, 7);
}

TEST(RequestFields, ThePageAfterARowIsReadBack) {
    const auto at = *parse_rfc3339("2026-11-23T12:00:00.25Z");
    const auto filter = read_filter({{"after", page_after(at, 17)}}, Listing::kEvents);
    ASSERT_TRUE(filter);
    EXPECT_EQ(filter->after_at, at);
    EXPECT_EQ(filter->after_id, 17);
}

TEST(RequestFields, WhatIsWrongIsNamedWithTheRemedy) {
    const auto fault = [](const Query& query, Listing listing) {
        const auto filter = read_filter(query, listing);
        return filter ? "" : filter.error().message + " / " + filter.error().help;
    };
    EXPECT_THAT(fault({{"senser", "a.b"}}, Listing::kEvents),
                HasSubstr("did you mean `sensor`"));
    EXPECT_THAT(fault({{"rule", "a.b"}}, Listing::kEvents), HasSubstr("unknown filter `rule`"));
    EXPECT_THAT(fault({{"state", "completed"}}, Listing::kExecutions), HasSubstr("succeeded"));
    EXPECT_THAT(fault({{"limit", "0"}}, Listing::kEvents), HasSubstr("1 to 1000"));
    EXPECT_THAT(fault({{"limit", "1001"}}, Listing::kEvents), HasSubstr("1 to 1000"));
    EXPECT_THAT(fault({{"from", "yesterday"}}, Listing::kEvents), HasSubstr("`from`"));
    for (const auto* page : {"17", "x/17", "2026-11-23T12:00:00Z/", "2026-11-23T12:00:00Z/x"}) {
        EXPECT_THAT(fault({{"after", page}}, Listing::kEvents), HasSubstr("`after`"));
    }
}

TEST(RequestFields, ABodyIsAnObjectOfKnownMembers) {
    const std::vector<std::string> known = {"payload", "key"};
    EXPECT_EQ(*read_body("", known), Json::object());
    EXPECT_EQ(*read_body(R"({"key": "a"})", known), (Json{{"key", "a"}}));
    for (const auto* body : {"[]", "{", "{\"kex\": 1}", "\"x\"", "\xff"}) {
        EXPECT_FALSE(read_body(body, known)) << body;
    }
    EXPECT_THAT(read_body("{\"keys\": 1}", known).error().help,
                HasSubstr("did you mean `key`"));
}

TEST(RequestFields, MembersHaveTheirTypes) {
    const Json body = {
        {"key", "a"}, {"wait", true}, {"nothing", nullptr}, {"count", 7}, {"low", -1}};
    EXPECT_EQ(*text_member(body, "key"), "a");
    EXPECT_EQ(*text_member(body, "absent"), "");
    EXPECT_EQ(*text_member(body, "nothing"), "");
    EXPECT_FALSE(text_member(body, "wait"));
    EXPECT_TRUE(*flag_member(body, "wait"));
    EXPECT_FALSE(*flag_member(body, "absent"));
    EXPECT_FALSE(flag_member(body, "key"));
    EXPECT_EQ(*count_member(body, "count"), 7);
    EXPECT_EQ(*count_member(body, "absent"), 0);
    EXPECT_FALSE(count_member(body, "low"));
    EXPECT_FALSE(count_member(body, "key"));
}

}  // namespace
}  // namespace attune
