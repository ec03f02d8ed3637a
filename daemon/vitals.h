// What the loops tell about themselves for the status line: each figure is written by its one
// loop and read by main.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include "core/time.h"

namespace attune {

class Vitals {
public:
    static constexpr std::size_t kMostTimerWorkers = 16;

    // Timer worker `worker`: how many timers it has armed.
    void set_timers(int worker, std::size_t armed) {
        timers_[static_cast<std::size_t>(worker)].store(static_cast<std::int64_t>(armed));
    }
    std::int64_t timers() const {
        std::int64_t sum = 0;
        for (const auto& armed : timers_) sum += armed.load();
        return sum;
    }

    // The sweep: the database has answered at `elapsed`; executions wait for a slot.
    void set_database(Duration elapsed, std::int64_t ready) {
        ready_.store(ready);
        answered_at_.store(elapsed.count());
    }
    Duration database_answered_at() const { return Duration(answered_at_.load()); }
    std::int64_t ready() const { return ready_.load(); }

    // The reconcile loop: what is wrong with the source; empty: nothing.
    void set_source_trouble(std::string trouble) {
        const std::lock_guard lock(mutex_);
        source_trouble_ = std::move(trouble);
    }
    std::string source_trouble() const {
        const std::lock_guard lock(mutex_);
        return source_trouble_;
    }

    // Looks at the source that were asked for by number, and the last of them that is done.
    std::uint64_t ask_for_look() { return looks_asked_.fetch_add(1) + 1; }
    std::uint64_t looks_asked() const { return looks_asked_.load(); }
    void set_looks_done(std::uint64_t number) { looks_done_.store(number); }
    std::uint64_t looks_done() const { return looks_done_.load(); }

private:
    std::array<std::atomic<std::int64_t>, kMostTimerWorkers> timers_{};
    std::atomic<std::int64_t> ready_{0};
    std::atomic<Duration::rep> answered_at_{0};
    std::atomic<std::uint64_t> looks_asked_{0};
    std::atomic<std::uint64_t> looks_done_{0};
    mutable std::mutex mutex_;
    std::string source_trouble_;
};

}  // namespace attune
