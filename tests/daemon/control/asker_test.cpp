#include "daemon/control/asker.h"

#include <functional>
#include <memory>
#include <thread>

#include <gmock/gmock.h>

#include "os/system_clock.h"

namespace attune {
namespace {

using namespace std::chrono_literals;

FireRequest a_fire() {
    FireRequest fire;
    fire.sensor = SensorId{3};
    fire.dedupe_key = "k";
    fire.payload = "{}";
    return fire;
}

// The thread at the other end: answers what `answer` makes of a message.
class Answering {
public:
    using Answer = std::function<std::optional<std::string>(const Message&)>;

    Answering(Bus& bus, const std::string& inbox, const std::string& asker, Answer answer)
        : inbox_(std::make_unique<Inbox>(bus, inbox)),
          thread_([this, &bus, asker, answer = std::move(answer)] {
              Outbox outbox(bus, {asker});
              const auto own = std::move(inbox_);
              while (!own->wait(std::nullopt).closed) {
                  while (const auto bytes = own->receive()) {
                      const auto reply = answer(*decode(*bytes));
                      if (reply) outbox.send(*reply);
                  }
              }
          }) {}

private:
    std::unique_ptr<Inbox> inbox_;
    std::jthread thread_;
};

class AskerTest : public testing::Test {
protected:
    ~AskerTest() override { bus.shutdown(); }

    static std::optional<std::string> recorded(const Message& message) {
        const auto* fire = std::get_if<FireRequest>(&message);
        if (fire == nullptr) return std::nullopt;
        return encode(FireReply{fire->request, RequestOutcome::kRecorded, EventId{5},
                                fire->scheduled_at, ""});
    }

    SystemClock clock;
    Bus bus;
};

TEST_F(AskerTest, TheAnswerToARequestComesBack) {
    Asker asker(bus, clock, "control.0", 1);
    const Answering executor(bus, "executor.0", "control.0", recorded);
    const auto reply = asker.fire(a_fire(), 10s);
    bus.shutdown();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->event, EventId{5});
}

TEST_F(AskerTest, ARequestThatGotLostIsRepeatedAsItWas) {
    Asker asker(bus, clock, "control.0", 1);
    std::vector<std::string> heard;
    auto executor = std::make_unique<Answering>(
        bus, "executor.0", "control.0", [&](const Message& message) {
            heard.push_back(encode(message));
            return heard.size() == 1 ? std::nullopt : recorded(message);
        });
    const auto reply = asker.fire(a_fire(), 10s);
    bus.shutdown();
    executor.reset();  // nobody adds to `heard` any more
    ASSERT_TRUE(reply);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0], heard[1]);
}

TEST_F(AskerTest, AnswersToEarlierRequestsArePassedOver) {
    Asker asker(bus, clock, "control.0", 1);
    const Answering executor(bus, "executor.0", "control.0", recorded);
    Outbox late(bus, {"control.0"});
    late.send(encode(FireReply{99, RequestOutcome::kRefused, {}, {}, "somebody else's"}));
    const auto reply = asker.fire(a_fire(), 10s);
    bus.shutdown();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->outcome, RequestOutcome::kRecorded);
}

TEST_F(AskerTest, WithoutAnAnswerItGivesUpInTime) {
    Asker asker(bus, clock, "control.0", 1);
    EXPECT_FALSE(asker.fire(a_fire(), 20ms));
}

TEST_F(AskerTest, AReconcilePassIsAskedForOnce) {
    Asker asker(bus, clock, "control.0", 1);
    const Answering reconcile(
        bus, "reconcile", "control.0",
        [](const Message& message) -> std::optional<std::string> {
            const auto& asked = std::get<ReconcileRequest>(message);
            return encode(ReconcileReply{asked.request, asked.plan_only ? "plan" : "pass"});
        });
    const auto reply = asker.reconcile({.reply_to = {}, .plan_only = true}, 10s);
    bus.shutdown();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->report, "plan");
}

}  // namespace
}  // namespace attune
