// How the daemon stops without losing or repeating work: whether it is stopping, and who is
// still busy.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace attune {

class Drain {
public:
    static constexpr std::size_t kMostExecutors = 64;

    // From now on nothing new is begun: timers rest, executors record and finish what they
    // hold.
    void begin() { draining_.store(true); }
    bool draining() const { return draining_.load(); }

    // Each executor says after every step whether it holds anything.
    void set_busy(std::size_t executor, bool busy) { busy_[executor].store(busy); }
    bool anyone_busy() const {
        for (const auto& busy : busy_) {
            if (busy.load()) return true;
        }
        return false;
    }

private:
    std::atomic<bool> draining_{false};
    std::array<std::atomic<bool>, kMostExecutors> busy_{};
};

}  // namespace attune
