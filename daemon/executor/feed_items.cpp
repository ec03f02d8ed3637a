#include "daemon/executor/feed_items.h"

#include "core/json.h"
#include "wire/topics.h"

namespace attune {
namespace {

Json parsed(const std::string& text) {
    auto value = Json::parse(text, nullptr, false);
    return value.is_discarded() ? Json(text) : value;
}

Json data_of(const Attempt& attempt) {
    Json data{{"id", attempt.key.id.value},
              {"action", attempt.action_ref},
              {"attempt", attempt.number},
              {"scheduled_at", format_rfc3339(attempt.key.scheduled_at)},
              {"idempotency_key", attempt.idempotency_key}};
    if (!attempt.rule_ref.empty()) {
        data["rule"] = attempt.rule_ref;
        data["sensor"] = attempt.sensor_ref;
        data["event"] = attempt.event.value;
    }
    return data;
}

}  // namespace

FeedItem event_created(const Entry& entry, TimePoint now) {
    const auto& event = *entry.event;
    const Json data{{"id", event.id.value},
                    {"sensor", entry.sensor_ref},
                    {"trigger", entry.trigger_ref},
                    {"origin", to_string(event.origin)},
                    {"scheduled_at", format_rfc3339(event.scheduled_at)},
                    {"fired_at", format_rfc3339(event.fired_at)},
                    {"payload", parsed(event.payload)}};
    return {std::string(topic::kEventCreated), entry.sensor_ref, now, compact(data)};
}

FeedItem enforcement_created(const Entry& entry, const Answer& answer, TimePoint now) {
    Json data{{"id", answer.id.value},
              {"rule", answer.rule_ref},
              {"event", entry.event->id.value},
              {"sensor", entry.sensor_ref},
              {"state", to_string(answer.state)},
              {"scheduled_at", format_rfc3339(entry.event->scheduled_at)}};
    if (!answer.reason.empty()) data["reason"] = answer.reason;
    return {std::string(topic::kEnforcementCreated), answer.rule_ref, now, compact(data)};
}

FeedItem execution_requested(const Attempt& attempt, TimePoint now) {
    auto data = data_of(attempt);
    data["params"] = parsed(attempt.params);
    return {std::string(topic::kExecutionRequested), attempt.action_ref, now, compact(data)};
}

FeedItem execution_started(const Attempt& attempt, TimePoint now) {
    return {std::string(topic::kExecutionStarted), attempt.action_ref, now,
            compact(data_of(attempt))};
}

FeedItem execution_completed(const Attempt& attempt, const Outcome& outcome) {
    auto data = data_of(attempt);
    data["state"] = to_string(outcome.state);
    data["finished_at"] = format_rfc3339(outcome.finished_at);
    data["result"] = parsed(outcome.result);
    return {std::string(topic::kExecutionCompleted), attempt.action_ref, outcome.finished_at,
            compact(data)};
}

FeedItem catalog_changed(Generation generation, TimePoint now) {
    return {std::string(topic::kCatalogChanged), std::to_string(generation.value), now,
            compact(Json{{"generation", generation.value}})};
}

}  // namespace attune
