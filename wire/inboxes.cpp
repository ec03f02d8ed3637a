#include "wire/inboxes.h"

namespace attune {

std::string executor_inbox(int index) { return "executor." + std::to_string(index); }

std::vector<std::string> executor_inboxes(int count) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) names.push_back(executor_inbox(i));
    return names;
}

std::string timer_inbox(int index) { return "timers." + std::to_string(index); }

std::string control_inbox(int index) { return "control." + std::to_string(index); }

std::string message_bus_inbox(int index) {
    return kMessageBusInbox + ("." + std::to_string(index));
}

}  // namespace attune
