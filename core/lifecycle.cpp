#include "core/lifecycle.h"

#include <utility>

namespace attune {
namespace {

using enum ExecutionState;

constexpr std::pair<ExecutionState, ExecutionState> kArrows[] = {
    {kRequested, kScheduled},  {kRequested, kCancelled},  {kRequested, kAbandoned},
    {kScheduled, kRunning},    {kScheduled, kRequested},  {kScheduled, kSucceeded},
    {kScheduled, kFailed},     {kScheduled, kTimedOut},   {kScheduled, kAbandoned},
    {kScheduled, kCancelling}, {kRunning, kRequested},    {kRunning, kSucceeded},
    {kRunning, kFailed},       {kRunning, kTimedOut},     {kRunning, kAbandoned},
    {kRunning, kCancelling},   {kCancelling, kCancelled}, {kCancelling, kSucceeded},
    {kCancelling, kFailed},    {kCancelling, kTimedOut},  {kCancelling, kAbandoned},
};

}  // namespace

std::string_view to_string(TimerState state) {
    switch (state) {
        case TimerState::kArmed:
            return "armed";
        case TimerState::kPaused:
            return "paused";
        case TimerState::kExhausted:
            return "exhausted";
        case TimerState::kFaulted:
            return "faulted";
        case TimerState::kRetired:
            return "retired";
    }
    return "";
}

std::string_view to_string(EnforcementState state) {
    switch (state) {
        case EnforcementState::kCreated:
            return "created";
        case EnforcementState::kProcessed:
            return "processed";
        case EnforcementState::kErrored:
            return "errored";
        case EnforcementState::kSuppressed:
            return "suppressed";
    }
    return "";
}

std::string_view to_string(ExecutionState state) {
    switch (state) {
        case kRequested:
            return "requested";
        case kScheduled:
            return "scheduled";
        case kRunning:
            return "running";
        case kCancelling:
            return "cancelling";
        case kSucceeded:
            return "succeeded";
        case kFailed:
            return "failed";
        case kTimedOut:
            return "timed_out";
        case kCancelled:
            return "cancelled";
        case kAbandoned:
            return "abandoned";
    }
    return "";
}

std::optional<TimerState> parse_timer_state(std::string_view text) {
    for (const auto state : {TimerState::kArmed, TimerState::kPaused, TimerState::kExhausted,
                             TimerState::kFaulted, TimerState::kRetired}) {
        if (to_string(state) == text) return state;
    }
    return std::nullopt;
}

std::optional<EnforcementState> parse_enforcement_state(std::string_view text) {
    for (const auto state : {EnforcementState::kCreated, EnforcementState::kProcessed,
                             EnforcementState::kErrored, EnforcementState::kSuppressed}) {
        if (to_string(state) == text) return state;
    }
    return std::nullopt;
}

std::optional<ExecutionState> parse_execution_state(std::string_view text) {
    for (const auto state : kExecutionStates) {
        if (to_string(state) == text) return state;
    }
    return std::nullopt;
}

bool is_terminal(ExecutionState state) {
    switch (state) {
        case kRequested:
        case kScheduled:
        case kRunning:
        case kCancelling:
            return false;
        case kSucceeded:
        case kFailed:
        case kTimedOut:
        case kCancelled:
        case kAbandoned:
            return true;
    }
    return false;
}

bool can_become(ExecutionState from, ExecutionState to) {
    for (const auto& arrow : kArrows) {
        if (arrow.first == from && arrow.second == to) return true;
    }
    return false;
}

}  // namespace attune
