// How long to wait before trying the world again: doubling from 50 ms to 5 s.
//
// Deterministic; what must not happen in step with others (several daemons, one database)
// adds its own jitter.
#pragma once

#include <algorithm>

#include "core/time.h"

namespace attune {

class Backoff {
public:
    static constexpr Duration kFirst = std::chrono::milliseconds(50);
    static constexpr Duration kLongest = std::chrono::seconds(5);

    // The wait after one more failure.
    Duration failed() {
        next_ = next_ == Duration{0} ? kFirst : std::min(next_ * 2, kLongest);
        return next_;
    }
    void succeeded() { next_ = Duration{0}; }

private:
    Duration next_{0};
};

}  // namespace attune
