#include "daemon/loop_thread.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "daemon/backoff.h"

namespace attune {
namespace {

// For top, gdb and the like. The kernel keeps 15 bytes.
void name_this_thread(std::string name) {
    name.resize(std::min<std::size_t>(name.size(), 15));
    ::pthread_setname_np(::pthread_self(), name.c_str());
}

}  // namespace

LoopThread::LoopThread(std::string name, const Clock& clock, Log& log, Make make)
    : name_(std::move(name)),
      clock_(clock),
      log_(log),
      thread_([this, make = std::move(make)] { run(make); }) {}

LoopThread::~LoopThread() { thread_.request_stop(); }

void LoopThread::run(const Make& make) {
    name_this_thread(name_);
    const Progress::Bound bound(life_);
    std::unique_ptr<Loop> loop;
    Backoff backoff;
    while (true) {
        try {
            if (!loop) loop = make();
            auto left_alone = loop->step({clock_.now(), clock_.elapsed()});
            count_step();
            set_trouble({});
            if (left_alone) left_alone = std::min(*left_alone, Loop::kLongestWait);
            if (loop->wait(left_alone).closed) return end(loop.get());
            backoff.succeeded();
        } catch (const BusClosed&) {
            return end(loop.get());
        } catch (const std::exception& error) {
            const auto rest = backoff.failed();
            set_trouble(error.what());
            log_.warn("{}: {}; again in {}", name_, error.what(), format_duration(rest));
            count_step();
            if (!pause(loop.get(), rest)) return end(loop.get());
        }
    }
}

void LoopThread::count_step() {
    progress_.fetch_add(1, std::memory_order_relaxed);
    life_.made();
}

std::string LoopThread::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void LoopThread::set_trouble(std::string trouble) {
    const std::lock_guard lock(mutex_);
    if (trouble_ != trouble) trouble_ = std::move(trouble);
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
