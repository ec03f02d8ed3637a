// How a thread sleeps until there is something to do.
//
// A Waiter belongs to one thread, which calls wait() between its steps. Any thread may call
// wake() and stop(), and the watchdog reads beats().
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/time.h"
#include "os/unique_fd.h"

namespace attune {

class Waiter {
public:
    // Nobody sleeps longer: what a lost hint or a missed wake-up can cost.
    static constexpr std::chrono::seconds kLongestSleep{60};

    // Throws SystemError (no descriptors left).
    Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    enum class Woken {
        kTime,      // wake_at has come, or kLongestSleep has passed
        kReady,     // a descriptor has something (its revents are set)
        kCalled,    // wake() or stop()
        kClockSet,  // somebody set the wall clock: every moment has to be looked at again
    };

    // Sleeps until the wall clock reads `wake_at` (at once when it does already), one of `fds`
    // is ready, or somebody calls. A descriptor of -1 is passed over. When several things
    // happen at once the later of the words above is told; revents are right in any case.
    // Throws SystemError.
    Woken wait(std::optional<TimePoint> wake_at, std::span<pollfd> fds = {});

    // From any thread. The next wait(), or the one under way, returns. Calls before that are
    // one.
    void wake();

    // wake(), and stopping() from then on.
    void stop();
    bool stopping() const { return stopping_.load(std::memory_order_acquire); }

    // Counts up when wait() is entered and when it is left: odd while the thread sleeps in
    // wait(), even while it works. An even number that stays the same is a thread that hangs.
    std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

private:
    void arm(std::optional<TimePoint> wake_at);

    UniqueFd timer_;  // absolute CLOCK_REALTIME, cancelled when the clock is set
    UniqueFd calls_;  // eventfd
    std::optional<TimePoint> armed_;
    std::vector<pollfd> polled_;  // kept for its memory
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> beats_ = 0;
};

}  // namespace attune
