#include "wire/system_bus.h"

#include <optional>

#include <gmock/gmock.h>

#include "tests/support/bus_pump.h"
#include "tests/support/private_bus.h"

namespace attune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDriver = "org.freedesktop.DBus";

BusCall driver(const std::string& member, BusBody body = {}) {
    return {.destination = kDriver,
            .path = "/org/freedesktop/DBus",
            .interface = kDriver,
            .member = member,
            .body = std::move(body)};
}

class SystemBusTest : public testing::Test {
protected:
    // The server repeats what it is told.
    SystemBusTest() {
        slot = server.serve("/echo", [](BusRequest request) {
            request.reply({request.signature(), request.values()});
        });
        name = server.call(driver("GetId")).values.empty()
                   ? ""
                   : server.call(driver("GetNameOwner", {"s", {own_name(server)}}))
                         .values[0]
                         .get<std::string>();
    }

    static std::string own_name(SystemBus& bus) {
        static int count = 0;
        const auto wanted = "io.attune.Test" + std::to_string(++count);
        bus.call(driver("RequestName", {"su", {wanted, 4}}));
        return wanted;
    }

    BusCall to_server(const std::string& path, BusBody body) const {
        return {.destination = name,
                .path = path,
                .interface = "io.attune.Test",
                .member = "Echo",
                .body = std::move(body)};
    }

    SystemBus::Reply ask(const BusCall& call) {
        std::optional<SystemBus::Reply> reply;
        client.call(call, [&](SystemBus::Reply said) { reply = std::move(said); });
        EXPECT_TRUE(pump({&client, &server}, [&] { return reply.has_value(); }));
        return reply.value_or(SystemBus::Reply(BusBody{}));
    }

    Json echoed(const std::string& signature, const Json& values) {
        const auto reply = ask(to_server("/echo", {signature, values}));
        return reply ? reply->values : Json(reply.error().what());
    }

    PrivateBus daemon;
    SystemBus server{daemon.address()};
    SystemBus client{daemon.address()};
    SystemBus::Slot slot;
    std::string name;  // the server's
};

TEST_F(SystemBusTest, CarriesEveryTypeOfNumberToItsLimits) {
    const Json values = {0,         255,           -32768,       32767,
                         65535,     -2147483648LL, 4294967295LL, INT64_MIN,
                         INT64_MAX, UINT64_MAX,    0.25};
    EXPECT_EQ(echoed("yynnqiuxxtd", values), values);
    EXPECT_EQ(echoed("bb", {true, false}), Json({true, false}));
}

TEST_F(SystemBusTest, CarriesTextsStructuresListsDictionariesAndVariants) {
    EXPECT_EQ(echoed("sog", {"grün", "/a/b", "a{sv}"}), Json({"grün", "/a/b", "a{sv}"}));
    const Json unit = {
        "a.service",
        Json::array({Json::array(
            {"ExecStart",
             {{"type", "a(sasb)"},
              {"data",
               Json::array({Json::array({"/bin/true", {"/bin/true", "x"}, false})})}}})}),
        Json::array()};
    EXPECT_EQ(echoed("sa(sv)a(sa(sv))", unit), unit);
    const Json named = Json::array({{{"State", {{"type", "s"}, {"data", "active"}}}}});
    EXPECT_EQ(echoed("a{sv}", named), named);
    const Json numbered = Json::array({Json::array({Json::array({7, "seven"})})});
    EXPECT_EQ(echoed("a{us}", numbered), numbered);
    EXPECT_EQ(echoed("", Json::array()), Json::array());
    EXPECT_EQ(echoed("as", Json::array({Json::array()})), Json::array({Json::array()}));
}

TEST_F(SystemBusTest, RefusesToSendWhatIsNotOfItsType) {
    const auto sent = [&](const std::string& signature, const Json& values) {
        try {
            client.call(to_server("/echo", {signature, values}), [](SystemBus::Reply) {});
            return std::string();
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
    };
    EXPECT_THAT(sent("y", {256}), HasSubstr("out of range"));
    EXPECT_THAT(sent("y", {-1}), HasSubstr("out of range"));
    EXPECT_THAT(sent("x", {UINT64_MAX}), HasSubstr("too large"));
    EXPECT_THAT(sent("i", {"1"}), HasSubstr("no integer"));
    EXPECT_THAT(sent("s", {1}), HasSubstr("no text"));
    EXPECT_THAT(sent("s", {std::string("a\0b", 3)}), HasSubstr("U+0000"));
    EXPECT_THAT(sent("s", {"\xff"}), HasSubstr("`s`"));
    EXPECT_THAT(sent("o", {"no/path"}), HasSubstr("`o`"));
    EXPECT_THAT(sent("ss", {"one"}), HasSubstr("too few"));
    EXPECT_THAT(sent("s", {"one", "two"}), HasSubstr("too many"));
    EXPECT_THAT(sent("(s", Json::array({Json::array({"a"})})), HasSubstr("does not end"));
    EXPECT_THAT(sent("v", {"bare"}), HasSubstr("`type`"));
    EXPECT_THAT(sent("as", {"bare"}), HasSubstr("no list"));
    EXPECT_THAT(sent("?", {"x"}), HasSubstr("unknown"));
}

TEST_F(SystemBusTest, NamesTheErrorOfACall) {
    const auto nobody = ask({.destination = "io.attune.Nobody",
                             .path = "/",
                             .interface = "io.attune.Test",
                             .member = "Echo"});
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().name(), "org.freedesktop.DBus.Error.ServiceUnknown");
    EXPECT_THAT(nobody.error().message(), HasSubstr("io.attune.Nobody"));

    const auto nothing = ask(to_server("/elsewhere", {}));
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().name(), "org.freedesktop.DBus.Error.UnknownObject");

    try {
        client.call(driver("GetNameOwner", {"s", {"io.attune.Nobody"}}));
        ADD_FAILURE() << "a name nobody has has an owner";
    } catch (const BusError& error) {
        EXPECT_EQ(error.name(), "org.freedesktop.DBus.Error.NameHasNoOwner");
    }
}

TEST_F(SystemBusTest, ACallThatIsNotAnsweredEnds) {
    std::optional<BusRequest> kept;
    auto silent =
        server.serve("/silent", [&](BusRequest request) { kept = std::move(request); });
    auto call = to_server("/silent", {});
    call.patience = std::chrono::milliseconds(1);
    const auto reply = ask(call);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().name(), "org.freedesktop.DBus.Error.NoReply");
}

TEST_F(SystemBusTest, ARequestMayBeAnsweredLater) {
    std::optional<BusRequest> kept;
    auto late = server.serve("/late", [&](BusRequest request) { kept = std::move(request); });
    std::optional<SystemBus::Reply> reply;
    client.call(to_server("/late", {"s", {"x"}}),
                [&](SystemBus::Reply said) { reply = std::move(said); });
    ASSERT_TRUE(pump({&client, &server}, [&] { return kept.has_value(); }));
    EXPECT_EQ(kept->member(), "Echo");
    EXPECT_EQ(kept->interface(), "io.attune.Test");
    EXPECT_EQ(kept->path(), "/late");
    EXPECT_FALSE(kept->may_ask());
    kept->reply({"u", {7}});
    ASSERT_TRUE(pump({&client, &server}, [&] { return reply.has_value(); }));
    ASSERT_TRUE(*reply);
    EXPECT_EQ((*reply)->values, Json({7}));
}

TEST_F(SystemBusTest, ARequestThatIsDroppedOrRefusedIsAnError) {
    auto drops = server.serve("/drops", [](BusRequest) {});
    const auto dropped = ask(to_server("/drops", {}));
    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().name(), "org.freedesktop.DBus.Error.Failed");

    auto refuses = server.serve("/refuses", [](BusRequest request) {
        request.refuse(BusError("io.attune.Error.Paused", "not now"));
    });
    const auto refused = ask(to_server("/refuses", {}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().name(), "io.attune.Error.Paused");
    EXPECT_EQ(refused.error().message(), "not now");
}

TEST_F(SystemBusTest, HearsTheSignalsItWatchesForUntilItStops) {
    std::vector<std::string> heard;
    SystemBus::Slot watching;
    watching = client.watch("type='signal',interface='io.attune.Test',member='Said'",
                            [&](const BusSignal& signal) {
                                EXPECT_EQ(signal.sender, name);
                                EXPECT_EQ(signal.path, "/there");
                                heard.push_back(signal.body.values.at(0).get<std::string>());
                                if (heard.size() == 2) watching.reset();
                            });
    ASSERT_TRUE(ask(driver("GetId")));  // the rule is in force
    for (const auto* word : {"one", "two", "three"}) {
        server.emit("/there", "io.attune.Test", "Said", {"s", {word}});
        server.emit("/there", "io.attune.Test", "Other", {"s", {word}});
    }
    // What comes after them has come after them.
    auto ping = server.serve("/after", [&](BusRequest request) { request.reply({}); });
    ASSERT_TRUE(ask(to_server("/after", {})));
    EXPECT_THAT(heard, ElementsAre("one", "two"));
}

TEST_F(SystemBusTest, WhatAHandlerThrowsComesOutOfProcess) {
    client.call(driver("GetId"), [](SystemBus::Reply) { throw std::runtime_error("mine"); });
    EXPECT_THROW(pump({&client}, [] { return false; }), std::runtime_error);
    EXPECT_TRUE(ask(driver("GetId")));
}

TEST_F(SystemBusTest, ReadsAProperty) {
    const auto features =
        client.property(kDriver, "/org/freedesktop/DBus", kDriver, "Features");
    EXPECT_TRUE(features.is_array());
}

TEST_F(SystemBusTest, ALostBusIsToldToEveryoneWhoWaits) {
    std::optional<SystemBus::Reply> reply;
    auto call = to_server("/echo", {});
    client.call(call, [&](SystemBus::Reply said) { reply = std::move(said); });
    daemon.stop();
    try {
        pump({&client}, [] { return false; });
        ADD_FAILURE() << "a dead bus works";
    } catch (const BusError& error) {
        EXPECT_EQ(error.name(), kBusDisconnected);
    }
    ASSERT_TRUE(reply.has_value());
    EXPECT_FALSE(*reply);
    EXPECT_THROW(SystemBus{daemon.address()}, BusError);

    daemon.start();
    SystemBus again(daemon.address());
    EXPECT_THAT(again.call(driver("GetId")).values, testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace attune
