// io.attune.Attune1 on a message bus of the test's own, with control endpoints that answer what
// a test says.
#include "daemon/dbus/dbus_loop.h"

#include <unistd.h>

#include <mutex>
#include <set>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "core/limits.h"
#include "tests/support/as_user.h"
#include "tests/support/private_bus.h"
#include "wire/inboxes.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// polkit, as far as it is asked.
class FakePolkit {
public:
    explicit FakePolkit(const std::string& address) : bus(address) {
        slot = bus.serve("/org/freedesktop/PolicyKit1/Authority", [this](BusRequest request) {
            asked = request.values();
            const bool may = allowed.contains(asked.at(1).get<std::string>());
            request.reply({"(bba{ss})", {{may, !may && challenges, Json::object()}}});
        });
        bus.call({.destination = "org.freedesktop.DBus",
                  .path = "/org/freedesktop/DBus",
                  .interface = "org.freedesktop.DBus",
                  .member = "RequestName",
                  .body = {"su", {"org.freedesktop.PolicyKit1", 0}}});
    }

    SystemBus bus;
    std::set<std::string> allowed;
    bool challenges = false;
    Json asked;

private:
    SystemBus::Slot slot;
};

class DbusLoopTest : public testing::Test {
protected:
    class Endpoint final : public ControlHandler {
    public:
        explicit Endpoint(DbusLoopTest& test) : test_(test) {}
        ControlResponse handle(const ControlRequest& request) override {
            const std::lock_guard lock(test_.mutex);
            test_.requests.push_back(request);
            return test_.response;
        }

    private:
        DbusLoopTest& test_;
    };

    DbusLoopTest() {
        CatalogBuilder builder;
        catalog = builder.build(Generation{1});
    }
    ~DbusLoopTest() override {
        bus.shutdown();
        loop.reset();
    }

    void start() {
        loop = std::make_unique<DbusLoop>(
            DbusOptions{.address = message_bus.address(), .user = ::geteuid(), .group = {}},
            bus, [this](int) { return std::make_unique<Endpoint>(*this); },
            [this] { return catalog; }, wanted, log);
        feed.emplace(bus, std::vector<std::string>{kMessageBusInbox});
        connect();
        ASSERT_TRUE(
            work([&] { return written.str().find("answers as") != std::string::npos; }));
    }

    void connect() {
        client.reset();
        client = std::make_unique<SystemBus>(message_bus.address());
    }

    // Lets both ends work until `done`.
    bool work(const std::function<bool()>& done) {
        for (int n = 0; n < 2000; ++n) {
            const auto next = loop->step({TimePoint{} + elapsed, elapsed});
            if (client) client->process();
            if (polkit) polkit->bus.process();
            if (done()) return true;
            loop->wait(std::min(next.value_or(10ms), Duration(10ms)));
        }
        return false;
    }

    static BusCall to(const std::string& member, BusBody body = {}) {
        return {.destination = kBusName,
                .path = kBusRoot,
                .interface = kBusManager,
                .member = member,
                .body = std::move(body)};
    }

    SystemBus::Reply ask(const BusCall& call) {
        std::optional<SystemBus::Reply> reply;
        client->call(call, [&](SystemBus::Reply said) { reply = std::move(said); });
        EXPECT_TRUE(work([&] { return reply.has_value(); })) << call.member;
        return reply.value_or(SystemBus::Reply(BusBody{}));
    }

    void answer_with(const Json& body, int status = 200) {
        const std::lock_guard lock(mutex);
        response = json_response(body, status);
    }

    static FeedItem completed(int id) {
        return {"execution.completed", "core.echo", TimePoint{},
                compact(Json{{"id", id}, {"action", "core.echo"}, {"state", "succeeded"}})};
    }

    std::ostringstream written;
    Log log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(written)};
    PrivateBus message_bus;
    Bus bus;
    std::shared_ptr<const Catalog> catalog;
    std::atomic<bool> wanted{false};
    Duration elapsed = 100s;

    std::mutex mutex;  // of the next two
    std::vector<ControlRequest> requests;
    ControlResponse response = json_response(Json::object());

    std::unique_ptr<DbusLoop> loop;
    std::optional<Outbox> feed;
    std::unique_ptr<SystemBus> client;
    std::unique_ptr<FakePolkit> polkit;
};

// Called by a user who may not use the control socket.
class DbusStrangerTest : public DbusLoopTest {
protected:
    void SetUp() override {
        if (!may_become_others()) GTEST_SKIP() << "needs root, to become another user";
        start();
        client.reset();
        // The kernel vouches for who connects.
        as_user(kNobody, kNobody, {},
                [&] { client = std::make_unique<SystemBus>(message_bus.address()); });
    }
};

TEST_F(DbusLoopTest, ACallIsAnsweredByTheControlEndpointsInTheCallersName) {
    start();
    answer_with({{"event", 7}, {"key", "k"}, {"duplicate", false}});
    const auto reply = ask(to("Fire", {"sss", {"ops.deploys", "{}", "k"}}));
    ASSERT_TRUE(reply) << reply.error().what();
    EXPECT_EQ(reply->signature, "tsb");
    EXPECT_EQ(reply->values, Json::parse(R"([7,"k",false])"));
    ASSERT_THAT(requests, SizeIs(1));
    EXPECT_EQ(requests[0].path, "/v1/sensors/ops.deploys/fire");
    EXPECT_EQ(requests[0].peer.uid, ::geteuid());
    EXPECT_EQ(requests[0].peer.pid, ::getpid());
}

TEST_F(DbusLoopTest, ARefusalComesWithItsReason) {
    start();
    {
        const std::lock_guard lock(mutex);
        response = error_response(404, "not_found", "no sensor `ops.x`", "did you mean ops.y?");
    }
    const auto reply = ask(to("Fire", {"sss", {"ops.x", "", ""}}));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().name(), "io.attune.Attune1.Error.NotFound");
    EXPECT_EQ(reply.error().message(), "no sensor `ops.x`; did you mean ops.y?");
}

TEST_F(DbusLoopTest, WhatItDoesNotUnderstandReachesNoEndpoint) {
    start();
    EXPECT_EQ(ask(to("Fire", {"s", {"ops.x"}})).error().name(),
              "org.freedesktop.DBus.Error.InvalidArgs");
    EXPECT_EQ(ask(to("Fly")).error().name(), "org.freedesktop.DBus.Error.UnknownMethod");
    EXPECT_THAT(requests, IsEmpty());
}

TEST_F(DbusLoopTest, DescribesItselfToAnyone) {
    start();
    auto call = to("Introspect");
    call.interface = "org.freedesktop.DBus.Introspectable";
    const auto reply = ask(call);
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->values.at(0).get<std::string>(), HasSubstr("GetNextFires"));
    EXPECT_THAT(requests, IsEmpty());
}

TEST_F(DbusLoopTest, ATextThatTheBusCannotCarryIsAnErrorAndNoSilence) {
    start();
    answer_with({{"execution", 1}, {"key", std::string("a\0b", 3)}, {"duplicate", false}});
    const auto reply = ask(to("Run", {"sss", {"core.echo", "", ""}}));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().name(), "org.freedesktop.DBus.Error.Failed");
}

TEST_F(DbusLoopTest, SignalsGoToThoseWhoSubscribedAndToNobodyElse) {
    start();
    std::vector<Json> heard;
    const auto slot = client->watch("type='signal',interface='io.attune.Attune1.Manager'",
                                    [&](const BusSignal& signal) {
                                        heard.push_back({signal.member, signal.body.values});
                                    });
    feed->send(encode(completed(1)));
    EXPECT_FALSE(wanted);
    ASSERT_TRUE(ask(to("Subscribe")));
    EXPECT_TRUE(wanted);
    feed->send(encode(completed(2)));
    ASSERT_TRUE(work([&] { return !heard.empty(); }));
    EXPECT_THAT(
        heard,
        ElementsAre(Json::parse(R"(["ExecutionCompleted",[2,"core.echo","","succeeded"]])")));
    ASSERT_TRUE(ask(to("Unsubscribe")));
    EXPECT_FALSE(wanted);
}

TEST_F(DbusLoopTest, ASubscriberThatLeavesIsForgotten) {
    start();
    ASSERT_TRUE(ask(to("Subscribe")));
    client.reset();
    EXPECT_TRUE(work([&] { return !wanted; }));
}

TEST_F(DbusLoopTest, MoreSignalsThanAreGoodForTheBusAreCounted) {
    start();
    std::size_t heard = 0;
    std::uint64_t missed = 0;
    const auto slot = client->watch("type='signal',interface='io.attune.Attune1.Manager'",
                                    [&](const BusSignal& signal) {
                                        if (signal.member == "SignalsMissed") {
                                            missed = signal.body.values.at(0);
                                        } else {
                                            ++heard;
                                        }
                                    });
    ASSERT_TRUE(ask(to("Subscribe")));
    elapsed += 1s;
    for (std::size_t n = 0; n < limits::kBusSignalsPerSecond + 5; ++n) {
        feed->send(encode(completed(static_cast<int>(n))));
    }
    ASSERT_TRUE(work([&] { return heard == limits::kBusSignalsPerSecond; }));
    EXPECT_EQ(missed, 0U);
    elapsed += 1s;
    ASSERT_TRUE(work([&] { return missed > 0; }));
    EXPECT_EQ(missed, 5U);
    EXPECT_EQ(heard, limits::kBusSignalsPerSecond);
}

TEST_F(DbusLoopTest, OneCallerCannotTakeAllThereIs) {
    start();
    std::unique_lock endpoint(mutex);  // which holds up every answer
    std::size_t refused = 0;
    std::size_t answered = 0;
    constexpr auto kCalls = limits::kBusCallsOfOne + 3;
    for (std::size_t n = 0; n < kCalls; ++n) {
        client->call(to("Reload"),
                     [&](const SystemBus::Reply& reply) { reply ? ++answered : ++refused; });
    }
    ASSERT_TRUE(work([&] { return refused == 3; }));
    EXPECT_EQ(answered, 0U);
    endpoint.unlock();
    EXPECT_TRUE(work([&] { return answered == limits::kBusCallsOfOne; }));
}

TEST_F(DbusLoopTest, ABusThatIsRestartedIsFoundAgain) {
    start();
    ASSERT_TRUE(ask(to("Subscribe")));
    message_bus.stop();
    client.reset();
    ASSERT_TRUE(work([&] { return !wanted; }));
    EXPECT_THAT(written.str(), HasSubstr("not there as io.attune.Attune1"));
    message_bus.start();
    elapsed += 1min;
    written.str("");
    ASSERT_TRUE(work([&] { return written.str().find("answers as") != std::string::npos; }));
    connect();
    EXPECT_TRUE(ask(to("Reload")));
}

TEST_F(DbusLoopTest, ANameThatIsTakenIsToldOnceAndTriedAgain) {
    start();
    Bus other;
    std::ostringstream told;
    Log its_log{"other", std::make_shared<spdlog::sinks::ostream_sink_mt>(told)};
    std::atomic<bool> its_wanted{false};
    auto second = std::make_unique<DbusLoop>(
        DbusOptions{.address = message_bus.address(), .user = ::geteuid(), .group = {}}, other,
        [this](int) { return std::make_unique<Endpoint>(*this); }, [this] { return catalog; },
        its_wanted, its_log);
    Duration later = 100s;
    const auto tries = [&](const char* word) {
        for (int n = 0; n < 2000 && told.str().find(word) == std::string::npos; ++n) {
            second->step({TimePoint{} + later, later});
            second->wait(10ms);
        }
        return told.str().find(word) != std::string::npos;
    };
    ASSERT_TRUE(tries("another daemon is io.attune.Attune1 there"));
    bus.shutdown();
    loop.reset();
    later += 1min;
    EXPECT_TRUE(tries("answers as io.attune.Attune1"));
    other.shutdown();
    second.reset();
}

TEST_F(DbusStrangerTest, MayNothingWithoutPolkit) {
    const auto reply = ask(to("Reload"));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().name(), "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_THAT(reply.error().message(), HasSubstr("io.attune.Attune1.control"));
    EXPECT_THAT(requests, IsEmpty());
}

TEST_F(DbusStrangerTest, MayWhatPolkitSays) {
    polkit = std::make_unique<FakePolkit>(message_bus.address());
    polkit->allowed = {"io.attune.Attune1.read", "io.attune.Attune1.trigger"};
    ASSERT_TRUE(ask(to("Fire", {"sss", {"ops.deploys", "", ""}})));
    EXPECT_EQ(requests.at(0).peer.uid, kNobody);
    EXPECT_EQ(polkit->asked.at(0).at(0), "system-bus-name");
    EXPECT_EQ(polkit->asked.at(1), "io.attune.Attune1.trigger");
    EXPECT_EQ(polkit->asked.at(3), 0);
    auto version = to("Get", {"ss", {kBusManager, "Version"}});
    version.interface = "org.freedesktop.DBus.Properties";
    EXPECT_TRUE(ask(version));
    const auto denied = ask(to("Drain"));
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().name(), "org.freedesktop.DBus.Error.AccessDenied");
    EXPECT_THAT(requests, SizeIs(2));
}

TEST_F(DbusStrangerTest, IsToldWhereAPasswordWouldHelp) {
    polkit = std::make_unique<FakePolkit>(message_bus.address());
    polkit->challenges = true;
    const auto reply = ask(to("Drain"));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().name(),
              "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
}

}  // namespace
}  // namespace attune
