#include "wire/feed.h"

#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include <gmock/gmock.h>

#include "core/json.h"
#include "core/json_schema.h"
#include "schemas/embedded.h"
#include "tests/support/temp_directory.h"
#include "wire/control_client.h"

namespace attune {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Long enough for any machine; reached only by a test that fails.
constexpr Duration kPatience = 60s;

class FeedTest : public testing::Test {
protected:
    FeedTest() { start(options()); }

    // Listens for `texts`, and for the marks of the tests themselves.
    std::unique_ptr<FeedSubscriber> subscribe(std::vector<std::string> texts) {
        texts.emplace_back("mark.#");
        std::vector<TopicPattern> patterns;
        for (const auto& text : texts) patterns.push_back(TopicPattern::parse(text).value());
        auto subscriber = std::make_unique<FeedSubscriber>(path, patterns);
        // What is published before a wish has arrived is not for it; the mark is the last.
        do {
            publish("mark.begin");
        } while (!subscriber->receive(1ms));
        return subscriber;
    }

    void publish(const std::string& topic, const std::string& data = "{}") {
        ASSERT_TRUE(outbox->send(encode(FeedItem{topic, "ops.tick", TimePoint(1s), data})));
        ASSERT_TRUE(publisher->step(0s));
    }

    // What the subscriber has got so far.
    std::vector<TopicMessage> heard(FeedSubscriber& subscriber) {
        publish("mark.end");
        std::vector<TopicMessage> messages;
        while (true) {
            const auto message = subscriber.receive(kPatience);
            if (message && message->topic == "mark.end") return messages;
            if (message && message->topic != "mark.begin") messages.push_back(*message);
        }
    }
    std::vector<std::string> topics_heard(FeedSubscriber& subscriber) {
        std::vector<std::string> topics;
        for (const auto& message : heard(subscriber)) topics.push_back(message.topic);
        return topics;
    }

    void start(const FeedOptions& chosen) {
        publisher = std::make_unique<FeedPublisher>(bus, chosen, listened);
        outbox = std::make_unique<Outbox>(bus, std::vector<std::string>{"feed"});
    }

    FeedOptions options(std::size_t capacity = 1000) {
        return {.socket_path = path,
                .group = {},
                .source = "/attune/n1",
                .life = "L",
                .capacity = capacity,
                .report = [this](const std::string& text) { reports.push_back(text); }};
    }

    TempDirectory directory;
    std::string path = directory / "feed.sock";
    std::vector<std::string> reports;
    Bus bus;
    std::atomic<bool> listened{false};
    std::unique_ptr<FeedPublisher> publisher;
    std::unique_ptr<Outbox> outbox;
};

TEST_F(FeedTest, ReachesWhoeverListensWithAnEnvelope) {
    const auto subscriber = subscribe({"event.created"});
    publish("event.created", R"({"id":7})");
    const auto messages = heard(*subscriber);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].topic, "event.created");
    const auto envelope = Json::parse(messages[0].data);
    EXPECT_EQ(envelope["type"], "io.attune.event.created");
    EXPECT_EQ(envelope["data"], (Json{{"id", 7}}));
}

TEST_F(FeedTest, GivesEachListenerWhatItAskedForInOrder) {
    const auto everything = subscribe({"#"});
    const auto events = subscribe({"event.*"});
    const auto two = subscribe({"enforcement.#", "execution.completed"});
    for (const auto* topic : {"event.created", "enforcement.created", "execution.requested",
                              "event.created.late", "execution.completed"}) {
        publish(topic);
    }
    EXPECT_THAT(topics_heard(*everything),
                ElementsAre("event.created", "enforcement.created", "execution.requested",
                            "event.created.late", "execution.completed"));
    // The prefix lets the third of these through to the subscriber, the pattern does not.
    EXPECT_THAT(topics_heard(*events), ElementsAre("event.created"));
    EXPECT_THAT(topics_heard(*two), ElementsAre("enforcement.created", "execution.completed"));
}

TEST_F(FeedTest, KnowsWhetherAnybodyListens) {
    EXPECT_FALSE(listened);
    auto one = subscribe({"event.*"});
    auto two = subscribe({"event.*"});
    EXPECT_TRUE(listened);
    one.reset();
    two.reset();
    while (listened) ASSERT_TRUE(publisher->step(1ms));
}

TEST_F(FeedTest, ASubscriberThatDoesNotReadHoldsNobody) {
    publisher.reset();
    start(options(10));
    const auto slow = subscribe({"event.created"});
    const std::string data = R"({"text":")" + std::string(10'000, 'x') + R"("})";
    constexpr int kItems = 5000;  // 50 MB: more than any buffer on the way holds
    for (int i = 0; i < kItems; ++i) publish("event.created", data);

    // It learns from the numbers that it has missed some.
    std::vector<int> numbers;
    while (const auto message = slow->receive(1ms)) {
        if (message->topic == "mark.begin") continue;
        numbers.push_back(std::stoi(Json::parse(message->data)["sequence"].get<std::string>()));
    }
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.front(), 1);
    EXPECT_LT(numbers.size(), kItems);

    do {
        publish("event.created", "{}");
    } while (!slow->receive(1ms));
}

TEST_F(FeedTest, ItsSocketIsForItsOwnerAndItsGroup) {
    struct stat file {};
    ASSERT_EQ(::stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode, S_IFSOCK | 0660U);
    publisher.reset();
    EXPECT_EQ(::stat(path.c_str(), &file), -1);
}

TEST_F(FeedTest, OnlyOneDaemonServesASocket) {
    Bus other;
    std::atomic<bool> others{false};
    EXPECT_THROW(FeedPublisher(other, options(), others), SocketTaken);
    EXPECT_THAT(topics_heard(*subscribe({"event.*"})), IsEmpty());
}

TEST_F(FeedTest, AListenerFindsTheDaemonThatComesBack) {
    const auto subscriber = subscribe({"event.created"});
    publisher.reset();
    EXPECT_FALSE(listened);
    start(options());
    // The wish is counted by a step of its own, which may come after the first item is heard.
    do {
        publish("event.created");
    } while (!subscriber->receive(1ms) || !listened);
}

TEST_F(FeedTest, WhatIsNoItemIsReportedAndDropped) {
    const auto subscriber = subscribe({"#"});
    outbox->send("rubbish");
    outbox->send(encode(Wake{}));
    publish("event.created");
    EXPECT_THAT(topics_heard(*subscriber), ElementsAre("event.created"));
    EXPECT_THAT(reports,
                ElementsAre(HasSubstr("its version is not ours"), HasSubstr("another kind")));
}

TEST_F(FeedTest, EndsWithTheBus) {
    const auto subscriber = subscribe({"#"});
    bus.shutdown();
    EXPECT_FALSE(publisher->step(std::nullopt));
    EXPECT_FALSE(listened);
}

TEST_F(FeedTest, ListeningWithoutADaemonSaysSo) {
    publisher.reset();
    try {
        subscribe({"#"});
        FAIL() << "nobody is there";
    } catch (const ControlUnreachable& unreachable) {
        EXPECT_EQ(unreachable.why, ControlUnreachable::Why::kNotRunning);
        EXPECT_THAT(unreachable.what(), HasSubstr(path));
    }
}

TEST_F(FeedTest, ListeningEndsWithAnotherDescriptor) {
    const auto subscriber = subscribe({"event.*"});
    while (subscriber->receive(0s)) {
    }
    const int event = eventfd(1, EFD_CLOEXEC);
    pollfd others[] = {{.fd = event, .events = POLLIN, .revents = 0}};
    EXPECT_EQ(subscriber->receive(kPatience, others), std::nullopt);
    EXPECT_EQ(others[0].revents, POLLIN);
    ::close(event);
}

// The whole text: it is what other people's programs parse.
TEST(FeedEnvelope, IsCloudEvents) {
    EXPECT_EQ(
        feed_envelope({"event.created", "ops.\"tick\"", TimePoint(1'500ms), R"({"id":7})"},
                      "/attune/n1", "L-3", 2),
        R"({"datacontenttype":"application/json","id":"L-3","sequence":"000000000002",)"
        R"("source":"/attune/n1","specversion":"1.0","subject":"ops.\"tick\"",)"
        R"("time":"1970-01-01T00:00:01.5Z","type":"io.attune.event.created",)"
        R"("data":{"id":7}})");
}

JsonSchema published_schema() {
    for (const auto& file : embedded_schemas()) {
        if (file.name == "feed.schema.json") {
            return JsonSchema::compile(Json::parse(file.text)).value();
        }
    }
    throw std::logic_error("feed.schema.json is not embedded");
}

TEST(FeedEnvelope, MatchesThePublishedSchema) {
    const auto schema = published_schema();
    for (const auto& item :
         {FeedItem{"event.created", "ops.tick", TimePoint(1'500ms), R"({"id":7})"},
          FeedItem{"execution.status.changed", "", TimePoint(), "{}"},
          FeedItem{"catalog.changed", "\xff", TimePoint(1us), R"({"a":[1,{"b":null}]})"}}) {
        const auto envelope = Json::parse(feed_envelope(item, "/attune/n1", "L-1", 1));
        const auto violations = schema.validate(envelope);
        EXPECT_TRUE(violations.empty()) << envelope << ": " << violations.front().message;
    }
}

TEST(FeedEnvelope, ThePublishedSchemaRefusesWhatIsNoItem) {
    const auto schema = published_schema();
    const auto good = Json::parse(
        feed_envelope({"event.created", "s", TimePoint(), "{}"}, "/attune/n1", "L-1", 1));
    for (const auto& [name, unused] : good.items()) {
        auto without = good;
        without.erase(name);
        EXPECT_FALSE(schema.accepts(without)) << name;
        auto other = good;
        other[name] = 7;
        EXPECT_FALSE(schema.accepts(other)) << name;
    }
}

}  // namespace
}  // namespace attune
