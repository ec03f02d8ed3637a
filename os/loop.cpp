#include "os/loop.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/system_error.h"

namespace attune {
namespace {

itimerspec once_at(TimePoint moment) {
    // A zero moment would disarm; anything in the past fires at once.
    const auto since_epoch = std::max(moment.time_since_epoch(), Duration(1));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = std::chrono::nanoseconds(since_epoch - seconds).count();
    return when;
}

}  // namespace

Waiter::Waiter()
    : timer_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      calls_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!timer_ || !calls_) throw_errno("cannot make a timer");
}

void Waiter::arm(std::optional<TimePoint> wake_at) {
    // kNever is the far future even without a moment: so a set clock is always noticed.
    const TimePoint moment = wake_at.value_or(kNever);
    if (armed_ == moment) return;
    const itimerspec when = once_at(moment);
    if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when,
                          nullptr) != 0) {
        // ECANCELED: the clock was set since the last look; the timer is armed nevertheless.
        if (errno != ECANCELED) throw_errno("cannot set a timer");
    }
    armed_ = moment;
}

Waiter::Woken Waiter::wait(std::optional<TimePoint> wake_at, std::span<pollfd> fds) {
    arm(wake_at);
    polled_.assign({{timer_.get(), POLLIN, 0}, {calls_.get(), POLLIN, 0}});
    polled_.insert(polled_.end(), fds.begin(), fds.end());

    beats_.fetch_add(1, std::memory_order_relaxed);
    const int timeout = static_cast<int>(std::chrono::milliseconds(kLongestSleep).count());
    const int ready = ::poll(polled_.data(), polled_.size(), timeout);
    const int error = errno;
    beats_.fetch_add(1, std::memory_order_relaxed);
    if (ready < 0 && error != EINTR) throw SystemError(error, "cannot wait");
    if (ready < 0) return Woken::kCalled;

    Woken woken = Woken::kTime;
    for (std::size_t i = 0; i < fds.size(); ++i) {
        fds[i].revents = polled_[i + 2].revents;
        if (fds[i].revents != 0) woken = Woken::kReady;
    }
    std::uint64_t count = 0;
    if (polled_[1].revents != 0 && ::read(calls_.get(), &count, sizeof count) > 0) {
        woken = Woken::kCalled;
    }
    if (polled_[0].revents != 0) {
        armed_.reset();
        if (::read(timer_.get(), &count, sizeof count) < 0 && errno == ECANCELED) {
            woken = Woken::kClockSet;
        }
    }
    return woken;
}

void Waiter::wake() {
    const std::uint64_t one = 1;
    // EAGAIN: the counter is full, so the wake-up is certain already.
    [[maybe_unused]] const ssize_t written = ::write(calls_.get(), &one, sizeof one);
}

void Waiter::stop() {
    stopping_.store(true, std::memory_order_release);
    wake();
}

}  // namespace attune
