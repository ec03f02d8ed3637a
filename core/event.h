// The rows of the ledger as values: an event, a rule's answer to it, a run of an action.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/ids.h"
#include "core/lifecycle.h"
#include "core/time.h"

namespace attune {

// What raised it: a timer, somebody by hand, or a sensor of the host.
enum class EventOrigin { kTimer, kManual, kJournal, kSystemd };
std::string_view to_string(EventOrigin origin);  // "timer", "manual", "journal", "systemd"

// An event about to be recorded. Its identity is (sensor, scheduled_at, dedupe_key).
struct Event {
    EventId id;  // drawn before recording, so that templates may name it
    SensorId sensor;
    EventOrigin origin = EventOrigin::kTimer;
    TimePoint scheduled_at;  // timers: the instant; others: the moment of acceptance
    TimePoint fired_at;
    std::string dedupe_key;  // '' for timers; else the caller's key or a random uuid
    std::string payload;     // compact JSON
};

// 128 random bits that fence a claim: whoever completes an execution must name them.
struct ClaimToken {
    std::array<std::uint8_t, 16> bytes{};

    friend bool operator==(const ClaimToken&, const ClaimToken&) = default;
};
std::string to_string(const ClaimToken& token);  // as a uuid's text

// The stable key an action may deduplicate by, the same after any crash or failover.
// "<sensor>@<RFC 3339 µs>/<rule>" for timers, "<sensor>!<dedupe_key>/<rule>" for others.
std::string idempotency_key(std::string_view sensor_ref, const Event& event,
                            std::string_view rule_ref);

// Names one execution and the partition it is in; every hot statement carries both.
struct ExecutionKey {
    ExecutionId id;
    TimePoint scheduled_at;

    friend bool operator==(const ExecutionKey&, const ExecutionKey&) = default;
    friend auto operator<=>(const ExecutionKey&, const ExecutionKey&) = default;
};

// How an attempt ended, as its runner tells it.
struct Outcome {
    // succeeded, failed, timed_out or cancelled
    ExecutionState state = ExecutionState::kSucceeded;
    std::string result;  // compact JSON, at most limits::kResultBytes: see docs/actions.md
    TimePoint finished_at;
};

}  // namespace attune
