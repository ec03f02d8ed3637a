// What is told of a unit, from what was told last and what it is now.
#include "core/unit_state.h"

#include <gmock/gmock.h>

#include "core/json_schema.h"
#include "core/load.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kNoon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 12h};

const TriggerSpec& trigger() {
    for (const auto& manifest : core_manifests()) {
        if (manifest.ref.text() == kUnitTrigger) return std::get<TriggerSpec>(manifest.spec);
    }
    throw std::logic_error("no core.systemd_unit");
}

UnitState state(const std::string& active, const std::string& sub, const std::string& run,
                std::int64_t restarts = 0) {
    UnitState made;
    made.active = active;
    made.sub = sub;
    made.invocation = run;
    made.restarts = restarts;
    made.result = active == "failed" ? "exit-code" : "success";
    made.since = kNoon;
    return made;
}

UnitState up(const std::string& run, std::int64_t restarts = 0) {
    return state("active", "running", run, restarts);
}
UnitState down(const std::string& run) { return state("inactive", "dead", run); }
UnitState failed(const std::string& run, std::int64_t restarts = 0) {
    return state("failed", "failed", run, restarts);
}
UnitState pausing(const std::string& run, std::int64_t restarts = 0) {
    return state("activating", "auto-restart", run, restarts);
}
UnitState starting(const std::string& run, std::int64_t restarts = 0) {
    return state("activating", "start", run, restarts);
}

// A unit that is looked at from time to time.
class Unit {
public:
    explicit Unit(const UnitState& first) : told_(told_of(first)) {}

    std::vector<UnitEvent> becomes(const UnitState& now) {
        auto change = unit_change(told_, now);
        told_ = change.told;
        return change.events;
    }

private:
    UnitTold told_;
};

TEST(UnitChange, NothingIsToldOfAUnitThatStaysAsItIs) {
    for (const auto& same : {up("a"), down("a"), failed("a"), pausing("a"), starting("a")}) {
        EXPECT_THAT(Unit(same).becomes(same), IsEmpty()) << same.active << same.sub;
    }
}

TEST(UnitChange, StartsAndStops) {
    Unit unit(down(""));
    EXPECT_THAT(unit.becomes(starting("a")), IsEmpty());
    EXPECT_THAT(unit.becomes(up("a")), ElementsAre(UnitEvent::kStarted));
    EXPECT_THAT(unit.becomes(state("deactivating", "stop-sigterm", "a")), IsEmpty());
    EXPECT_THAT(unit.becomes(down("a")), ElementsAre(UnitEvent::kStopped));
}

TEST(UnitChange, ARestartByHandIsAStart) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(up("b")), ElementsAre(UnitEvent::kStarted));
}

TEST(UnitChange, AReloadIsNothing) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(state("reloading", "reload", "a")), IsEmpty());
    EXPECT_THAT(unit.becomes(up("a")), IsEmpty());
}

TEST(UnitChange, FailsForGoodAndRecovers) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(failed("a")), ElementsAre(UnitEvent::kFailed));
    EXPECT_THAT(unit.becomes(up("b")), ElementsAre(UnitEvent::kRecovered));
    EXPECT_THAT(unit.becomes(up("b")), IsEmpty());
}

TEST(UnitChange, WhatWasDownMayFailToo) {
    Unit unit(down(""));
    EXPECT_THAT(unit.becomes(failed("a")), ElementsAre(UnitEvent::kFailed));
}

TEST(UnitChange, EachRunThatFailsIsTold) {
    Unit job(failed("a"));
    EXPECT_THAT(job.becomes(failed("b")), ElementsAre(UnitEvent::kFailed));
}

TEST(UnitChange, AJobThatHasFailedRecoversByEndingWell) {
    Unit job(failed("a"));
    EXPECT_THAT(job.becomes(down("b")), ElementsAre(UnitEvent::kRecovered));
}

TEST(UnitChange, AFailureThatIsForgottenIsNoRecovery) {
    Unit unit(failed("a"));
    EXPECT_THAT(unit.becomes(down("a")), IsEmpty());
    EXPECT_THAT(unit.becomes(up("b")), ElementsAre(UnitEvent::kStarted));
}

TEST(UnitChange, ARestartIsToldWhenItsPauseBeginsAndOnlyOnce) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(pausing("a")), ElementsAre(UnitEvent::kRestarting));
    EXPECT_THAT(unit.becomes(starting("b", 1)), IsEmpty());
    EXPECT_THAT(unit.becomes(up("b", 1)), ElementsAre(UnitEvent::kRecovered));
}

TEST(UnitChange, ARestartThatNobodySawIsToldWithItsRecovery) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(up("c", 2)),
                ElementsAre(UnitEvent::kRestarting, UnitEvent::kRecovered));
}

TEST(UnitChange, RestartsThatEndInFailureAreBothTold) {
    Unit unit(up("a"));
    EXPECT_THAT(unit.becomes(failed("f", 5)),
                ElementsAre(UnitEvent::kRestarting, UnitEvent::kFailed));
}

TEST(UnitChange, RestartsCountFromNoughtAgainAfterAStartByHand) {
    Unit unit(up("f", 5));
    EXPECT_THAT(unit.becomes(up("g", 0)), ElementsAre(UnitEvent::kStarted));
    EXPECT_THAT(unit.becomes(up("h", 1)),
                ElementsAre(UnitEvent::kRestarting, UnitEvent::kRecovered));
    EXPECT_THAT(Unit(up("f", 5)).becomes(up("h", 1)),
                ElementsAre(UnitEvent::kRestarting, UnitEvent::kRecovered));
}

TEST(UnitChange, GivenUpInItsPauseItStops) {
    Unit unit(pausing("a"));
    EXPECT_THAT(unit.becomes(down("a")), ElementsAre(UnitEvent::kStopped));
}

TEST(UnitEventKey, IsTheSameForTheSameEventAndNoOther) {
    const auto key = [](UnitEvent event, UnitState now, Duration later = 0s) {
        *now.since += later;
        return unit_event_key("a.service", event, now);
    };
    EXPECT_EQ(key(UnitEvent::kFailed, failed("a")), key(UnitEvent::kFailed, failed("a")));
    EXPECT_NE(key(UnitEvent::kFailed, failed("a")), key(UnitEvent::kFailed, failed("b")));
    // A start that is refused has no run of its own.
    EXPECT_NE(key(UnitEvent::kFailed, failed("a")), key(UnitEvent::kFailed, failed("a"), 1s));
    EXPECT_EQ(key(UnitEvent::kStarted, up("a")), key(UnitEvent::kStarted, up("a"), 1s));
    EXPECT_NE(key(UnitEvent::kStarted, up("a")), key(UnitEvent::kRecovered, up("a")));
    EXPECT_NE(key(UnitEvent::kRestarting, pausing("a", 1)),
              key(UnitEvent::kRestarting, pausing("a", 2)));
}

TEST(UnitPayload, SaysHowTheUnitIs) {
    auto now = failed("0b", 3);
    now.description = "A service";
    now.exit_code = 1;
    now.exit_status = 203;
    const auto payload = Json::parse(unit_payload("a.service", UnitEvent::kFailed, now));
    EXPECT_EQ(payload, Json::parse(R"({
        "unit": "a.service", "event": "failed", "active_state": "failed",
        "sub_state": "failed", "result": "exit-code", "invocation_id": "0b", "restarts": 3,
        "exit_kind": "exited", "exit_status": 203, "description": "A service",
        "at": "2026-11-23T12:00:00.000000Z"})"));
    const auto schema = JsonSchema::compile(*trigger().out_schema).value();
    EXPECT_TRUE(schema.accepts(payload));
    EXPECT_TRUE(
        schema.accepts(Json::parse(unit_payload("a.mount", UnitEvent::kStopped, UnitState{}))));
}

TEST(UnitSpec, SaysWhichUnitsAndWhichEvents) {
    const auto config = Json::parse(
        R"({"units": ["app@*.service", "db.service"], "events": ["started", "failed"],
            "debounce": "5s"})");
    EXPECT_TRUE(JsonSchema::compile_config(trigger().param_schema, std::nullopt)
                    .value()
                    .accepts(config));
    const auto spec = unit_spec(config);
    EXPECT_TRUE(spec.covers("app@1.service"));
    EXPECT_TRUE(spec.covers("db.service"));
    EXPECT_FALSE(spec.covers("db.socket"));
    EXPECT_THAT(spec.events, ElementsAre(UnitEvent::kFailed, UnitEvent::kStarted));
    EXPECT_EQ(spec.debounce, 5s);
    EXPECT_THAT(unit_spec({{"units", {"*"}}}).events,
                ElementsAre(UnitEvent::kFailed, UnitEvent::kRecovered));
}

TEST(UnitProgress, IsReadBackAsItWasWritten) {
    const UnitProgress progress{.patterns = {"*.service"},
                                .units = {{"a.service",
                                           {.condition = UnitTold::Condition::kRestarting,
                                            .invocation = "0a",
                                            .restarts = 7,
                                            .in_trouble = true}},
                                          {"b.service", {}}}};
    EXPECT_EQ(unit_progress(to_json(progress)), progress);
}

// What systemd makes of them: systemd-escape and busctl tree show it.
TEST(UnitPath, IsAsSystemdEscapesIt) {
    EXPECT_EQ(path_of_unit("app@1.service"),
              "/org/freedesktop/systemd1/unit/app_401_2eservice");
    EXPECT_EQ(path_of_unit("9p.mount"), "/org/freedesktop/systemd1/unit/_39p_2emount");
    for (const char* unit : {"a.service", "9p.mount", "a_b-c.d\\x2de@1.service"}) {
        EXPECT_EQ(unit_of_path(path_of_unit(unit)), unit);
    }
    EXPECT_FALSE(unit_of_path("/org/freedesktop/systemd1/job/7"));
    EXPECT_FALSE(unit_of_path("/org/freedesktop/systemd1/unit/a_2"));
}

}  // namespace
}  // namespace attune
