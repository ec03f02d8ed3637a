// The one clock of the program, as an interface: os/system_clock.h reads the real one,
// tests/support has one that is moved by hand. Only loop shells hold it; what they drive gets
// the moment as an argument.
#pragma once

#include "core/time.h"

namespace attune {

class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    // Wall clock, UTC.
    virtual TimePoint now() const = 0;

    // Time since some fixed moment; goes on while the machine sleeps and never steps. For
    // deadlines, backoff and settling, which a set clock must not stretch.
    virtual Duration elapsed() const = 0;
};

}  // namespace attune
