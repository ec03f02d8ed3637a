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
        try {
            if (!loop) loop = make();
            const auto left_alone = loop->step({clock_.now(), clock_.elapsed()});
            progress_.fetch_add(1, std::memory_order_relaxed);
            if (loop->wait(left_alone).closed) return end(loop.get());
            backoff.succeeded();
        } catch (const BusClosed&) {
            return end(loop.get());
        } catch (const std::exception& error) {
            const auto rest = backoff.failed();
            log_.warn("{}: {}; again in {}", name_, error.what(), format_duration(rest));
            progress_.fetch_add(1, std::memory_order_relaxed);
            if (!pause(loop.get(), rest)) return end(loop.get());
        }
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

// False: the thread is to end. A loop whose wait fails must not be waited with again at once;
// before there is a loop there is no inbox to wait at.
bool LoopThread::pause(Loop* loop, Duration duration) {
    if (loop != nullptr) {
        try {
            return !loop->wait(duration).closed;
        } catch (const std::exception&) {
            // The same failure, met again: rest without it.
        }
    }
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, thread_.get_stop_token(), duration, [] { return false; });
    return !thread_.get_stop_token().stop_requested();
}

}  // namespace attune
