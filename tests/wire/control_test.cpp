#include "wire/control.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(ControlTarget, IsAPathAndAQuery) {
    const auto plain = parse_target("/v1/status").value();
    EXPECT_EQ(plain.path, "/v1/status");
    EXPECT_THAT(plain.query, IsEmpty());

    const auto full = parse_target("/v1/events?limit=5&trigger=core.intervaltimer&all").value();
    EXPECT_EQ(full.path, "/v1/events");
    EXPECT_THAT(full.query, ElementsAre(Pair("all", ""), Pair("limit", "5"),
                                        Pair("trigger", "core.intervaltimer")));
}

TEST(ControlTarget, QueriesAreDecoded) {
    EXPECT_THAT(parse_target("/?a%26b=c%3Dd+e&&x=1=2").value().query,
                ElementsAre(Pair("a&b", "c=d e"), Pair("x", "1=2")));
}

TEST(ControlTarget, WhatIsNoneIsRefused) {
    for (const auto* text : {"", "v1", "http://x/v1", "*", "/?a=%", "/?a=%1", "/?a=%zz",
                             "/?%=1", "/?a=1&a=2", "/?a=1&%61=2", "/?a=%00", "/?a=b%ff",
                             "/?%c3=1", "/?a=\xff", "/v1/rules/%ff", "/v1/rules/a%00"}) {
        const auto target = parse_target(text);
        ASSERT_FALSE(target) << text;
        EXPECT_EQ(target.error().code, "ATT7103");
    }
}

TEST(PercentEncoding, IsItsOwnInverse) {
    std::string every = "ä€𝄞";
    for (int c = 1; c < 128; ++c) every += static_cast<char>(c);
    EXPECT_EQ(percent_decode(percent_encode(every), false).value(), every);
    EXPECT_EQ(percent_decode(percent_encode(every), true).value(), every);
    EXPECT_EQ(percent_encode("a-b_c.d~e/f g"), "a-b_c.d~e%2Ff%20g");
}

TEST(PercentEncoding, APlusIsASpaceOnlyInQueries) {
    EXPECT_EQ(percent_decode("a+b%2b", false).value(), "a+b+");
    EXPECT_EQ(percent_decode("a+b%2B", true).value(), "a b+");
}

TEST(ControlResponse, AnErrorSaysWhatAndWhatToDo) {
    const auto response =
        error_response(404, "not_found", "no sensor ops.tick", "see attune get");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(Json::parse(response.body), (Json{{"error",
                                                 {{"code", "not_found"},
                                                  {"message", "no sensor ops.tick"},
                                                  {"help", "see attune get"}}}}));
}

TEST(ControlAccess, IsForRootTheDaemonsUserAndItsGroup) {
    constexpr uid_t kDaemon = 900;
    constexpr gid_t kGroup = 901;
    EXPECT_TRUE(may_control({.uid = 0, .gid = 0, .groups = {}}, kDaemon, kGroup));
    EXPECT_TRUE(may_control({.uid = kDaemon, .gid = 5, .groups = {}}, kDaemon, kGroup));
    EXPECT_TRUE(may_control({.uid = 1000, .gid = kGroup, .groups = {}}, kDaemon, kGroup));
    EXPECT_TRUE(may_control({.uid = 1000, .gid = 5, .groups = {4, kGroup}}, kDaemon, kGroup));

    EXPECT_FALSE(may_control({.uid = 1000, .gid = 5, .groups = {4, 5}}, kDaemon, kGroup));
    EXPECT_FALSE(may_control({.uid = 1000, .gid = kGroup, .groups = {kGroup}}, kDaemon, {}));
    EXPECT_FALSE(may_control(Peer{}, kDaemon, kGroup));
}

}  // namespace
}  // namespace attune
