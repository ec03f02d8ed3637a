#include "daemon/serve.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/log_fields.h"
#include "daemon/message_ids.h"

namespace attune {
namespace {

using Phase = ServiceManager::Phase;

constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kQuickLook = std::chrono::milliseconds(20);
// A reload that has not ended by then is going on in the background; the status tells the rest.
constexpr Duration kLongestReload = std::chrono::seconds(60);
// Threads that end their last statement, and an embedded server's shutdown.
constexpr Duration kLongestStop = std::chrono::minutes(3);

// Tells the log when something begins or ends that status lines only show.
class HealthLog {
public:
    explicit HealthLog(Log& log) : log_(log) {}

    void tell(const Health& health) {
        for (const auto& loop : health.hanging) {
            if (std::find(hanging_.begin(), hanging_.end(), loop) != hanging_.end()) continue;
            const LogFields about(message_id::kLoopHangs, {{"ATTUNE_LOOP", loop}});
            log_.critical(
                "the loop {} hangs: it neither works nor waits; a watchdog (WatchdogSec=) "
                "restarts the daemon, without one restart it by hand",
                loop);
        }
        hanging_ = health.hanging;
        const bool silent = health.database_silent_since.has_value();
        if (silent == std::exchange(silent_, silent)) return;
        if (silent) {
            const LogFields about(message_id::kDatabaseSilent, {});
            log_.warn("the database has not answered since {}; timers and results wait for it",
                      format_rfc3339(*health.database_silent_since));
        } else {
            const LogFields about(message_id::kDatabaseBack, {});
            log_.info("the database answers again; what was due meanwhile is made up for");
        }
    }

private:
    Log& log_;
    std::vector<std::string> hanging_;
    bool silent_ = false;
};

void tend(Service& service, DatabaseHome& home, ZoneWatch& zones, Watch& watch, Log& log) {
    HealthLog health_log(log);
    bool reloading = false;
    Duration reload_began{0};  // elapsed
    while (!service.superseded()) {
        const auto elapsed = watch.clock().elapsed();
        const auto health = service.health();
        health_log.tell(health);
        const ServiceManager::State state{
            .phase = reloading ? Phase::kReloading : Phase::kReady,
            .status = status_text(health),
            .alive = health.hanging.empty()};
        const auto said = watch.wait(state, reloading ? kQuickLook : kLook);
        if (said == Watch::Said::kStop || service.drain_asked()) return;
        if (said == Watch::Said::kReload) {
            service.reconcile();
            reloading = true;
            reload_began = elapsed;
        } else if (service.reconciled() || elapsed - reload_began >= kLongestReload) {
            reloading = false;
        }
        if (zones.look(elapsed)) service.zones_changed();
        if (home.has_ended()) {
            watch.busy("degraded: the embedded database has ended and is started again",
                       DatabaseHome::kLongestStart);
            home.watch(watch.clock().elapsed());
        }
    }
}

void drain(Service& service, Watch& watch) {
    service.begin_stop();
    bool hurry = false;
    while (!service.drained(hurry)) {
        const auto health = service.health();
        const ServiceManager::State state{
            .phase = Phase::kStopping,
            .status = fmt::format("stopping: waits for {} running actions", health.busy_slots),
            .alive = health.hanging.empty()};
        hurry = watch.wait(state, kQuickLook) == Watch::Said::kStop;
    }
}

}  // namespace

void serve(Service& service, DatabaseHome& home, ZoneWatch& zones, Watch& watch, Log& log) {
    tend(service, home, zones, watch, log);
    log.info("stopping: timers rest, what this daemon holds is finished");
    drain(service, watch);
    watch.busy("stopping: the last results are written", kLongestStop);
    service.stop();
    const LogFields about(message_id::kStopped, {});
    log.info("stopped");
}

}  // namespace attune
