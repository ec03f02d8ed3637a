// The table of what is offered on D-Bus, and what is made of it.
#include "daemon/dbus/interfaces.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "core/kinds.h"
#include "core/limits.h"
#include "daemon/dbus/bus_request.h"
#include "daemon/dbus/introspection.h"

namespace attune {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(std::string(ATTUNE_SOURCE_DIR) + "/" + path).rdbuf();
    return text.str();
}

std::vector<const BusInterface*> all_interfaces() {
    std::vector<const BusInterface*> all = {&manager_interface()};
    for (const auto& kind : kinds()) {
        for (const auto& interface : object_interfaces(kind.kind)) all.push_back(&interface);
    }
    return all;
}

std::string written(const std::vector<BusArgument>& arguments) {
    std::string text;
    for (const auto& argument : arguments) {
        text += (text.empty() ? "" : ", ") + std::string(argument.type) + " " +
                std::string(argument.name);
    }
    return text;
}

std::string written(const std::vector<BusValue>& values) {
    std::string text;
    for (const auto& value : values) {
        text += (text.empty() ? "" : ", ") + std::string(value.type) + " " +
                std::string(value.name);
    }
    return text;
}

tl::expected<BusWish, BusError> wish(const std::string& path, const std::string& interface,
                                     const std::string& member, const std::string& signature,
                                     const Json& values = Json::array()) {
    return wish_of({path, interface, member, signature}, [&] { return values; });
}

CatalogSensor tick() {
    return {.id = SensorId{1},
            .trigger = TriggerId{1},
            .runtime = SensorRuntime::kBuiltin,
            .enabled = true,
            .ref = *Ref::parse("ops.tick"),
            .label = {},
            .labels = {},
            .config = "{}"};
}

TEST(BusInterfaces, AreDocumented) {
    const auto page = contents("docs/dbus.md");
    for (const auto* interface : all_interfaces()) {
        EXPECT_THAT(page, HasSubstr(std::string(interface->name)));
        for (const auto& method : interface->methods) {
            auto row = "| `" + std::string(method.name) + "(" + written(method.in) + ")`";
            if (!method.out.empty()) row += " → `" + written(method.out) + "`";
            const auto permission = polkit_action(method.permission);
            row += " | `" + permission.substr(permission.rfind('.') + 1) + "` |";
            EXPECT_THAT(page, HasSubstr(row));
        }
        for (const auto& property : interface->properties) {
            EXPECT_THAT(page, HasSubstr("`" + std::string(property.type) + " " +
                                        std::string(property.name) + "`"));
        }
        for (const auto& signal : interface->signals) {
            EXPECT_THAT(page, HasSubstr("| `" + std::string(signal.name) + "(" +
                                        written(signal.arguments) + ")` |"));
        }
    }
}

TEST(BusInterfaces, EveryPermissionIsAnActionOfPolkit) {
    const auto policy = contents("packaging/dbus/io.attune.Attune1.policy");
    for (const auto permission :
         {BusPermission::kRead, BusPermission::kTrigger, BusPermission::kRun,
          BusPermission::kControl, BusPermission::kAdmin}) {
        EXPECT_THAT(policy, HasSubstr("<action id=\"" + polkit_action(permission) + "\">"));
    }
    EXPECT_THAT(contents("packaging/dbus/io.attune.Attune1.conf"),
                HasSubstr("own=\"" + std::string(kBusName) + "\""));
}

TEST(BusInterfaces, AnObjectsPathLeadsBackToIt) {
    const auto path = object_path(Kind::kSensor, "ops.every_10m");
    EXPECT_EQ(path, "/io/attune/Attune1/sensor/ops_2eevery_5f10m");
    const auto object = object_of(path);
    ASSERT_TRUE(object);
    EXPECT_EQ(object->kind, Kind::kSensor);
    EXPECT_EQ(object->ref, "ops.every_10m");
    EXPECT_FALSE(object_of("/io/attune/Attune1/sensor/a.b"));
    EXPECT_FALSE(object_of("/io/attune/Attune1/sensor"));
    EXPECT_FALSE(object_of("/io/attune/Attune1/thing/a"));
}

TEST(BusInterfaces, ValuesAreTakenOutOfAnAnswer) {
    EXPECT_EQ(bus_value("t", "1970-01-01T00:00:01.000002Z"), 1'000'002);
    EXPECT_EQ(bus_value("t", Json::parse("17")), 17);
    EXPECT_EQ(bus_value("t", Json()), 0);
    EXPECT_EQ(bus_value("t", "no moment"), 0);
    EXPECT_EQ(bus_value("s", Json()), "");
    EXPECT_EQ(bus_value("s", Json{{"a", 1}}), R"({"a":1})");
    EXPECT_EQ(bus_value("b", Json()), false);
    EXPECT_EQ(bus_value("b", Json{{"by", "root"}}), true);
    EXPECT_EQ(bus_value("b", false), false);
    EXPECT_EQ(bus_value("as", Json()), Json::array());
    EXPECT_EQ(bus_value("at", {"1970-01-01T00:00:01Z"}), Json::array({1'000'000}));
    EXPECT_EQ(bus_value("a(so)", Json::array({{{"kind", "Rule"}, {"ref", "ops.r"}}})),
              Json::array({{"ops.r", "/io/attune/Attune1/rule/ops_2er"}}));
}

TEST(BusRequests, AMethodIsARequestOfTheControlProtocol) {
    const auto fire =
        wish(kBusRoot, kBusManager, "Fire", "sss", {"ops.deploys", R"({"a":1})", "k1"});
    ASSERT_TRUE(fire);
    EXPECT_EQ(fire->permission, BusPermission::kTrigger);
    EXPECT_EQ(fire->request->method, "POST");
    EXPECT_EQ(fire->request->path, "/v1/sensors/ops.deploys/fire");
    EXPECT_EQ(Json::parse(fire->request->body),
              Json::parse(R"({"payload":{"a":1},"key":"k1"})"));
    const auto body = fire->answer(Json::parse(R"({"event":7,"key":"k1","duplicate":true})"));
    EXPECT_EQ(body.signature, "tsb");
    EXPECT_EQ(body.values, Json::parse(R"([7,"k1",true])"));
}

TEST(BusRequests, WhatIsLeftEmptyIsAbsent) {
    const auto run = wish(kBusRoot, kBusManager, "Run", "sss", {"core.echo", "", ""});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->request->body, "{}");
    const auto pause =
        wish(kBusRoot, kBusManager, "Pause", "ssts", {"sensor", "ops.tick", 0, "disks"});
    ASSERT_TRUE(pause);
    EXPECT_EQ(pause->request->path, "/v1/sensors/ops.tick/pause");
    EXPECT_EQ(pause->request->body, R"({"reason":"disks"})");
    const auto hours =
        wish(kBusRoot, kBusManager, "Pause", "ssts", {"rule", "ops.r", 7200, ""});
    ASSERT_TRUE(hours);
    EXPECT_EQ(Json::parse(hours->request->body).at("for"), "7200s");
}

TEST(BusRequests, AnExecutionIsCancelledByItsNumber) {
    const auto cancel = wish(kBusRoot, kBusManager, "Cancel", "ts", {42, "disks"});
    ASSERT_TRUE(cancel);
    EXPECT_EQ(cancel->permission, BusPermission::kControl);
    EXPECT_EQ(cancel->request->path, "/v1/executions/42/cancel");
    EXPECT_EQ(cancel->request->body, R"({"reason":"disks"})");
    EXPECT_EQ(cancel->answer(Json{{"state", "cancelling"}}).values,
              Json::array({"cancelling"}));
}

TEST(BusRequests, ARefIsNoWayToAnotherEndpoint) {
    const auto fire = wish(kBusRoot, kBusManager, "Fire", "sss", {"a/../../drain?x", "", ""});
    ASSERT_TRUE(fire);
    EXPECT_EQ(fire->request->path, "/v1/sensors/a%2F..%2F..%2Fdrain%3Fx/fire");
}

TEST(BusRequests, WhatCannotBeIsRefusedByDBusOwnErrors) {
    const auto error = [](const auto& refused) {
        return refused ? std::string("taken") : refused.error().name();
    };
    EXPECT_THAT(error(wish("/io/attune/Attune1/thing/a", kBusManager, "Fire", "sss")),
                HasSubstr("UnknownObject"));
    EXPECT_THAT(error(wish(kBusRoot, "io.attune.Other", "Fire", "sss")),
                HasSubstr("UnknownInterface"));
    EXPECT_THAT(error(wish(kBusRoot, kBusManager, "Fly", "")), HasSubstr("UnknownMethod"));
    EXPECT_THAT(error(wish(kBusRoot, kBusManager, "Fire", "ss", {"a", "b"})),
                HasSubstr("InvalidArgs"));
    EXPECT_THAT(error(wish(kBusRoot, kBusManager, "Fire", "sss", {"a", "{", ""})),
                HasSubstr("InvalidArgs"));
    EXPECT_THAT(error(wish(kBusRoot, kBusManager, "Pause", "ssts", {"action", "a", 0, ""})),
                HasSubstr("InvalidArgs"));
    EXPECT_THAT(error(wish(kBusRoot, kBusManager, "Fire", "sss",
                           {"a", std::string(limits::kControlBodyBytes, ' '), ""})),
                HasSubstr("LimitsExceeded"));
    const std::string properties = "org.freedesktop.DBus.Properties";
    EXPECT_THAT(error(wish(kBusRoot, properties, "Get", "ss", {kBusManager, "Colour"})),
                HasSubstr("UnknownProperty"));
    EXPECT_THAT(error(wish(kBusRoot, properties, "GetAll", "s", {"io.attune.Other"})),
                HasSubstr("UnknownInterface"));
    EXPECT_THAT(error(wish(kBusRoot, properties, "Set", "ssv")), HasSubstr("PropertyReadOnly"));
}

TEST(BusRequests, PropertiesAreReadOffTheObject) {
    const std::string properties = "org.freedesktop.DBus.Properties";
    const auto path = object_path(Kind::kSensor, "ops.tick");
    const auto next =
        wish(path, properties, "Get", "ss", {"io.attune.Attune1.Sensor", "NextFire"});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->permission, BusPermission::kRead);
    EXPECT_EQ(next->request->path, "/v1/objects/sensors/ops.tick");
    const auto answer = Json::parse(
        R"({"kind":"Sensor","ref":"ops.tick","timer":{"next_at":"1970-01-01T00:00:09Z"}})");
    EXPECT_EQ(next->answer(answer).values, Json::parse(R"([{"type":"t","data":9000000}])"));
    const auto all = wish(path, properties, "GetAll", "s", {""});
    ASSERT_TRUE(all);
    const auto told = all->answer(answer).values.at(0);
    EXPECT_EQ(told.at("Ref").at("data"), "ops.tick");
    EXPECT_EQ(told.at("Paused").at("data"), false);
    const auto one = wish(path, properties, "GetAll", "s", {"io.attune.Attune1.Object"});
    ASSERT_TRUE(one);
    EXPECT_FALSE(one->answer(answer).values.at(0).contains("Paused"));
}

TEST(BusRequests, ARefusalKeepsItsCodeItsReasonAndItsRemedy) {
    const auto error =
        error_of(error_response(409, "not_external", "attune fires it", "use run"));
    EXPECT_EQ(error.name(), "io.attune.Attune1.Error.NotExternal");
    EXPECT_EQ(error.message(), "attune fires it; use run");
    EXPECT_EQ(error_of(error_response(422, "ATT7011", "no")).name(),
              "io.attune.Attune1.Error.ATT7011");
}

TEST(BusIntrospection, LeadsFromTheTopToEveryObject) {
    CatalogBuilder builder;
    builder.put(tick());
    const auto catalog = builder.build(Generation{1});
    EXPECT_THAT(introspect("/", *catalog).value(), HasSubstr("<node name=\"io\"/>"));
    EXPECT_THAT(introspect("/io", *catalog).value(), HasSubstr("<node name=\"attune\"/>"));
    EXPECT_THAT(introspect("/io/attune", *catalog).value(),
                HasSubstr("<node name=\"Attune1\"/>"));
    const auto root = introspect(kBusRoot, *catalog).value();
    EXPECT_THAT(root, HasSubstr("<node name=\"sensor\"/>"));
    EXPECT_THAT(root, HasSubstr("<method name=\"Reconcile\">"));
    EXPECT_THAT(root, HasSubstr("<signal name=\"ExecutionCompleted\">"));
    EXPECT_THAT(introspect("/io/attune/Attune1/sensor", *catalog).value(),
                HasSubstr("<node name=\"ops_2etick\"/>"));
    const auto sensor = introspect(object_path(Kind::kSensor, "ops.tick"), *catalog).value();
    EXPECT_THAT(sensor, HasSubstr("<interface name=\"io.attune.Attune1.Sensor\">"));
    EXPECT_THAT(sensor, HasSubstr("<property name=\"NextFire\" type=\"t\" access=\"read\">"));
    EXPECT_FALSE(introspect(object_path(Kind::kSensor, "ops.other"), *catalog));
    EXPECT_FALSE(introspect("/org", *catalog));
}

}  // namespace
}  // namespace attune
