// What the feed tells: its topics, as docs/feed.md lists them.
#pragma once

#include <array>
#include <string_view>

namespace attune {

struct FeedTopic {
    std::string_view name;
    std::string_view told;     // after what
    std::string_view subject;  // of its items
};

namespace topic {

inline constexpr std::string_view kEventCreated = "event.created";
inline constexpr std::string_view kEnforcementCreated = "enforcement.created";
inline constexpr std::string_view kExecutionRequested = "execution.requested";
inline constexpr std::string_view kExecutionStarted = "execution.started";
inline constexpr std::string_view kExecutionCompleted = "execution.completed";
inline constexpr std::string_view kCatalogChanged = "catalog.changed";

}  // namespace topic

inline constexpr std::array kFeedTopics = {
    FeedTopic{topic::kEventCreated, "an event is recorded", "the sensor's ref"},
    FeedTopic{topic::kEnforcementCreated, "a rule answered an event", "the rule's ref"},
    FeedTopic{topic::kExecutionRequested, "an execution is recorded", "the action's ref"},
    FeedTopic{topic::kExecutionStarted, "the process of an execution runs", "the action's ref"},
    FeedTopic{topic::kExecutionCompleted, "an execution ended, however", "the action's ref"},
    FeedTopic{topic::kCatalogChanged, "a revision is applied", "the generation"}};

}  // namespace attune
