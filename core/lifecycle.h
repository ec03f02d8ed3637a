// States of timers, enforcements and executions, and the one table of who may become what.
//
// docs/state-machines.md draws it; store/migrations enforces it; a test compares the three.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace attune {

enum class TimerState { kArmed, kPaused, kExhausted, kFaulted, kRetired };

enum class EnforcementState { kCreated, kProcessed, kErrored, kSuppressed };

inline constexpr std::array kEnforcementStates = {
    EnforcementState::kCreated, EnforcementState::kProcessed, EnforcementState::kErrored,
    EnforcementState::kSuppressed};

enum class ExecutionState {
    kRequested,  // ready once run_at has come
    kScheduled,  // claimed by an executor
    kRunning,    // a process was started
    kCancelling,
    kSucceeded,
    kFailed,
    kTimedOut,
    kCancelled,
    kAbandoned,
};

inline constexpr std::array kExecutionStates = {
    ExecutionState::kRequested,  ExecutionState::kScheduled, ExecutionState::kRunning,
    ExecutionState::kCancelling, ExecutionState::kSucceeded, ExecutionState::kFailed,
    ExecutionState::kTimedOut,   ExecutionState::kCancelled, ExecutionState::kAbandoned};

// Lower case words as stored: "armed", "timed_out", ...
std::string_view to_string(TimerState state);
std::string_view to_string(EnforcementState state);
std::string_view to_string(ExecutionState state);
// Exact spelling only ("completed" and "canceled" are nobody's state).
std::optional<TimerState> parse_timer_state(std::string_view text);
std::optional<EnforcementState> parse_enforcement_state(std::string_view text);
std::optional<ExecutionState> parse_execution_state(std::string_view text);

// succeeded, failed, timed_out, cancelled, abandoned: rows that never reopen.
bool is_terminal(ExecutionState state);

// Whether the arrow exists. A state does not become itself.
bool can_become(ExecutionState from, ExecutionState to);

}  // namespace attune
