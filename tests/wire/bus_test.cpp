#include "wire/bus.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include <gmock/gmock.h>

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

// Long enough for any machine; reached only by a test that fails.
constexpr Duration kPatience = 60s;

std::string await(Inbox& inbox) {
    while (true) {
        if (auto bytes = inbox.receive()) return *bytes;
        if (inbox.wait(kPatience).closed) return "closed";
    }
}

class BusTest : public testing::Test {
protected:
    Bus bus;
};

TEST_F(BusTest, CarriesBytesAsTheyAre) {
    Inbox inbox(bus, "here");
    Outbox outbox(bus, {"here"});
    const std::string bytes("a\0b\xff", 4);
    EXPECT_TRUE(outbox.send(bytes));
    EXPECT_TRUE(outbox.send(""));
    EXPECT_EQ(await(inbox), bytes);
    EXPECT_EQ(await(inbox), "");
}

TEST_F(BusTest, ReceivingNeverWaits) {
    Inbox inbox(bus, "here");
    EXPECT_EQ(inbox.receive(), std::nullopt);
}

TEST_F(BusTest, AnInboxMayBeMadeAfterItsOutbox) {
    Outbox outbox(bus, {"later"});
    ASSERT_TRUE(outbox.send("early"));
    Inbox inbox(bus, "later");
    EXPECT_EQ(await(inbox), "early");
}

TEST_F(BusTest, ANameIsTakenOnceAndFreeAgainAtOnce) {
    for (int life = 0; life < 100; ++life) {
        Inbox inbox(bus, "here");
        EXPECT_THROW(Inbox(bus, "here"), std::runtime_error);
    }
}

TEST_F(BusTest, AFullInboxRefusesWithoutWaiting) {
    Inbox inbox(bus, "here");
    Outbox outbox(bus, {"here"}, 10);
    int taken = 0;
    while (outbox.send("x")) ++taken;
    EXPECT_EQ(taken, 11);  // ten that wait, and one on the inbox's own side

    while (inbox.receive()) {
    }
    EXPECT_TRUE(outbox.send("again"));
}

TEST_F(BusTest, AnInboxThatIsNotThereYetIsBoundedToo) {
    Outbox outbox(bus, {"nobody"}, 10);
    int taken = 0;
    while (outbox.send("x")) ++taken;
    EXPECT_GE(taken, 10);
    EXPECT_LE(taken, 11);
}

TEST_F(BusTest, AnInboxThatIsGoneTakesNothing) {
    Outbox outbox(bus, {"here"});
    {
        Inbox inbox(bus, "here");
        outbox.send("first");
        await(inbox);
    }
    // The end of the other side arrives like a message; until it does, sends are taken.
    while (outbox.send("x")) {
    }
    EXPECT_FALSE(outbox.send("x"));
}

TEST_F(BusTest, SendsToSeveralInboxesInTurnAndPassesOverFullOnes) {
    Inbox a(bus, "a");
    Inbox b(bus, "b");
    Outbox outbox(bus, {"a", "b"}, 4);
    ASSERT_TRUE(outbox.send("1"));
    ASSERT_TRUE(outbox.send("2"));
    EXPECT_EQ(await(a), "1");
    EXPECT_EQ(await(b), "2");

    int taken = 0;
    while (outbox.send("x")) ++taken;
    EXPECT_GE(taken, 8);
    EXPECT_LE(taken, 10);
    while (a.receive()) {
    }
    EXPECT_TRUE(outbox.send("to a"));
    EXPECT_EQ(await(a), "to a");
}

TEST_F(BusTest, WaitingEndsWithAMessage) {
    Inbox inbox(bus, "here");
    std::latch received(1);
    std::jthread sender([&] {
        Outbox outbox(bus, {"here"});
        outbox.send("x");
        received.wait();
    });
    EXPECT_EQ(await(inbox), "x");
    received.count_down();
}

TEST_F(BusTest, WaitingEndsWithItsTime) {
    Inbox inbox(bus, "here");
    const auto woken = inbox.wait(500us);
    EXPECT_FALSE(woken.message);
    EXPECT_FALSE(woken.closed);
    EXPECT_FALSE(inbox.wait(-5s).message);
}

TEST_F(BusTest, WaitingEndsWithAnotherDescriptor) {
    Inbox inbox(bus, "here");
    const int event = eventfd(1, EFD_CLOEXEC);
    pollfd others[] = {{.fd = event, .events = POLLIN, .revents = 0}};
    EXPECT_FALSE(inbox.wait(std::nullopt, others).message);
    EXPECT_EQ(others[0].revents, POLLIN);
    close(event);
}

TEST_F(BusTest, OtherDescriptorsAreSeenBesideAMessage) {
    Inbox inbox(bus, "here");
    Outbox outbox(bus, {"here"});
    outbox.send("x");
    const int ready = eventfd(1, EFD_CLOEXEC);
    const int silent = eventfd(0, EFD_CLOEXEC);
    pollfd others[] = {{.fd = ready, .events = POLLIN, .revents = 0},
                       {.fd = silent, .events = POLLIN, .revents = POLLIN}};
    EXPECT_TRUE(inbox.wait(std::nullopt, others).message);
    EXPECT_EQ(others[0].revents, POLLIN);
    EXPECT_EQ(others[1].revents, 0);
    close(ready);
    close(silent);
}

// The descriptor of a socket stays silent about messages it has announced before; whoever
// reads one of three and waits must be told about the other two.
TEST_F(BusTest, WaitingIsNotFooledByMessagesAnnouncedEarlier) {
    Inbox inbox(bus, "here");
    Outbox outbox(bus, {"here"});
    for (const auto* bytes : {"1", "2", "3"}) outbox.send(bytes);
    for (const auto* bytes : {"1", "2", "3"}) {
        ASSERT_TRUE(inbox.wait(std::nullopt).message);
        ASSERT_THAT(inbox.receive(), Optional(std::string(bytes)));
    }
}

TEST_F(BusTest, AForeignLoopThatDrainsAndAsksMissesNothing) {
    constexpr int kCount = 20'000;
    Inbox inbox(bus, "here");
    std::latch done(1);
    std::jthread sender([&] {
        Outbox outbox(bus, {"here"}, kCount);
        for (int i = 0; i < kCount; ++i) outbox.send(std::to_string(i));
        done.wait();
    });
    int received = 0;
    while (received < kCount) {
        while (inbox.receive()) ++received;
        if (received == kCount || inbox.has_message()) continue;
        pollfd loop{.fd = inbox.fd(), .events = POLLIN, .revents = 0};
        if (poll(&loop, 1, 60'000) != 1) break;
    }
    EXPECT_EQ(received, kCount) << "silent with messages left";
    done.count_down();
}

TEST_F(BusTest, ManySendersReachOneInboxEachInItsOrder) {
    constexpr int kSenders = 4;
    constexpr int kEach = 5'000;
    Inbox inbox(bus, "here");
    std::latch received(1);
    std::vector<std::jthread> senders;
    senders.reserve(kSenders);
    for (int sender = 0; sender < kSenders; ++sender) {
        senders.emplace_back([&, sender] {
            Outbox outbox(bus, {"here"}, kEach);
            for (int i = 0; i < kEach; ++i) {
                outbox.send(std::to_string(sender) + " " + std::to_string(i));
            }
            received.wait();
        });
    }
    std::map<int, int> next;
    for (int i = 0; i < kSenders * kEach; ++i) {
        const auto bytes = await(inbox);
        const int sender = std::stoi(bytes);
        EXPECT_EQ(std::stoi(bytes.substr(2)), next[sender]++);
    }
    received.count_down();
}

TEST_F(BusTest, ShutdownWakesWhoeverWaits) {
    std::latch waiting(3);
    std::atomic<int> closed = 0;
    std::vector<std::jthread> threads;
    for (const auto* name : {"a", "b", "c"}) {
        threads.emplace_back([&, name] {
            Inbox inbox(bus, name);
            waiting.count_down();
            while (!inbox.wait(std::nullopt).closed) {
            }
            EXPECT_EQ(inbox.receive(), std::nullopt);
            EXPECT_FALSE(inbox.has_message());
            ++closed;
        });
    }
    waiting.wait();
    bus.shutdown();
    bus.shutdown();
    threads.clear();
    EXPECT_EQ(closed, 3);
}

TEST_F(BusTest, AClosedBusTakesNothingAndMakesNothing) {
    Outbox outbox(bus, {"here"});
    bus.shutdown();
    EXPECT_FALSE(outbox.send("x"));
    EXPECT_THROW(Inbox(bus, "there"), BusClosed);
    EXPECT_THROW(Outbox(bus, {"there"}), BusClosed);
}

TEST(LossyBus, LosesWhatItIsToldToAndCallsItTaken) {
    Bus bus([](std::string_view bytes) { return bytes.starts_with("lose"); });
    Inbox inbox(bus, "here");
    Outbox outbox(bus, {"here"});
    EXPECT_TRUE(outbox.send("lose this"));
    EXPECT_TRUE(outbox.send("keep this"));
    EXPECT_EQ(await(inbox), "keep this");
    EXPECT_EQ(inbox.receive(), std::nullopt);
}

}  // namespace
}  // namespace attune
