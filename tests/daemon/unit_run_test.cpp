// Actions of `runner: systemd`, by the real attune-unit outside and inside, and a systemd for
// tests between the two.
#include "daemon/runner/unit_order.h"
#include "tests/daemon/process_runner_rig.h"
#include "tests/support/fake_systemd.h"
#include "tests/support/private_bus.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class UnitRunTest : public ProcessRunnerTest {
protected:
    UnitRunTest() {
        runner.emplace(RunnerTimes{.term_grace = 10s},
                       UnitWrapper{ATTUNE_UNIT_PATH, pipes(), message_bus.address()});
        systemd.run_units(ATTUNE_UNIT_PATH, pipes());
    }

    std::string pipes() const { return directory / "units"; }

    Json run_unit(const ProcessClaim& claim) {
        start_unit(claim);
        return Json::parse(await(claim).result);
    }

    void start_unit(const ProcessClaim& claim) {
        runner->start_unit(claim, clock.now(), clock.elapsed());
        wake_at = clock.elapsed();
    }

    PrivateBus message_bus;
    FakeSystemd systemd{message_bus.address()};
};

TEST_F(UnitRunTest, AUnitsStreamsAndItsEndAreTheActions) {
    auto claim = script("cat; echo seen >&2; echo \"$ATTUNE_ACTION $HOME $PWD\"; exit 7");
    claim.params = R"({"path":"/var"})";
    const auto result = run_unit(claim);
    EXPECT_EQ(result.at("exit_code"), 7);
    EXPECT_EQ(result.at("stdout"),
              "{\"path\":\"/var\"}\nops.sweep / " + (directory / "ops") + "\n");
    EXPECT_EQ(result.at("stderr"), "seen\n");
    EXPECT_TRUE(std::filesystem::is_empty(pipes()));
}

TEST_F(UnitRunTest, MoreThanAPipeHoldsGoesThrough) {
    auto claim = script("wc -c; head -c 300000 /dev/zero");
    claim.params = "\"" + std::string(60'000, 'x') + "\"";
    const auto result = run_unit(claim);
    EXPECT_EQ(result.at("exit_code"), 0);
    EXPECT_THAT(result.at("stdout").get<std::string>(), HasSubstr("60003"));
    EXPECT_GT(result.at("truncated").at("stdout"), 100'000);
}

TEST_F(UnitRunTest, ASignalThatKillsTheCommandIsTold) {
    const auto result = run_unit(script("kill -ABRT $$"));
    EXPECT_EQ(result.at("signal"), "SIGABRT");
}

TEST_F(UnitRunTest, ATimeoutStopsTheUnit) {
    auto claim = script("sleep 600 & sleep 600");
    claim.timeout = 1s;
    const auto result = run_unit(claim);
    EXPECT_THAT(result.at("error").get<std::string>(), HasSubstr("time"));
    EXPECT_EQ(result.at("signal"), "SIGTERM");
}

TEST_F(UnitRunTest, WhatEndsTheWrapperEndsTheUnit) {
    const auto claim = script(
        "echo begun > begun"
        "; trap '' TERM; while :; do sleep 0.1; done");
    start_unit(claim);
    await_file("begun");
    runner->abort({claim.key, claim.token});
    while (runner->attempts() > 0) turn();
    // The next attempt waits for the end of the one that was left behind.
    auto again = script("echo again");
    again.key = claim.key;
    EXPECT_EQ(run_unit(again).at("stdout"), "again\n");
}

TEST_F(UnitRunTest, ACommandThatCannotBeExecutedSaysWhy) {
    auto claim = script("");
    directory.write_script("ops/files/odd.sh", "#!/no/such/interpreter\n");
    claim.command = {"files/odd.sh"};
    const auto result = run_unit(claim);
    EXPECT_EQ(result.at("exit_code"), 126);
    EXPECT_THAT(result.at("stderr").get<std::string>(), HasSubstr("cannot execute"));
}

TEST_F(UnitRunTest, WithoutLeaveItFailsWithTheRemedy) {
    systemd.run_units("", "");
    const auto result = run_unit(script("true"));
    EXPECT_EQ(result.at("exit_code"), 125);
    EXPECT_THAT(result.at("stderr").get<std::string>(), HasSubstr("install polkitd"));
}

TEST_F(UnitRunTest, WithoutAMessageBusItFailsWithTheRemedy) {
    runner.emplace(RunnerTimes{},
                   UnitWrapper{ATTUNE_UNIT_PATH, pipes(), "unix:path=/nowhere/bus.sock"});
    const auto result = run_unit(script("true"));
    EXPECT_EQ(result.at("exit_code"), 125);
    EXPECT_THAT(result.at("stderr").get<std::string>(), HasSubstr("use `runner: process`"));
}

TEST_F(UnitRunTest, WithoutARunnerOfItsOwnItIsRefused) {
    runner.emplace(RunnerTimes{});
    const auto result = run_unit(script("true"));
    EXPECT_THAT(result.at("error").get<std::string>(), HasSubstr("attune-runner.service"));
}

TEST(UnitOrder, IsOneLineThatLeadsBackToIt) {
    const UnitOrder order{{"/bin/a", "b\nc"}, {"X=1"}, "/", "{\"a\":1}\n"};
    const auto line = line_of(order);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(*read_order(line), order);
    for (const auto* wrong :
         {"", "{", "{}", "[]", R"({"argv":[],"env":[],"directory":"/","input":""})"}) {
        EXPECT_FALSE(read_order(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace attune
