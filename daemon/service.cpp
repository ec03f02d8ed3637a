#include "daemon/service.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "core/limits.h"
#include "core/load.h"
#include "daemon/control/control_api.h"
#include "daemon/dbus/dbus_loop.h"
#include "daemon/earlier_lives.h"
#include "daemon/executor/executor.h"
#include "daemon/feed_loop.h"
#include "daemon/log_fields.h"
#include "daemon/message_ids.h"
#include "daemon/reconcile_loop.h"
#include "daemon/runner/runner_link.h"
#include "daemon/runner/runner_loop.h"
#include "daemon/sensor/journal_loop.h"
#include "daemon/sensor/systemd_loop.h"
#include "daemon/sensor/timer_loop.h"
#include "daemon/sweep.h"
#include "os/files.h"
#include "os/process_info.h"
#include "os/random.h"
#include "os/system_error.h"
#include "wire/inboxes.h"
#include "wire/messages.h"

namespace attune {
namespace {

NodeIdentity identity(const ServiceOptions& options) {
    std::array<char, 256> hostname{};
    ::gethostname(hostname.data(), hostname.size() - 1);
    return {.name = options.node,
            .hostname = hostname.data(),
            .boot_id = boot_id(),
            .version = options.version,
            .pid = ::getpid()};
}

// As its attune.yaml has it now; `otherwise` while that cannot be told.
std::string source_name(const std::string& source_path, const std::string& otherwise) {
    try {
        const auto text = read_file(source_path + "/attune.yaml", limits::kFileBytes);
        const auto loaded = load_source("attune.yaml", text);
        return loaded.source ? loaded.source->name : otherwise;
    } catch (const SystemError&) {
        return otherwise;
    }
}

// The sweep asks once a second.
constexpr Duration kLongestSilence = std::chrono::seconds(5);

// The server closes what it is given; systemd's socket must live on for the next try.
std::optional<int> own_copy(int fd) {
    if (fd < 0) return std::nullopt;
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) throw_errno("cannot take over the control socket");
    return copy;
}

Database named(Database database) {
    database.application = "attuned";
    return database;
}

}  // namespace

Service::Service(ServiceOptions options, const Database& database, const Clock& clock,
                 const ZoneSource& zones, Log& log)
    : options_(std::move(options)),
      database_(database),
      clock_(clock),
      zones_(zones),
      log_(log),
      nodes_(named(database)),
      incarnation_(nodes_.join(identity(options_), options_.lease)),
      catalog_(database, log),
      slots_(options_.slots, options_.runner_socket.empty()),
      watch_(options_.hangs_after),
      bus_(options_.lose ? Bus(options_.lose) : Bus()) {
    if (options_.runner_socket.empty()) {
        EarlierLives(nodes_, options_.node, incarnation_, log_).recover(clock_.now());
    }
    catalog_.at_least(Generation{});
    vitals_.set_database(clock_.elapsed(), 0);  // it has just answered
    try {
        start_threads();
        const auto context = control_context();
        if (options_.dbus) start_dbus(context);
        start_control(context);
    } catch (...) {
        end_threads();
        throw;
    }
}

Service::~Service() { stop(); }

LoopThread* Service::start(std::string name, LoopThread::Make make) {
    threads_.push_back(
        std::make_unique<LoopThread>(std::move(name), clock_, log_, std::move(make)));
    watch_.watch(threads_.back()->name(), threads_.back()->signs_of_life());
    return threads_.back().get();
}

void Service::start_threads() {
    start("feed", [this] {
        FeedOptions feed{.socket_path = options_.feed_socket,
                         .group = options_.control_group,
                         .source = "/attune/" + options_.node,
                         .life = random_uuid(),
                         .relay = kMessageBusInbox,
                         .relayed = &relayed_};
        return std::make_unique<FeedLoop>(bus_, std::move(feed), listened_);
    });
    start("runner", [this]() -> std::unique_ptr<Loop> {
        if (options_.runner_socket.empty()) return std::make_unique<RunnerLoop>(bus_, log_);
        return std::make_unique<RunnerLink>(
            RunnerLinkOptions{options_.runner_socket, options_.recorders, options_.version},
            bus_, slots_, log_);
    });
    for (int i = 0; i < options_.recorders; ++i) {
        executors_.push_back(start("executor " + std::to_string(i), [this, i] {
            return std::make_unique<Executor>(
                ExecutorOptions{.index = i,
                                .incarnation = incarnation_,
                                .boot_id = boot_id(),
                                .source_root = options_.source_path,
                                .runner_outlives = !options_.runner_socket.empty(),
                                .node = options_.node},
                database_,
                ExecutorShared{bus_, catalog_, slots_, drain_, zones_, listened_, superseded_,
                               log_});
        }));
    }
    for (int i = 0; i < options_.timer_workers; ++i) {
        start("timers " + std::to_string(i), [this, i] {
            const TimerLoopOptions timers{.shard = {i, options_.timer_workers},
                                          .executors = options_.recorders,
                                          .trust_clock = options_.trust_clock};
            return std::make_unique<TimerLoop>(
                timers, database_,
                TimerShared{bus_, zones_, drain_, waiting_for_clock_, vitals_, log_});
        });
    }
    start("journal", [this] {
        return std::make_unique<JournalLoop>(
            JournalLoopOptions{options_.journal_directory, options_.recorders}, database_, bus_,
            catalog_, drain_, log_);
    });
    start("systemd", [this] {
        return std::make_unique<SystemdLoop>(
            SystemdLoopOptions{.bus_address = {}, .executors = options_.recorders}, database_,
            bus_, catalog_, drain_, log_);
    });
    start("sweep", [this] {
        return std::make_unique<Sweep>(
            SweepOptions{incarnation_, options_.lease, options_.recorders,
                         options_.timer_workers},
            database_, bus_, [this] { superseded_.store(true); }, vitals_, log_);
    });
    start("reconcile", [this] {
        return std::make_unique<ReconcileLoop>(
            ReconcileOptions{options_.source_path, options_.timer_workers, options_.poll},
            database_, bus_, catalog_, zones_, listened_, vitals_, log_);
    });
}

ControlContext Service::control_context() {
    return {.bus = bus_,
            .clock = clock_,
            .zones = zones_,
            .database = database_,
            .catalog = [this] { return catalog_.get(); },
            .executors = options_.recorders,
            .version = options_.version,
            .node = options_.node,
            .incarnation = incarnation_,
            .started_at = clock_.now(),
            .source_name = [path = options_.source_path,
                            first = source_name(options_.source_path,
                                                "main")] { return source_name(path, first); },
            .source_path = options_.source_path,
            .embedded_database = options_.embedded_database,
            .waits_for_clock = [this] { return waiting_for_clock_ > 0; },
            .runner_socket = options_.runner_socket,
            .has_runner = [this] { return slots_.is_open(); },
            .drain = [this] { drain_asked_.store(true); }};
}

void Service::start_dbus(const ControlContext& context) {
    start("D-Bus", [this, context] {
        return std::make_unique<DbusLoop>(
            DbusOptions{.address = {}, .user = ::geteuid(), .group = options_.control_group},
            bus_,
            [context](int thread) {
                return std::make_unique<ControlApi>(context, message_bus_inbox(thread));
            },
            context.catalog, relayed_, log_);
    });
}

void Service::start_control(const ControlContext& context) {
    ControlServerOptions server{.socket_path = options_.control_socket,
                                .group = options_.control_group,
                                .listening_fd = own_copy(options_.control_listening_fd)};
    server.report = [this](const std::string& text) { log_.warn("control: {}", text); };
    control_ = std::make_unique<ControlServer>(std::move(server), [context](int thread) {
        return std::make_unique<ControlApi>(context, control_inbox(thread));
    });
}

void Service::reconcile() {
    vitals_.ask_for_look();
    Outbox(bus_, {kReconcileInbox}).send(encode(Wake{}));
}

Health Service::health() {
    Health health;
    const auto elapsed = clock_.elapsed();
    health.hanging = watch_.step(elapsed);
    health.generation = catalog_.get()->generation();
    health.timers = vitals_.timers();
    health.waiting = vitals_.ready();
    health.slots = options_.slots;
    health.busy_slots = options_.slots - slots_.free();
    health.source_trouble = vitals_.source_trouble();
    const auto silence = elapsed - vitals_.database_answered_at();
    if (silence >= kLongestSilence) {
        health.database_silent_since = clock_.now() - silence;
        return health;  // what else is in trouble is so for that reason
    }
    if (waiting_for_clock_ > 0)
        health.troubles.emplace_back("timers wait for a plausible clock");
    for (const auto& thread : threads_) {
        if (auto trouble = thread->trouble(); !trouble.empty()) {
            health.troubles.push_back(thread->name() + ": " + trouble);
        }
    }
    return health;
}

void Service::zones_changed() {
    for (int i = 0; i < options_.timer_workers; ++i) {
        Outbox(bus_, {timer_inbox(i)}).send(encode(Wake{}));
    }
}

void Service::begin_stop() {
    stop_began_ = clock_.elapsed();
    drain_.begin();
    progress_at_stop_.clear();
    for (int i = 0; i < options_.recorders; ++i) {
        progress_at_stop_.push_back(executors_[static_cast<std::size_t>(i)]->progress());
        Outbox(bus_, {executor_inbox(i)}).send(encode(Wake{}));
    }
}

// An executor that has stepped twice since has seen all that was under way to it.
bool Service::drained(bool hurry) {
    const bool over =
        hurry || superseded_ || clock_.elapsed() - *stop_began_ >= options_.drain_timeout;
    bool looked = true;
    for (std::size_t i = 0; i < executors_.size(); ++i) {
        looked = looked && executors_[i]->progress() >= progress_at_stop_[i] + 2;
        if (!looked) Outbox(bus_, {executor_inbox(static_cast<int>(i))}).send(encode(Wake{}));
    }
    return over || (looked && !drain_.anyone_busy());
}

// Closing the bus wakes everyone who waits, handlers of control requests included.
void Service::end_threads() {
    bus_.shutdown();
    if (control_) control_->stop();
    executors_.clear();
    watch_.stop_watching();
    threads_.clear();
}

void Service::stop() {
    if (stopped_) return;
    stopped_ = true;
    drain_.begin();
    end_threads();
    try {
        if (!superseded_) nodes_.leave(incarnation_);
    } catch (const std::exception& error) {
        log_.warn("leaving without a word to the database: {}", error.what());
    }
}

}  // namespace attune
