#include "daemon/loop_thread.h"

#include <condition_variable>
#include <exception>
#include <mutex>

#include "daemon/backoff.h"

namespace attune {

LoopThread::LoopThread(std::string name, const Clock& clock, Log& log, Make make)
    : name_(std::move(name)),
      clock_(clock),
      log_(log),
      thread_([this, make = std::move(make)] { run(make); }) {}

LoopThread::~LoopThread() { thread_.request_stop(); }

void LoopThread::run(const Make& make) {
    std::unique_ptr<Loop> loop;
    Backoff backoff;
    while (true) {
        std::optional<Duration> left_alone;
        try {
            if (!loop) loop = make();
            left_alone = loop->step({clock_.now(), clock_.elapsed()});
            backoff.succeeded();
        } catch (const BusClosed&) {
            return end(loop.get());
        } catch (const std::exception& error) {
            left_alone = backoff.failed();
            log_.warn("{}: {}; again in {}", name_, error.what(), format_duration(*left_alone));
        }
        progress_.fetch_add(1, std::memory_order_relaxed);
        if (loop ? loop->wait(left_alone).closed : !pause(*left_alone)) return end(loop.get());
    }
}

void LoopThread::end(Loop* loop) {
    if (!loop) return;
    try {
        loop->end({clock_.now(), clock_.elapsed()});
    } catch (const std::exception& error) {
        log_.warn("{}: {}; the next start makes up for it", name_, error.what());
    }
}

// Before there is a loop there is no inbox to wait at. False: the thread is to end.
bool LoopThread::pause(Duration duration) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, thread_.get_stop_token(), duration, [] { return false; });
    return !thread_.get_stop_token().stop_requested();
}

}  // namespace attune
