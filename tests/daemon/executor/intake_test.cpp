#include "daemon/executor/intake.h"

#include <gmock/gmock.h>

namespace attune {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Message decisions(std::vector<std::int64_t> sensors) {
    Decisions message{"timers.0", {}};
    for (const auto sensor : sensors) {
        Decision decision{};
        decision.sensor = SensorId{sensor};
        message.decisions.push_back(decision);
    }
    return message;
}

std::vector<std::int64_t> sensors_of(const std::vector<Work>& works) {
    std::vector<std::int64_t> sensors;
    for (const auto& work : works) {
        sensors.push_back(work.decision ? work.decision->sensor.value
                                        : work.fire->sensor.value);
    }
    return sensors;
}

TEST(Intake, GivesWorkInTheOrderItCame) {
    Intake intake;
    intake.take(decisions({3, 1}));
    intake.take(FireRequest{.sensor = SensorId{7}});
    EXPECT_THAT(sensors_of(intake.next_batch(10)), testing::ElementsAre(3, 1, 7));
    EXPECT_FALSE(intake.has_work());
}

TEST(Intake, ADecisionPushedAgainIsTheSameWork) {
    Intake intake;
    intake.take(decisions({1, 2}));
    intake.take(decisions({1, 2}));
    EXPECT_THAT(intake.next_batch(10), SizeIs(2));
}

TEST(Intake, ASensorMayDecideAgainOnceItsWorkIsTaken) {
    Intake intake;
    intake.take(decisions({1}));
    intake.next_batch(10);
    intake.take(decisions({1}));
    EXPECT_THAT(intake.next_batch(10), SizeIs(1));
}

TEST(Intake, FiresFromOutsideAreNeverTheSame) {
    Intake intake;
    intake.take(FireRequest{.request = 1, .sensor = SensorId{7}});
    intake.take(FireRequest{.request = 2, .sensor = SensorId{7}});
    EXPECT_THAT(intake.next_batch(10), SizeIs(2));
}

TEST(Intake, WhatIsPutBackComesFirstAndInItsOrder) {
    Intake intake;
    intake.take(decisions({1, 2, 3}));
    auto batch = intake.next_batch(2);
    intake.take(decisions({4}));
    intake.put_back(std::move(batch));
    EXPECT_THAT(sensors_of(intake.next_batch(10)), testing::ElementsAre(1, 2, 3, 4));
}

TEST(Intake, WhatIsPutBackYieldsToANewerCopy) {
    Intake intake;
    intake.take(decisions({1}));
    auto batch = intake.next_batch(1);
    intake.take(decisions({1}));
    intake.put_back(std::move(batch));
    EXPECT_THAT(intake.next_batch(10), SizeIs(1));
}

TEST(Intake, SortsWhatTheRunnerSays) {
    Intake intake;
    intake.take(ProcessStarted{.process_group = 5});
    intake.take(ProcessFinished{});
    intake.take(Wake{});
    EXPECT_THAT(intake.started, SizeIs(1));
    EXPECT_THAT(intake.finished, SizeIs(1));
    EXPECT_TRUE(intake.woken);
    EXPECT_THAT(intake.next_batch(10), IsEmpty());
}

}  // namespace
}  // namespace attune
