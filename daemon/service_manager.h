// What systemd hears of this daemon (sd_notify(3)): whether it is ready, reloads or stops, how
// it is, and that it is alive.
//
// Told the state as it is, now and then, it sends what is news. Without a service manager
// ($NOTIFY_SOCKET) it says nothing and everything else goes on the same.
#pragma once

#include <optional>
#include <string>

#include "core/time.h"

namespace attune {

class ServiceManager {
public:
    enum class Phase { kStarting, kReady, kReloading, kStopping };

    struct State {
        Phase phase = Phase::kStarting;
        std::string status;  // one line for people
        bool alive = true;   // no loop hangs: the watchdog may rest
    };

    // Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.
    ServiceManager();

    // To be called every second or so while something is waited for; `elapsed` as of
    // core/clock.h. Sends at most one datagram and never waits.
    void step(const State& state, Duration elapsed);

    // Main will be busy with what `status` says and silent for up to `duration`: neither the
    // watchdog nor a timeout of starting or stopping may strike meanwhile. The next step()
    // ends it.
    void expect_silence(const std::string& status, Duration duration);

    // The unit's WatchdogSec; nullopt: it has none.
    std::optional<Duration> watchdog() const { return watchdog_; }

private:
    std::string phase_news(Phase phase) const;
    std::string status_news(const std::string& status);
    std::string watchdog_news(bool alive, Duration elapsed);
    std::string timeout_news(Duration elapsed);

    std::optional<Duration> watchdog_;
    std::optional<Duration> pinged_at_;    // elapsed
    std::optional<Duration> extended_at_;  // elapsed
    bool silence_expected_ = false;
    Phase told_phase_ = Phase::kStarting;
    std::string told_status_;
};

}  // namespace attune
