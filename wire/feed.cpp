#include "wire/feed.h"

#include <cassert>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/json.h"
#include "wire/control_client.h"

namespace attune {
namespace {

// Items published before the wishes of subscribers are looked at again.
constexpr int kItemsPerStep = 1000;
constexpr Duration kPatience = std::chrono::seconds(5);

std::vector<std::string> prefixes_of(const std::vector<TopicPattern>& patterns) {
    std::vector<std::string> prefixes;
    prefixes.reserve(patterns.size());
    for (const auto& pattern : patterns) prefixes.push_back(pattern.literal_prefix());
    return prefixes;
}

}  // namespace

std::string feed_envelope(const FeedItem& item, const std::string& source,
                          const std::string& id, std::int64_t sequence) {
    auto envelope = compact({{"specversion", "1.0"},
                             {"id", id},
                             {"source", source},
                             {"type", "io.attune." + item.topic},
                             {"subject", item.subject},
                             {"time", format_rfc3339(item.time)},
                             {"datacontenttype", "application/json"},
                             {"sequence", fmt::format("{:012}", sequence)}});
    // Spliced in as it is: whoever made it has written it as JSON already.
    envelope.pop_back();
    return envelope + ",\"data\":" + item.data + "}";
}

FeedPublisher::FeedPublisher(Bus& bus, FeedOptions options, std::atomic<bool>& listened)
    : options_(std::move(options)),
      listened_(listened),
      inbox_(bus, options_.inbox),
      listener_(UnixListener::bind(options_.socket_path, options_.group)),
      publisher_(bus, options_.socket_path, listener_.fd(), options_.capacity) {
    static_cast<void>(listener_.release());  // the publisher's from here on
    if (!options_.relay.empty()) relay_.emplace(bus, std::vector{options_.relay});
}

FeedPublisher::~FeedPublisher() { listened_ = false; }

bool FeedPublisher::wanted() {
    const bool relayed = options_.relayed != nullptr && options_.relayed->load();
    return publisher_.has_subscribers() || relayed;
}

bool FeedPublisher::step(std::optional<Duration> timeout) {
    listened_ = wanted();
    pollfd wishes{.fd = publisher_.fd(), .events = POLLIN, .revents = 0};
    if (inbox_.wait(timeout, {&wishes, 1}).closed) {
        listened_ = false;
        return false;
    }
    listened_ = wanted();
    for (int i = 0; i < kItemsPerStep; ++i) {
        const auto bytes = inbox_.receive();
        if (!bytes) break;
        const auto message = decode(*bytes);
        const auto* item = message ? std::get_if<FeedItem>(&*message) : nullptr;
        if (item != nullptr) {
            publish(*item);
            if (relay_ && options_.relayed->load()) relay_->send(*bytes);
        } else if (options_.report) {
            options_.report("the feed drops a message that is no item: " +
                            (message ? "another kind" : message.error().message));
        }
    }
    return true;
}

void FeedPublisher::publish(const FeedItem& item) {
    const auto id = options_.life + "-" + std::to_string(++published_);
    publisher_.publish(item.topic,
                       feed_envelope(item, options_.source, id, ++sequences_[item.topic]));
}

FeedSubscriber::FeedSubscriber(const std::string& socket_path,
                               std::vector<TopicPattern> patterns)
    : patterns_(std::move(patterns)) {
    assert(!patterns_.empty());
    // The library would wait in silence for a daemon that never comes.
    reach(socket_path, kPatience);
    bus_ = std::make_unique<Bus>();
    subscriber_ = std::make_unique<TopicSubscriber>(*bus_, socket_path, prefixes_of(patterns_));
}

FeedSubscriber::~FeedSubscriber() = default;

std::optional<TopicMessage> FeedSubscriber::receive(std::optional<Duration> timeout,
                                                    std::span<pollfd> others) {
    if (auto message = next_matching()) return message;
    subscriber_->wait(timeout, others);
    return next_matching();
}

std::optional<TopicMessage> FeedSubscriber::next_matching() {
    while (auto message = subscriber_->receive()) {
        for (const auto& pattern : patterns_) {
            if (pattern.matches(message->topic)) return message;
        }
    }
    return std::nullopt;
}

}  // namespace attune
