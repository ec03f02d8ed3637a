#include "daemon/executor/intake.h"

#include <gmock/gmock.h>

#include "core/limits.h"

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

TEST(Intake, RequestsAreToldApartByTheirKeys) {
    Intake intake;
    for (const char* key : {"a", "b", "a"}) {
        intake.take(FireRequest{.sensor = SensorId{7}, .dedupe_key = key});
        intake.take(RunRequest{.key = key});
    }
    EXPECT_THAT(intake.runs, SizeIs(2));
    auto batch = intake.next_batch(10);
    EXPECT_THAT(batch, SizeIs(2));
    intake.put_back(std::move(batch));
    intake.take(FireRequest{.sensor = SensorId{7}, .dedupe_key = "b"});
    EXPECT_THAT(intake.next_batch(10), SizeIs(2));
    intake.take(FireRequest{.sensor = SensorId{7}, .dedupe_key = "b"});
    EXPECT_THAT(intake.next_batch(10), SizeIs(1));
}

TEST(Intake, ACancellationIsRepeatedByItsAskerAlone) {
    Intake intake;
    for (const char* asker : {"control.0", "control.1", "control.0"}) {
        intake.take(CancelRequest{.request = 1, .reply_to = asker});
    }
    intake.take(CancelRequest{.request = 2, .reply_to = "control.0"});
    EXPECT_THAT(intake.cancels, SizeIs(3));
}

TEST(Intake, HoldsNoMoreRequestsThanItMay) {
    Intake intake;
    for (std::size_t n = 0; n < 2 * limits::kWaitingRequests; ++n) {
        intake.take(FireRequest{.sensor = SensorId{7}, .dedupe_key = std::to_string(n)});
        intake.take(RunRequest{.key = std::to_string(n)});
        intake.take(CancelRequest{.request = n});
    }
    EXPECT_THAT(intake.runs, SizeIs(limits::kWaitingRequests));
    EXPECT_THAT(intake.cancels, SizeIs(limits::kWaitingRequests));
    EXPECT_EQ(intake.waiting(), limits::kWaitingRequests);
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
