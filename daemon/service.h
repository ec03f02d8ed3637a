// The daemon as a whole: builds every part, starts them in order, and stops them so that
// nothing is lost or done twice.
//
// Start: node (what dead lives left is taken back, unless their runner lives on) -> catalog ->
// feed, runner, executors, timers, sweep, reconcile, control. Stop: timers decide no more;
// executors record and finish what they hold until the deadline, then give back what was not
// started; bus and control. The database is the caller's: it is there before and after.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/zone_source.h"
#include "daemon/control/context.h"
#include "daemon/drain.h"
#include "daemon/health.h"
#include "daemon/live_catalog.h"
#include "daemon/log.h"
#include "daemon/loop_thread.h"
#include "daemon/loop_watch.h"
#include "daemon/slots.h"
#include "daemon/vitals.h"
#include "store/connection.h"
#include "store/node_store.h"
#include "wire/bus.h"
#include "wire/control_server.h"

namespace attune {

struct ServiceOptions {
    std::string version;
    std::string node;         // stays the same over restarts
    std::string source_path;  // absolute
    std::string runtime_dir;  // absolute: control.sock, feed.sock
    std::string control_socket;
    int control_listening_fd = -1;  // of systemd, borrowed: used instead of control_socket
    std::string feed_socket;
    std::optional<gid_t> control_group;
    bool dbus = true;  // offer io.attune.Attune1 on the system's message bus
    int recorders = 2;
    int timer_workers = 1;
    bool trust_clock = false;       // see TimerLoopOptions
    std::string journal_directory;  // what core.journal follows; empty: the host's journal
    int slots = 4;                  // process actions at once
    std::string runner_socket;      // of attune-runner; empty: processes run in the daemon
    Duration drain_timeout = std::chrono::seconds(30);
    Duration lease = std::chrono::seconds(20);
    Duration poll = std::chrono::seconds(60);         // full look at the source without a hint
    bool embedded_database = false;                   // told by `attune status`
    Duration hangs_after = std::chrono::seconds(60);  // without a sign of life of a loop
    Bus::Lose lose;                                   // tests: which messages get lost
};

class Service {
public:
    // Starts everything. Throws SecondNode, StoreError (the database is away: call again),
    // SocketTaken, std::system_error.
    Service(ServiceOptions options, const Database& database, const Clock& clock,
            const ZoneSource& zones, Log& log);
    // stop(), if it was not called, without a drain.
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Looks at the source now, as SIGHUP asks; reconciled() says when that is done.
    void reconcile();
    bool reconciled() const { return vitals_.looks_done() >= vitals_.looks_asked(); }

    // How it is; to be called every second or so, because that is how loops are watched.
    Health health();

    // Zones have other rules than before: timers are to follow them now.
    void zones_changed();

    // Somebody has asked for the end: what SIGTERM does is to be done.
    bool drain_asked() const { return drain_asked_.load(); }

    // Enters the drain. Afterwards ask drained() now and then, and stop() when it says true.
    void begin_stop();
    // Whether the drain is over: nothing is held, or the deadline has passed (`hurry`: now).
    bool drained(bool hurry);
    // Ends all threads, at once.
    void stop();

    // This daemon was declared dead by another: it must stop without touching the ledger.
    bool superseded() const { return superseded_.load(); }

private:
    LoopThread* start(std::string name, LoopThread::Make make);
    void start_threads();
    ControlContext control_context();
    void start_dbus(const ControlContext& context);
    void start_control(const ControlContext& context);
    void end_threads();

    const ServiceOptions options_;
    const Database database_;
    const Clock& clock_;
    const ZoneSource& zones_;
    Log& log_;

    NodeStore nodes_;
    IncarnationId incarnation_;
    LiveCatalog catalog_;
    Slots slots_;
    Drain drain_;
    Vitals vitals_;
    LoopWatch watch_;
    std::atomic<bool> listened_{false};
    std::atomic<bool> relayed_{false};  // to the message bus
    std::atomic<bool> superseded_{false};
    std::atomic<bool> drain_asked_{false};
    std::atomic<int> waiting_for_clock_{0};

    Bus bus_;
    std::vector<std::unique_ptr<LoopThread>> threads_;
    std::vector<LoopThread*> executors_;
    std::vector<std::uint64_t> progress_at_stop_;
    std::unique_ptr<ControlServer> control_;
    std::optional<Duration> stop_began_;  // elapsed
    bool stopped_ = false;
};

}  // namespace attune
