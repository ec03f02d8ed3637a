#include "wire/router.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using testing::HasSubstr;

class RouterTest : public testing::Test {
protected:
    // A route whose response tells its name and what its parameters were.
    void route(const std::string& method, const std::string& pattern) {
        router.add(method, pattern,
                   [name = method + " " + pattern](const auto&, const auto& parameters) {
                       std::string text = name;
                       for (const auto& [key, value] : parameters) {
                           text.append(" ").append(key).append("=").append(value);
                       }
                       return ControlResponse{.body = text};
                   });
    }
    ControlResponse ask(const std::string& method, const std::string& path) const {
        return router.route(
            {.method = method, .path = path, .query = {}, .body = {}, .peer = {}});
    }

    Router router;
};

TEST_F(RouterTest, FindsThePatternThatFits) {
    route("GET", "/v1/status");
    route("POST", "/v1/sensors/{ref}/fire");
    route("GET", "/v1/{kind}/{ref}");
    EXPECT_EQ(ask("GET", "/v1/status").body, "GET /v1/status");
    EXPECT_EQ(ask("POST", "/v1/sensors/ops.tick/fire").body,
              "POST /v1/sensors/{ref}/fire ref=ops.tick");
    EXPECT_EQ(ask("GET", "/v1/rules/ops.x").body, "GET /v1/{kind}/{ref} kind=rules ref=ops.x");
}

TEST_F(RouterTest, ParametersAreDecodedAfterThePathIsCut) {
    route("GET", "/v1/x/{name}");
    EXPECT_EQ(ask("GET", "/v1/x/a%2Fb+c").body, "GET /v1/x/{name} name=a/b+c");
    EXPECT_EQ(ask("GET", "/v1/x/%zz").status, 404);
}

TEST_F(RouterTest, ALiteralWinsOverAName) {
    route("GET", "/v1/{a}/x");
    route("GET", "/v1/timers/{b}");
    route("GET", "/v1/timers/next");
    EXPECT_EQ(ask("GET", "/v1/timers/next").body, "GET /v1/timers/next");
    EXPECT_EQ(ask("GET", "/v1/timers/x").body, "GET /v1/timers/{b} b=x");
    EXPECT_EQ(ask("GET", "/v1/other/x").body, "GET /v1/{a}/x a=other");
}

TEST_F(RouterTest, AnUnknownPathIsNotFound) {
    route("GET", "/v1/status");
    for (const auto* path :
         {"/", "/v1", "/v1/status/", "/v1/status/x", "/v1//status", "/V1/status"}) {
        const auto response = ask("GET", path);
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_THAT(response.body, HasSubstr("not_found"));
    }
}

TEST_F(RouterTest, ANameIsNeverEmpty) {
    route("GET", "/v1/x/{name}");
    EXPECT_EQ(ask("GET", "/v1/x/").status, 404);
}

TEST_F(RouterTest, AnotherMethodIsToldWhichOnesThereAre) {
    route("GET", "/v1/x/{name}");
    route("DELETE", "/v1/x/{name}");
    const auto response = ask("POST", "/v1/x/a");
    EXPECT_EQ(response.status, 405);
    EXPECT_THAT(response.body, HasSubstr("it takes GET, DELETE"));
}

}  // namespace
}  // namespace attune
