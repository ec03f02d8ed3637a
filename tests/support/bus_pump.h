// Drives connections to a message bus by hand, where a daemon has loops for it.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "wire/system_bus.h"

namespace attune {

// Lets `buses` work until `done` says so; false: not within a minute, which no good machine
// needs.
inline bool pump(const std::vector<SystemBus*>& buses, const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < give_up) {
        bool more = false;
        for (auto* bus : buses) more = bus->process() || more;
        if (done()) return true;
        if (more) continue;
        std::vector<pollfd> polled;
        Duration longest = std::chrono::seconds(1);
        for (auto* bus : buses) {
            polled.push_back({bus->fd(), bus->events(), 0});
            if (const auto wait = bus->deadline()) longest = std::min(longest, *wait);
        }
        const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
        ::poll(polled.data(), polled.size(), static_cast<int>(timeout));
    }
    return false;
}

}  // namespace attune
