#include "daemon/service_manager.h"

#include <cstdint>

#include <systemd/sd-daemon.h>

#include "os/system_clock.h"

namespace attune {
namespace {

// While starting, reloading or stopping: how long systemd waits after the last sign of life.
constexpr Duration kExtension = std::chrono::seconds(30);

std::string microseconds(Duration duration) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

std::string line(const std::string& name, const std::string& value) {
    return name + "=" + value + "\n";
}

}  // namespace

ServiceManager::ServiceManager() {
    std::uint64_t usec = 0;
    if (::sd_watchdog_enabled(0, &usec) > 0) watchdog_ = std::chrono::microseconds(usec);
}

void ServiceManager::step(const State& state, Duration elapsed) {
    auto news = phase_news(state.phase);
    told_phase_ = state.phase;
    news += status_news(state.status);
    news += watchdog_news(state.alive, elapsed);
    if (state.phase != Phase::kReady && state.alive) news += timeout_news(elapsed);
    if (!news.empty()) ::sd_notify(0, news.c_str());
}

std::string ServiceManager::phase_news(Phase phase) const {
    if (phase == told_phase_) return {};
    switch (phase) {
        case Phase::kStarting:
            return {};  // systemd knows
        case Phase::kReady:
            return line("READY", "1");
        case Phase::kReloading:
            return line("RELOADING", "1") +
                   line("MONOTONIC_USEC", microseconds(monotonic_time()));
        case Phase::kStopping:
            return line("STOPPING", "1");
    }
    return {};
}

std::string ServiceManager::status_news(const std::string& status) {
    if (status == told_status_) return {};
    told_status_ = status;
    return line("STATUS", status);
}

// systemd counts from when it is told, so once a second is enough.
std::string ServiceManager::timeout_news(Duration elapsed) {
    if (extended_at_ && elapsed - *extended_at_ < std::chrono::seconds(1)) return {};
    extended_at_ = elapsed;
    return line("EXTEND_TIMEOUT_USEC", microseconds(kExtension));
}

// Four times a period, so that a lost datagram or a busy second kills nobody. The first time
// sets the watchdog going, so it comes when the start is over.
std::string ServiceManager::watchdog_news(bool alive, Duration elapsed) {
    if (!watchdog_ || told_phase_ == Phase::kStarting) return {};
    std::string news;
    if (silence_expected_) {
        silence_expected_ = false;
        news += line("WATCHDOG_USEC", microseconds(*watchdog_));
    }
    const bool due = !pinged_at_ || elapsed - *pinged_at_ >= *watchdog_ / 4;
    if (!alive || !due) return news;
    pinged_at_ = elapsed;
    return news + line("WATCHDOG", "1");
}

void ServiceManager::expect_silence(const std::string& status, Duration duration) {
    auto news = status_news(status);
    if (watchdog_ && told_phase_ != Phase::kStarting) {
        silence_expected_ = true;
        news += line("WATCHDOG", "1") + line("WATCHDOG_USEC", microseconds(duration));
    }
    if (told_phase_ != Phase::kReady) {
        news += line("EXTEND_TIMEOUT_USEC", microseconds(duration));
    }
    if (!news.empty()) ::sd_notify(0, news.c_str());
}

}  // namespace attune
