// The one place where the program reads the time.
#pragma once

#include "core/clock.h"

namespace attune {

class SystemClock final : public Clock {
public:
    TimePoint now() const override;     // CLOCK_REALTIME
    Duration elapsed() const override;  // CLOCK_BOOTTIME
};

// CLOCK_MONOTONIC, which stands while the machine sleeps: for the service manager and its
// library, which measure with it. For nothing else.
Duration monotonic_time();

}  // namespace attune
