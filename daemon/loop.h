// What runs on a thread of the daemon: a step, and what may end the wait before the next.
//
// A Loop is made, stepped and destroyed on its own thread, because sockets and connections live
// there. It reads no clock: its thread tells it the moment, a test tells it any.
#pragma once

#include <optional>

#include "core/time.h"
#include "wire/bus.h"

namespace attune {

// One moment by both clocks (core/clock.h): `now` for what people configured, `elapsed` for
// delays and deadlines of our own.
struct Moment {
    TimePoint now;
    Duration elapsed{0};
};

class Loop {
public:
    // Even an idle loop steps this often: one that does not hangs.
    static constexpr Duration kLongestWait = std::chrono::seconds(5);

    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    virtual ~Loop() = default;

    // Does what is due. Returns how long it may be left alone; nullopt: its own wait() knows,
    // and ends within kLongestWait. Throws when the world fails: the thread logs it, backs off,
    // steps again.
    virtual std::optional<Duration> step(Moment moment) = 0;

    // Waits for a message, the time, or whatever else the loop listens to. `timeout` is what
    // step() returned, or kLongestWait when that is shorter.
    virtual Woken wait(std::optional<Duration> timeout) = 0;

    // The bus is shut down and the thread about to end: last words to the database or the
    // system. Nobody hears messages any more.
    virtual void end(Moment) {}
};

}  // namespace attune
