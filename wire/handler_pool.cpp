#include "wire/handler_pool.h"

#include <algorithm>
#include <cassert>
#include <exception>
#include <future>
#include <utility>

namespace attune {

HandlerPool::HandlerPool(int threads,
                         const std::function<std::unique_ptr<ControlHandler>(int)>& make,
                         std::function<void(const std::string&)> report)
    : report_(std::move(report)) {
    assert(threads >= 1);
    const bool keeps_one = threads > 1;
    std::vector<std::future<void>> made;
    for (int number = 0; number < threads; ++number) {
        std::promise<void> promise;
        made.push_back(promise.get_future());
        threads_.emplace_back(
            [this, number, keeps_one, &make, made_one = std::move(promise)]() mutable {
                std::unique_ptr<ControlHandler> handler;
                try {
                    handler = make(number);
                    made_one.set_value();
                } catch (...) {
                    made_one.set_exception(std::current_exception());
                    return;
                }
                work(*handler, /*looks_only=*/number == 0 && keeps_one);
            });
    }
    for (auto& one : made) one.wait();
    try {
        for (auto& one : made) one.get();
    } catch (...) {
        stop();
        throw;
    }
}

HandlerPool::~HandlerPool() { stop(); }

void HandlerPool::submit(ControlRequest request, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            jobs_.push_back({std::move(request), std::move(done)});
            changed_.notify_all();
            return;
        }
    }
    done(error_response(503, "stopping", "attuned is stopping"));
}

void HandlerPool::stop() {
    std::deque<Job> waiting;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        waiting.swap(jobs_);
    }
    changed_.notify_all();
    for (auto& job : waiting) job.done(error_response(503, "stopping", "attuned is stopping"));
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void HandlerPool::work(ControlHandler& handler, bool looks_only) {
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || next_job(looks_only) != jobs_.end(); });
        const auto next = next_job(looks_only);
        if (next == jobs_.end()) return;
        const auto job = std::move(*next);
        jobs_.erase(next);
        lock.unlock();
        job.done(answer(handler, job.request));
    }
}

std::deque<HandlerPool::Job>::iterator HandlerPool::next_job(bool looks_only) {
    if (!looks_only) return jobs_.begin();
    return std::find_if(jobs_.begin(), jobs_.end(),
                        [](const Job& job) { return job.request.method == "GET"; });
}

ControlResponse HandlerPool::answer(ControlHandler& handler,
                                    const ControlRequest& request) const {
    try {
        return handler.handle(request);
    } catch (const std::exception& error) {
        if (report_) report_(request.method + " " + request.path + " failed: " + error.what());
        return error_response(500, "internal", error.what(),
                              "the log of attuned may tell more");
    }
}

}  // namespace attune
