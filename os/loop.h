// How a thread sleeps until a moment of the wall clock, and hears of it when somebody sets
// that clock meanwhile: a sleep of a computed length would then end at the wrong time.
#pragma once

#include <poll.h>

#include <chrono>
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
        kReady,     // a descriptor has something (its revents are set), or a signal came
        kClockSet,  // somebody set the wall clock: every moment has to be looked at again
    };

    // Sleeps until the wall clock reads `wake_at` (at once when it does already) or one of
    // `fds` is ready. A descriptor of -1 is passed over. When several things happen at once
    // the later of the words above is told; revents are right in any case.
    // Throws SystemError.
    Woken wait(std::optional<TimePoint> wake_at, std::span<pollfd> fds = {});

private:
    void arm(std::optional<TimePoint> wake_at);

    UniqueFd timer_;  // absolute CLOCK_REALTIME, cancelled when the clock is set
    std::optional<TimePoint> armed_;
    std::vector<pollfd> polled_;  // kept for its memory
};

}  // namespace attune
