// The names of the daemon's inboxes (wire/bus.h), one for each thread that is told something.
#pragma once

#include <string>
#include <vector>

namespace attune {

inline constexpr const char* kFeedInbox = "feed";
inline constexpr const char* kJournalInbox = "journal";
inline constexpr const char* kMessageBusInbox = "message bus";
inline constexpr const char* kReconcileInbox = "reconcile";
inline constexpr const char* kRunnerInbox = "runner";
inline constexpr const char* kSweepInbox = "sweep";
inline constexpr const char* kSystemdInbox = "systemd";

std::string executor_inbox(int index);                 // "executor.0"
std::vector<std::string> executor_inboxes(int count);  // of all executors, for an Outbox
std::string timer_inbox(int index);                    // "timers.0"
// Of the threads that answer control requests, over the socket and over D-Bus.
std::string control_inbox(int index);      // "control.0"
std::string message_bus_inbox(int index);  // "message bus.0"

}  // namespace attune
