// The thread of the feed: publishes what the others tell, for as long as anyone listens.
#pragma once

#include <utility>

#include "daemon/loop.h"
#include "wire/feed.h"

namespace attune {

class FeedLoop final : public Loop {
public:
    FeedLoop(Bus& bus, FeedOptions options, std::atomic<bool>& listened)
        : publisher_(bus, std::move(options), listened) {}

    std::optional<Duration> step(Moment) override { return kLongestWait; }
    Woken wait(std::optional<Duration> timeout) override {
        return {.message = false, .closed = !publisher_.step(timeout)};
    }

private:
    FeedPublisher publisher_;
};

}  // namespace attune
