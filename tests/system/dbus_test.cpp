// io.attune.Attune1 of the real daemon, on a message bus of the test's own.
#include <gmock/gmock.h>

#include "tests/support/manifest_tree.h"
#include "tests/support/private_bus.h"
#include "tests/system/programs.h"
#include "wire/system_bus.h"

namespace attune {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kName = "io.attune.Attune1";
constexpr const char* kRoot = "/io/attune/Attune1";

class DbusTest : public testing::Test {
protected:
    DbusTest() {
        tree.interval("tick", 1);
        tree.rule("answer", "tick", "core.echo");
        tree.write("packs/ops/deploys.yaml", R"(apiVersion: attune/v1
kind: Trigger
metadata: {ref: ops.deploy}
spec: {}
---
apiVersion: attune/v1
kind: Sensor
metadata: {ref: ops.deploys}
spec: {trigger: ops.deploy, runtime: core.sensor.external}
)");
        daemon.start();
        EXPECT_TRUE(eventually([&] {
            return daemon.log().find("answers as io.attune.Attune1") != std::string::npos;
        }));
        // It may answer before its first look at the source is done.
        call("Reconcile");
    }

    BusBody call(const std::string& member, BusBody body = {}) {
        return bus.call({.destination = kName,
                         .path = kRoot,
                         .interface = "io.attune.Attune1.Manager",
                         .member = member,
                         .body = std::move(body),
                         .patience = std::chrono::seconds(30)});
    }

    Json property(const std::string& path, const std::string& interface,
                  const std::string& name) {
        return bus.property(kName, path, std::string(kName) + "." + interface, name);
    }

    ManifestTree tree;
    PrivateBus message_bus;
    RunningDaemon daemon{{.source = tree.path(),
                          .database_url = {},
                          .settings = {},
                          .message_bus = message_bus.address()}};
    SystemBus bus{message_bus.address()};
};

TEST_F(DbusTest, DoesWhatTheCommandDoes) {
    const auto fired = call("Fire", {"sss", {"ops.deploys", R"({"service":"web"})", "k1"}});
    EXPECT_EQ(fired.values.at(2), false);
    EXPECT_EQ(call("Fire", {"sss", {"ops.deploys", "{}", "k1"}}).values,
              Json::array({fired.values.at(0), "k1", true}));
    const auto events = daemon.attune_json({"events", "--sensor", "ops.deploys"});
    ASSERT_THAT(events.at("items"), SizeIs(1));
    EXPECT_EQ(events.at("items").at(0).at("id"), fired.values.at(0));

    const auto next = call("GetNextFires", {"su", {"ops.tick", 3}}).values.at(0);
    ASSERT_THAT(next, SizeIs(3));
    EXPECT_EQ(next.at(2).get<std::int64_t>() - next.at(0).get<std::int64_t>(), 2'000'000);

    const auto path = call("GetObject", {"ss", {"sensor", "ops.tick"}}).values.at(0);
    EXPECT_EQ(path, "/io/attune/Attune1/sensor/ops_2etick");
    EXPECT_EQ(property(path, "Object", "File"), "packs/ops/sensors/tick.yaml");
    EXPECT_EQ(property(path, "Sensor", "Rules"), Json::array({"ops.answer"}));
    EXPECT_EQ(property(path, "Sensor", "Paused"), false);
    EXPECT_EQ(call("Pause", {"ssts", {"sensor", "ops.tick", 0, "disks"}}).values.at(0), true);
    EXPECT_EQ(property(path, "Sensor", "Paused"), true);
    EXPECT_EQ(property(path, "Sensor", "PauseReason"), "disks");
    EXPECT_EQ(property(path, "Sensor", "NextFire"), 0);
    EXPECT_EQ(call("Resume", {"ss", {"sensor", "ops.tick"}}).values.at(0), true);

    const auto listed = call("ListObjects", {"ssu", {"sensor", "", 1}}).values;
    EXPECT_EQ(listed.at(0).at(0).at(0), "ops.deploys");
    EXPECT_EQ(listed.at(1), "ops.deploys");
    tree.interval("tock", 60);
    EXPECT_EQ(call("Reconcile").values.at(2), "applied");
    EXPECT_EQ(property("/io/attune/Attune1/sensor/ops_2etock", "Sensor", "TimerState"),
              "armed");
    EXPECT_EQ(property(kRoot, "Manager", "Sensors"), 3);
}

TEST_F(DbusTest, TellsThoseWhoSubscribe) {
    std::vector<std::string> heard;
    const auto slot =
        bus.watch("type='signal',interface='io.attune.Attune1.Manager'",
                  [&](const BusSignal& signal) { heard.push_back(signal.member); });
    call("Subscribe");
    const auto hears = [&](const std::string& member) {
        return eventually([&] {
            bus.process();
            return std::find(heard.begin(), heard.end(), member) != heard.end();
        });
    };
    EXPECT_TRUE(hears("EventCreated"));
    EXPECT_TRUE(hears("EnforcementCreated"));
    EXPECT_TRUE(hears("ExecutionCompleted"));
    tree.interval("tock", 60);
    call("Reconcile");
    EXPECT_TRUE(hears("CatalogChanged"));
}

TEST_F(DbusTest, ADrainEndsItAsSigtermDoes) {
    call("Drain");
    EXPECT_TRUE(eventually([&] { return !daemon.runs(); }));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_THAT(daemon.log(), HasSubstr("stopped"));
}

}  // namespace
}  // namespace attune
