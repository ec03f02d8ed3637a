#include "os/system_clock.h"

#include <time.h>

#include <cassert>

namespace attune {
namespace {

Duration read(clockid_t id) {
    timespec moment{};
    [[maybe_unused]] const int failed = ::clock_gettime(id, &moment);
    assert(failed == 0);
    return std::chrono::duration_cast<Duration>(std::chrono::seconds(moment.tv_sec) +
                                                std::chrono::nanoseconds(moment.tv_nsec));
}

}  // namespace

TimePoint SystemClock::now() const { return TimePoint(read(CLOCK_REALTIME)); }

Duration SystemClock::elapsed() const { return read(CLOCK_BOOTTIME); }

Duration monotonic_time() { return read(CLOCK_MONOTONIC); }

}  // namespace attune
