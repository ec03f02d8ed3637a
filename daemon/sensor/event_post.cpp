#include "daemon/sensor/event_post.h"

#include <algorithm>
#include <utility>

#include "wire/inboxes.h"

namespace attune {
namespace {

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::seconds(30);

}  // namespace

EventPost::EventPost(Bus& bus, std::string reply_to, int executors)
    : reply_to_(std::move(reply_to)), executors_(bus, executor_inboxes(executors)) {}

std::uint64_t EventPost::post(FireRequest request, Duration elapsed) {
    request.request = ++last_;
    request.reply_to = reply_to_;
    auto& letter = under_way_[last_];
    letter.bytes = encode(request);
    letter.pause = kFirstPause;
    send(letter, elapsed);
    return last_;
}

bool EventPost::settle(const FireReply& reply) { return under_way_.erase(reply.request) > 0; }

void EventPost::withdraw(std::uint64_t request) { under_way_.erase(request); }

void EventPost::repeat(Duration elapsed) {
    for (auto& [number, letter] : under_way_) {
        if (elapsed < letter.repeat_at) continue;
        letter.pause = std::min(letter.pause * 2, kLongestPause);
        send(letter, elapsed);
    }
}

// Full inboxes are as good as a lost message.
void EventPost::send(Letter& letter, Duration elapsed) {
    executors_.send(letter.bytes);
    letter.repeat_at = elapsed + letter.pause;
}

}  // namespace attune
