// Finds loops that hang: what keeps the watchdog of the service manager quiet, or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "os/progress.h"

namespace attune {

class LoopWatch {
public:
    // A loop that has shown no sign of life for `patience` hangs. Even an idle one steps every
    // Loop::kLongestWait, so it is to be a few times that.
    explicit LoopWatch(Duration patience) : patience_(patience) {}

    // `progress` outlives the watch, or stop_watching() comes first.
    void watch(std::string name, const Progress& progress);
    void stop_watching() { loops_.clear(); }

    // To be called every second or so. The names of the loops that hang at `elapsed` (of
    // core/clock.h). A long gap between two calls counts as little: when nobody looked, because
    // the machine slept or the whole process stood still, the loops could not run either.
    std::vector<std::string> step(Duration elapsed);

private:
    struct Watched {
        std::string name;
        const Progress* progress;
        std::uint64_t count = 0;
        Duration still{0};  // for how long `count` has not moved
    };

    const Duration patience_;
    std::vector<Watched> loops_;
    std::optional<Duration> last_;
};

}  // namespace attune
