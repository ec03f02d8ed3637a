// What sensors of core.systemd_unit promise, over a real message bus and a real database; the
// test is systemd, and the executor.
#include "daemon/sensor/systemd_loop.h"

#include <memory>
#include <optional>
#include <sstream>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "tests/support/database.h"
#include "tests/support/fake_systemd.h"
#include "tests/support/manifest_tree.h"
#include "tests/support/private_bus.h"
#include "tests/support/times.h"
#include "wire/messages.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using Unit = FakeSystemd::Unit;

Unit up(int run, int restarts = 0) { return {.invocation = run, .restarts = restarts}; }
Unit failed(int run, int restarts = 0) {
    return {.active = "failed",
            .sub = "failed",
            .result = "exit-code",
            .invocation = run,
            .restarts = restarts,
            .exit_code = 1,
            .exit_status = 3};
}
Unit pausing(int run, int restarts = 0) {
    return {.active = "activating",
            .sub = "auto-restart",
            .result = "exit-code",
            .invocation = run,
            .restarts = restarts};
}

class SystemdLoopTest : public testing::Test {
protected:
    void sensor(const std::string& config, bool enabled = true) {
        tree.write("packs/ops/sensors/units.yaml",
                   "apiVersion: attune/v1\nkind: Sensor\nmetadata: {ref: ops.units}\nspec:\n"
                   "  trigger: core.systemd_unit\n  enabled: " +
                       std::string(enabled ? "true" : "false") + "\n  config: " + config +
                       "\n");
        const auto report = Reconciler(tree.path().string(), db.database(), zones)
                                .reconcile(now, elapsed, {.in_full = true});
        catalog.at_least(report.generation);
    }

    void watch_all() {
        sensor(
            "{units: [\"*.service\"], events: [failed, restarting, recovered, started, "
            "stopped], debounce: 2s}");
        step();
    }

    void start() {
        loop.reset();
        while (executor.receive()) {
        }
        loop = std::make_unique<SystemdLoop>(SystemdLoopOptions{message_bus.address(), 1},
                                             db.database(), bus, catalog, drain, log);
        to_loop.emplace(bus, std::vector<std::string>{"systemd"});
    }

    std::vector<FireRequest> step(Duration later = 10ms) {
        now += later;
        elapsed += later;
        if (!loop) start();
        loop->step({now, elapsed});
        std::vector<FireRequest> fires;
        while (const auto bytes = executor.receive()) {
            fires.push_back(std::get<FireRequest>(decode(*bytes).value()));
        }
        return fires;
    }

    void answer(const FireRequest& fire, RequestOutcome outcome = RequestOutcome::kRecorded,
                const std::string& fault = {}) {
        to_loop->send(encode(FireReply{fire.request, outcome, EventId{1}, now, fault}));
    }

    // What is told, and recorded, once units have been quiet for long enough.
    std::vector<std::string> after_the_debounce() {
        std::vector<std::string> told;
        for (int n = 0; n < 2; ++n) {
            for (const auto& fire : step(2s)) {
                told.push_back(text_of(fire));
                answer(fire);
            }
        }
        step();
        return told;
    }

    static std::string text_of(const FireRequest& fire) {
        const auto payload = Json::parse(fire.payload);
        return payload["unit"].get<std::string>() + " " + payload["event"].get<std::string>();
    }

    // Waits for the signal of what was set last, and lets the loop take it in.
    void hear() {
        loop->wait(20s);
        step();
    }

    TestDatabase db;
    ManifestTree tree;
    ZoneFiles zones;
    PrivateBus message_bus;
    std::optional<FakeSystemd> systemd{message_bus.address()};
    Bus bus;
    Drain drain;
    TimePoint now = at("2026-11-23T13:00:00Z");
    Duration elapsed = 1h;
    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    LiveCatalog catalog{db.database(), log};
    Inbox executor{bus, "executor.0"};
    std::optional<Outbox> to_loop;
    std::unique_ptr<SystemdLoop> loop;
};

TEST_F(SystemdLoopTest, BeginsWithUnitsAsTheyAre) {
    systemd->set_silently("a.service", up(1));
    systemd->set_silently("b.service", failed(1));
    watch_all();
    EXPECT_THAT(after_the_debounce(), IsEmpty());
    EXPECT_THAT(written.str(), HasSubstr("Watching 2 units of systemd for ops.units"));
}

TEST_F(SystemdLoopTest, TellsOfAUnitThatFailsForGood) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd->set("a.service", failed(1));
    hear();
    EXPECT_THAT(step(1s), IsEmpty());
    const auto fires = step(2s);
    ASSERT_THAT(fires, SizeIs(1));
    EXPECT_EQ(text_of(fires[0]), "a.service failed");
    EXPECT_EQ(fires[0].origin, EventOrigin::kSystemd);
    const auto payload = Json::parse(fires[0].payload);
    EXPECT_EQ(payload["result"], "exit-code");
    EXPECT_EQ(payload["exit_kind"], "exited");
    EXPECT_EQ(payload["exit_status"], 3);
    EXPECT_EQ(payload["invocation_id"], "00000000000000000000000000000001");
    answer(fires[0]);
    EXPECT_THAT(after_the_debounce(), IsEmpty());
}

TEST_F(SystemdLoopTest, WhatComesAndGoesWithinTheDebounceIsCountedAndNotToldEachTime) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd->set("a.service", pausing(1));
    hear();
    systemd->set("a.service", up(2, 1));
    hear();
    EXPECT_THAT(after_the_debounce(),
                UnorderedElementsAre("a.service restarting", "a.service recovered"));
}

TEST_F(SystemdLoopTest, AUnitThatNeverRestsIsLookedAtAllTheSame) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    std::vector<FireRequest> told;
    for (int n = 1; n <= 11 && told.empty(); ++n) {
        systemd->set("a.service", pausing(n, n - 1));
        hear();
        told = step(1s);
    }
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(text_of(told[0]), "a.service restarting");
}

TEST_F(SystemdLoopTest, AUnitThatAppearsWasDown) {
    watch_all();
    systemd->set("a.service", up(1));
    systemd->set("a.socket", up(1));
    hear();
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service started"));
    systemd->drop("a.service");
    hear();
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service stopped"));
}

TEST_F(SystemdLoopTest, TellsOnlyOfEventsTheSensorAsksFor) {
    sensor("{units: [a.service], events: [recovered], debounce: 2s}");
    systemd->set_silently("a.service", up(1));
    step();
    systemd->set("a.service", failed(1));
    hear();
    EXPECT_THAT(after_the_debounce(), IsEmpty());
    systemd->set("a.service", up(2));
    hear();
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service recovered"));
}

TEST_F(SystemdLoopTest, WhatHappensWhileItIsDownIsToldAtItsStart) {
    systemd->set_silently("a.service", up(1));
    systemd->set_silently("b.service", up(1));
    watch_all();
    loop->end({now, elapsed});
    loop.reset();
    systemd->set("a.service", failed(1));
    systemd->drop("b.service");
    EXPECT_THAT(after_the_debounce(),
                UnorderedElementsAre("a.service failed", "b.service stopped"));
    loop->end({now, elapsed});
    start();
    EXPECT_THAT(after_the_debounce(), IsEmpty());
}

TEST_F(SystemdLoopTest, AfterACrashWhatWasNotConfirmedIsToldAgainUnderItsKey) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd->set("a.service", failed(1));
    hear();
    const auto before = step(2s);
    ASSERT_THAT(before, SizeIs(1));
    start();
    step();
    const auto again = step(2s);
    ASSERT_THAT(again, SizeIs(1));
    EXPECT_EQ(again[0].dedupe_key, before[0].dedupe_key);
}

TEST_F(SystemdLoopTest, ASignalThatIsLostCostsAMinute) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    EXPECT_THAT(after_the_debounce(), IsEmpty());
    systemd->set_silently("a.service", failed(1));
    step(61s);
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service failed"));
}

TEST_F(SystemdLoopTest, TheBusMayGoAndComeBack) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd.reset();
    message_bus.stop();
    EXPECT_THROW(step(2s), BusError);
    EXPECT_THROW(step(2s), BusError);
    message_bus.start();
    systemd.emplace(message_bus.address());
    systemd->set_silently("a.service", failed(1));
    step();
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service failed"));
}

TEST_F(SystemdLoopTest, WhatTheLedgerRefusesIsOnRecordAndNotTriedAgain) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd->set("a.service", failed(1));
    hear();
    const auto fires = step(2s);
    ASSERT_THAT(fires, SizeIs(1));
    answer(fires[0], RequestOutcome::kRefused, "too strange");
    EXPECT_THAT(after_the_debounce(), IsEmpty());
    EXPECT_EQ(db.table("SELECT reason, count, detail FROM sensor_skip"),
              "refused|1|a.service: too strange");
}

TEST_F(SystemdLoopTest, AnEditKeepsWhatIsKnownAndBeginsWithTheRestAsItIs) {
    systemd->set_silently("a.service", up(1));
    systemd->set_silently("b.socket", failed(1));
    watch_all();
    systemd->set_silently("a.service", failed(1));
    sensor("{units: [\"a.*\", \"b.*\"], debounce: 2s}");
    step();
    EXPECT_THAT(after_the_debounce(), ElementsAre("a.service failed"));
    systemd->set("b.socket", up(2));
    hear();
    EXPECT_THAT(after_the_debounce(), ElementsAre("b.socket recovered"));
}

TEST_F(SystemdLoopTest, ASensorThatWasDisabledBeginsAnew) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    sensor("{units: [\"*.service\"]}", false);
    step();
    EXPECT_EQ(db.value("SELECT count(*) FROM sensor_progress"), "0");
    systemd->set_silently("a.service", failed(1));
    watch_all();
    EXPECT_THAT(after_the_debounce(), IsEmpty());
}

TEST_F(SystemdLoopTest, WithoutASensorItLeavesTheBusAlone) {
    systemd.reset();
    message_bus.stop();
    EXPECT_NO_THROW(step());
}

TEST_F(SystemdLoopTest, RestsWhileTheDaemonDrains) {
    systemd->set_silently("a.service", up(1));
    watch_all();
    systemd->set("a.service", failed(1));
    hear();
    drain.begin();
    EXPECT_THAT(step(1min), IsEmpty());
}

}  // namespace
}  // namespace attune
