// The threads on which control requests are answered. One of several is kept for requests that
// only look (GET): however many others wait for something, the daemon still says how it is.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "wire/control_server.h"

namespace attune {

class HandlerPool {
public:
    using Done = std::function<void(ControlResponse)>;

    // One handler for each of `threads` (>= 1), made on its thread. Throws what `make` threw.
    HandlerPool(int threads, const std::function<std::unique_ptr<ControlHandler>(int)>& make,
                std::function<void(const std::string&)> report);
    // stop().
    ~HandlerPool();
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    // Answers `request` when a thread is free and calls `done` there, always once.
    void submit(ControlRequest request, Done done);

    // Waits for what is being answered; what waits for a thread is told 503.
    void stop();

private:
    struct Job {
        ControlRequest request;
        Done done;
    };

    void work(ControlHandler& handler, bool looks_only);
    std::deque<Job>::iterator next_job(bool looks_only);
    ControlResponse answer(ControlHandler& handler, const ControlRequest& request) const;

    std::function<void(const std::string&)> report_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace attune
