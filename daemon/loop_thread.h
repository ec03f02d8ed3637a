// The only thread shell of the daemon: makes a Loop, steps it until the bus is shut down,
// survives what it throws.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/clock.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "os/progress.h"

namespace attune {

class LoopThread {
public:
    using Make = std::function<std::unique_ptr<Loop>()>;

    // Starts the thread. `make` runs on it; when it throws, the failure is logged and tried
    // again with backoff, as a step's is.
    LoopThread(std::string name, const Clock& clock, Log& log, Make make);
    // Waits for the end of the thread: the bus must have been shut down.
    ~LoopThread();
    LoopThread(const LoopThread&) = delete;
    LoopThread& operator=(const LoopThread&) = delete;

    const std::string& name() const { return name_; }

    // Grows with every step.
    std::uint64_t progress() const { return progress_.load(std::memory_order_relaxed); }

    // Grows with every step and every answer from outside within one: what a watchdog compares.
    const Progress& signs_of_life() const { return life_; }

    // What made the last step fail; empty when it did not.
    std::string trouble() const;

private:
    void run(const Make& make);
    bool pause(Loop* loop, Duration duration);
    void count_step();
    void set_trouble(std::string trouble);
    void end(Loop* loop);

    const std::string name_;
    const Clock& clock_;
    Log& log_;
    std::atomic<std::uint64_t> progress_{0};
    Progress life_;
    mutable std::mutex mutex_;
    std::string trouble_;
    std::jthread thread_;
};

}  // namespace attune
