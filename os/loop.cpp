#include "os/loop.h"

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

Waiter::Waiter() : timer_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!timer_) throw_errno("cannot make a timer");
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
    polled_.assign({{timer_.get(), POLLIN, 0}});
    polled_.insert(polled_.end(), fds.begin(), fds.end());

    const int timeout = static_cast<int>(std::chrono::milliseconds(kLongestSleep).count());
    if (::poll(polled_.data(), polled_.size(), timeout) < 0) {
        if (errno != EINTR) throw_errno("cannot wait");
        for (auto& fd : fds) fd.revents = 0;
        return Woken::kReady;
    }

    Woken woken = Woken::kTime;
    for (std::size_t i = 0; i < fds.size(); ++i) {
        fds[i].revents = polled_[i + 1].revents;
        if (fds[i].revents != 0) woken = Woken::kReady;
    }
    if (polled_[0].revents != 0) {
        armed_.reset();
        std::uint64_t count = 0;
        if (::read(timer_.get(), &count, sizeof count) < 0 && errno == ECANCELED) {
            woken = Woken::kClockSet;
        }
    }
    return woken;
}

}  // namespace attune
