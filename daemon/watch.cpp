#include "daemon/watch.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <span>

#include "daemon/health.h"
#include "daemon/log_fields.h"
#include "daemon/loop.h"
#include "daemon/message_ids.h"

namespace attune {
namespace {

constexpr Duration kLongestSilence = std::chrono::seconds(1);

}  // namespace

Watch::Watch(const Clock& clock) : signals_({SIGTERM, SIGINT, SIGHUP}), clock_(clock) {}

Watch::Said Watch::wait(const ServiceManager::State& state, Duration duration) {
    const auto until = clock_.elapsed() + duration;
    Said said = Said::kNothing;
    do {
        const auto elapsed = clock_.elapsed();
        manager_.step(state, elapsed);
        pollfd fd{signals_.fd(), POLLIN, 0};
        waiter_.wait(clock_.now() + std::min(until - elapsed, kLongestSilence),
                     std::span(&fd, 1));
        while (const auto signal_number = signals_.next()) {
            if (*signal_number != SIGHUP) return Said::kStop;
            said = Said::kReload;
        }
    } while (said == Said::kNothing && clock_.elapsed() < until);
    return said;
}

Duration Watch::hangs_after() const {
    return std::max<Duration>(manager_.watchdog().value_or(std::chrono::minutes(1)),
                              2 * Loop::kLongestWait);
}

void Watch::busy(const std::string& status, Duration duration) {
    manager_.expect_silence(status, duration);
}

bool DatabaseWait::pause(const std::string& why) {
    const auto pause = backoff_.failed();
    {
        const LogFields about(message_id::kDatabaseSilent, {});
        log_.warn("the database is away: {}; again in {}", why, format_duration(pause));
    }
    const bool late = watch_.clock().elapsed() - began_ >= kStartPatience;
    using Phase = ServiceManager::Phase;
    status_ = one_status_line((late ? "degraded: " : "starting: ") +
                              std::string("the database is away: ") + why);
    const ServiceManager::State state{.phase = late ? Phase::kReady : Phase::kStarting,
                                      .status = status_};
    if (watch_.wait(state, pause) == Watch::Said::kStop) return false;
    if (home_.has_ended()) {
        watch_.busy("starting the embedded database again", DatabaseHome::kLongestStart);
        home_.watch(watch_.clock().elapsed());
    }
    return true;
}

}  // namespace attune
