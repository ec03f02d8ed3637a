// What main() waits with: until a signal says otherwise, and never without the service manager
// hearing how things are.
#pragma once

#include <optional>
#include <string>

#include "core/clock.h"
#include "daemon/backoff.h"
#include "daemon/database_home.h"
#include "daemon/log.h"
#include "daemon/service_manager.h"
#include "os/loop.h"
#include "os/signals.h"
#include "store/errors.h"

namespace attune {

class Watch {
public:
    enum class Said { kNothing, kReload, kStop };

    // Holds back SIGTERM, SIGINT and SIGHUP, so it is made before any thread.
    explicit Watch(const Clock& clock);

    // Tells the state to the service manager, then waits. kStop wins over kReload.
    Said wait(const ServiceManager::State& state, Duration duration);

    // Nobody will wait here for up to `duration`: something that takes its time is to be done.
    void busy(const std::string& status, Duration duration);

    // Without a sign of life a loop hangs after this: the watchdog's period, a minute without.
    Duration hangs_after() const;

    const Clock& clock() const { return clock_; }

private:
    SignalFd signals_;
    const Clock& clock_;
    ServiceManager manager_;
    Waiter waiter_;
};

// Tries things that need the database until it is there.
class DatabaseWait {
public:
    // A database that is away holds up whoever waits for this service (a boot, a package's
    // installation) for this long; then the service counts as started, degraded.
    static constexpr Duration kStartPatience = std::chrono::seconds(15);
    // Migrating what is large, and an embedded server's recovery.
    static constexpr Duration kLongestAttempt = std::chrono::hours(1);

    DatabaseWait(DatabaseHome& home, Watch& watch, Log& log)
        : home_(home), watch_(watch), log_(log), began_(watch.clock().elapsed()) {}
    DatabaseWait(const DatabaseWait&) = delete;
    DatabaseWait& operator=(const DatabaseWait&) = delete;

    // What `attempt` returns. nullopt: told to stop while waiting. Other failures than the
    // database being away pass through.
    template <class Attempt>
    auto run(Attempt attempt) -> std::optional<decltype(attempt())> {
        while (true) {
            try {
                watch_.busy(status_, kLongestAttempt);
                return attempt();
            } catch (const StoreRefused&) {
                throw;
            } catch (const SchemaTooNew&) {
                throw;
            } catch (const SchemaRefused&) {
                throw;
            } catch (const SecondNode&) {
                throw;
            } catch (const StoreError& error) {
                if (!pause(error.what())) return std::nullopt;
            }
        }
    }

private:
    bool pause(const std::string& why);

    DatabaseHome& home_;
    Watch& watch_;
    Log& log_;
    const Duration began_;  // elapsed
    std::string status_ = "starting: opening the database";
    Backoff backoff_;
};

}  // namespace attune
