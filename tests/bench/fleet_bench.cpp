// What many timers cost a whole daemon on a real database with full durability.
//
//   arm       --timers (1,000,000) armed from their rows by the timer thread: time and memory
//   start     the same by attuned with its catalog and all, beyond what it takes without any
//   lateness  1,000 timers of 1 s for --seconds (20), from the instant to its commit: all at
//             the full second, then spread over it; missed and doubled instants
//   herd      --herd (100,000) timers at one instant: until the last one is committed
//
// fleet_bench [arm] [start] [lateness] [herd] [--timers N] [--herd N] [--seconds S] [--echo]
//
// --echo: a rule answers each event with core.echo. Moments of commits are the server's own
// (track_commit_timestamp); it and the daemon share the machine's clock.
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/null_sink.h>

#include "daemon/sensor/timer_loop.h"
#include "daemon/service.h"
#include "os/files.h"
#include "os/loop.h"
#include "os/spawn.h"
#include "os/system_clock.h"
#include "os/unique_fd.h"
#include "os/zone_files.h"
#include "reconciler/ledger_audit.h"
#include "tests/bench/bench_cluster.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Options {
    std::set<std::string> parts;
    std::int64_t timers = 1'000'000;
    std::int64_t herd = 100'000;
    std::int64_t seconds = 20;
    bool echo = false;
};

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double resident_mb(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

std::string load() {
    std::array<double, 3> averages{};
    ::getloadavg(averages.data(), 3);
    return fmt::format("load {:.2f} {:.2f} {:.2f}, {} processors", averages[0], averages[1],
                       averages[2], ::sysconf(_SC_NPROCESSORS_ONLN));
}

void pass(Duration duration) {
    const SystemClock clock;
    Waiter waiter;
    const auto until = clock.elapsed() + duration;
    while (clock.elapsed() < until) {
        waiter.wait(clock.now() + std::min<Duration>(until - clock.elapsed(), seconds(1)));
    }
}

// ---- Rows. They have the origin `migration`, so that no source retires them.

// `config` is SQL that makes the config of timer n.
void put_timers(BenchCluster& cluster, std::int64_t count, const std::string& trigger,
                const std::string& config) {
    cluster.run(
        "TRUNCATE timer, timer_rev, timer_skip, event, enforcement, execution;"
        "DELETE FROM sensor");
    cluster.run(fmt::format(
        R"sql(
INSERT INTO sensor (id, ref, label, runtime_ref, trigger, trigger_ref, enabled, config, document,
                    origin, generation)
SELECT n, 'fleet.s' || n, 'fleet.s' || n, 'core.sensor.builtin', t.id, t.ref, true, c.config,
       jsonb_build_object('apiVersion', 'attune/v1', 'kind', 'Sensor',
           'metadata', jsonb_build_object('ref', 'fleet.s' || n),
           'spec', jsonb_build_object('trigger', t.ref, 'config', c.config)),
       'migration', (SELECT generation FROM config_state)
FROM generate_series(1, {0}) AS n CROSS JOIN LATERAL (SELECT {2}) AS c (config)
JOIN trigger t ON t.ref = '{1}';
INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)
SELECT id, generation, date_trunc('second', now()), date_trunc('second', now()), generation,
       'armed' FROM sensor;
INSERT INTO timer_rev (sensor_id, spec_rev, spec, anchor_at, period, base_at, armed_from)
SELECT s.id, s.generation,
       jsonb_build_object('trigger', s.trigger_ref, 'config', s.config), t.anchor_at,
       (s.config ->> 'interval')::bigint * 1000000,
       CASE WHEN s.config ? 'interval' THEN t.anchor_at END, t.cursor_at
FROM sensor s JOIN timer t ON t.sensor_id = s.id)sql",
        count, trigger, config));
    cluster.run_alone("VACUUM ANALYZE attune.sensor");
    cluster.run_alone("VACUUM ANALYZE attune.timer");
}

void put_source(const fs::path& tree, const std::string& trigger, bool echo) {
    fs::create_directories(tree / "packs/bench/rules");
    std::ofstream(tree / "attune.yaml")
        << "apiVersion: attune/v1\nkind: Source\nmetadata: {name: main}\n"
           "spec: {packs: [\"packs/*\"]}\n";
    std::ofstream(tree / "packs/bench/pack.yaml")
        << "apiVersion: attune/v1\nkind: Pack\nmetadata: {ref: bench}\nspec: {}\n";
    const auto rule = tree / "packs/bench/rules/echo.yaml";
    fs::remove(rule);
    if (!echo) return;
    std::ofstream(rule) << "apiVersion: attune/v1\nkind: Rule\nmetadata: {ref: bench.echo}\n"
                           "spec:\n  trigger: " +
                               trigger +
                               "\n  action: {ref: core.echo, params: {message: "
                               "\"{{ event.payload.scheduled_at }}\"}}\n";
}

// ---- arm

void arm_in_a_loop(BenchCluster& cluster) {
    const ZoneFiles zones;
    Bus bus;
    Drain drain;
    std::atomic<int> waiting{0};
    Vitals vitals;
    Log log("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
    Inbox executor(bus, "executor.0");
    TimerLoop loop({.shard = {}, .executors = 1}, cluster.database(),
                   {bus, zones, drain, waiting, vitals, log});
    const SystemClock clock;
    ::malloc_trim(0);
    const auto before = resident_mb(::getpid());
    const auto start = clock.elapsed();
    loop.step({clock.now(), clock.elapsed()});
    const auto took = clock.elapsed() - start;
    fmt::print("  timer thread: {:.2f} s, {:.1f} MB\n", in_seconds(took),
               resident_mb(::getpid()) - before);
}

// Reads its log until `word`; when that came, since the start.
std::optional<Duration> wait_for_line(int fd, const std::string& word, const Clock& clock,
                                      Duration start) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0) return std::nullopt;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.find(word) != std::string::npos) return clock.elapsed() - start;
        if (text.size() > 1'000'000) text.erase(0, text.size() - 1000);
    }
}

// Seconds until attuned said `word`, and its memory a second later.
std::pair<double, double> run_daemon(BenchCluster& cluster, const std::string& word) {
    const auto home = cluster.folder() / "daemon";
    fs::create_directories(home);
    put_source(home / "source", "core.intervaltimer", false);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    SpawnOptions spawned;
    spawned.argv = {ATTUNE_ATTUNED_PATH, "--source", (home / "source").string()};
    for (const auto& setting : {"state_dir=" + home.string(), "runtime_dir=" + home.string(),
                                "database.url=" + cluster.database().url}) {
        spawned.argv.insert(spawned.argv.end(), {"--set", setting});
    }
    spawned.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
    spawned.stdout_fd = spawned.stderr_fd = write_end.get();
    const SystemClock clock;
    const auto start = clock.elapsed();
    auto daemon = spawn(spawned);
    write_end.reset();
    const auto took = wait_for_line(read_end.get(), word, clock, start);
    pass(seconds(1));
    const auto memory = resident_mb(daemon.pid());
    daemon.signal(SIGTERM);
    wait_for_line(read_end.get(), "never said", clock, start);
    daemon.wait();
    if (!took) throw std::runtime_error("attuned ended before it said: " + word);
    return {in_seconds(*took), memory};
}

// Spread over many periods; none is due meanwhile.
void put_fleet(BenchCluster& cluster, const Options& options) {
    put_timers(cluster, options.timers, "core.intervaltimer",
               "jsonb_build_object('unit', 'minutes', 'interval', 60 + n % 100, 'jitter', 60)");
}

void bench_arm(const Options& options) {
    BenchCluster cluster;
    put_fleet(cluster, options);
    fmt::print("arm {} timers, {}\n", options.timers, load());
    arm_in_a_loop(cluster);
}

void bench_start(const Options& options) {
    BenchCluster cluster;
    const auto [empty_took, empty] = run_daemon(cluster, "runs as node");
    put_fleet(cluster, options);
    fmt::print("start attuned with {} timers, {}\n", options.timers, load());
    const auto [took, memory] =
        run_daemon(cluster, fmt::format("Started {} timer sensors", options.timers));
    fmt::print("  {:.2f} s (empty {:.2f} s), {:.1f} MB beyond the empty daemon's {:.1f} MB\n",
               took, empty_took, memory - empty, empty);
}

// ---- lateness and herd

// A daemon in this process, on what is in the database.
class RunningService {
public:
    RunningService(BenchCluster& cluster, const std::string& trigger, bool echo) {
        const auto home = cluster.folder() / "service";
        fs::create_directories(home);
        put_source(home / "source", trigger, echo);
        ServiceOptions options;
        options.version = "bench";
        options.node = "bench";
        options.source_path = (home / "source").string();
        options.runtime_dir = home.string();
        options.control_socket = (home / "control.sock").string();
        options.feed_socket = (home / "feed.sock").string();
        auto database = cluster.database();
        database.statement_timeout = seconds(10);
        service_.emplace(std::move(options), database, clock_, zones_, log_);
    }
    ~RunningService() {
        service_->begin_stop();
        while (!service_->drained(false)) pass(milliseconds(20));
        service_->stop();
    }

private:
    SystemClock clock_;
    ZoneFiles zones_;
    Log log_{"bench", std::make_shared<spdlog::sinks::null_sink_mt>()};
    std::optional<Service> service_;
};

// Milliseconds from `due` to the commit, over the events in (after, through].
std::string lateness(BenchCluster& cluster, const std::string& due, TimePoint after,
                     TimePoint through) {
    return cluster.run(fmt::format(
        R"sql(
SELECT 'p50 ' || percentile_disc(0.5) WITHIN GROUP (ORDER BY late) || ', p90 '
    || percentile_disc(0.9) WITHIN GROUP (ORDER BY late) || ', p99 '
    || percentile_disc(0.99) WITHIN GROUP (ORDER BY late) || ', max ' || max(late) || ' ms'
FROM (SELECT round(1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin) - {}), 1) AS late
      FROM event WHERE scheduled_at > '{}' AND scheduled_at <= '{}') AS fires)sql",
        due, format_rfc3339(after), format_rfc3339(through)));
}

void report_faults(BenchCluster& cluster, TimePoint after, TimePoint through) {
    Audit audit(cluster.database());
    const ZoneFiles zones;
    const auto proof = audit_ledger(
        audit, {.after = after, .through = through, .now = SystemClock().now()}, zones);
    std::int64_t missed = 0;
    std::int64_t doubled = 0;
    for (const auto& finding : proof.findings) {
        if (finding.fault == AuditFault::kDuplicate) {
            doubled += finding.count;
        } else {
            missed += finding.count;
        }
    }
    fmt::print("  missed {}, doubled {}\n", missed, doubled);
}

void bench_lateness(const Options& options) {
    constexpr std::int64_t kTimers = 1000;
    for (const bool spread : {false, true}) {
        BenchCluster cluster({"track_commit_timestamp=on"});
        put_timers(cluster, kTimers, "core.intervaltimer",
                   std::string("jsonb_build_object('unit', 'seconds', 'interval', 1") +
                       (spread ? ", 'jitter', 1)" : ")"));
        fmt::print("{} timers of 1 s, {}{}, {}\n", kTimers,
                   spread ? "spread by jitter" : "all at the full second",
                   options.echo ? ", answered by core.echo" : "", load());
        constexpr auto kWarmUp = seconds(5);
        const auto begin = std::chrono::floor<seconds>(SystemClock().now()) + kWarmUp;
        const TimePoint end = begin + seconds(options.seconds);
        {
            const RunningService service(cluster, "core.intervaltimer", options.echo);
            pass(end - SystemClock().now() + seconds(2));
        }
        fmt::print(
            "  {} events of {}: {}\n",
            cluster.run(fmt::format("SELECT count(*) FROM event WHERE scheduled_at > '{}' "
                                    "AND scheduled_at <= '{}'",
                                    format_rfc3339(begin), format_rfc3339(end))),
            kTimers * options.seconds,
            lateness(cluster, "(payload ->> 'due_at')::timestamptz", begin, end));
        report_faults(cluster, begin, end);
    }
}

void bench_herd(const Options& options) {
    BenchCluster cluster({"track_commit_timestamp=on"});
    const auto at =
        std::chrono::floor<seconds>(SystemClock().now()) + seconds(10 + options.herd / 5000);
    put_timers(cluster, options.herd, "core.datetimetimer",
               fmt::format("jsonb_build_object('fire_at', '{}')", format_rfc3339(at)));
    fmt::print("herd of {} timers at one instant{}, {}\n", options.herd,
               options.echo ? ", answered by core.echo" : "", load());
    {
        const RunningService service(cluster, "core.datetimetimer", options.echo);
        const auto all = std::to_string(options.herd);
        while (cluster.run("SELECT count(*) FROM event") != all) pass(milliseconds(500));
    }
    fmt::print("  until the last is committed: {}\n",
               lateness(cluster, "scheduled_at", at - seconds(1), at));
    report_faults(cluster, at - seconds(1), at);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int n = 1; n < argc; ++n) {
        const std::string word = argv[n];
        const auto number = [&] { return n + 1 < argc ? std::atoll(argv[++n]) : 0; };
        if (word == "--timers") {
            options.timers = number();
        } else if (word == "--herd") {
            options.herd = number();
        } else if (word == "--seconds") {
            options.seconds = number();
        } else if (word == "--echo") {
            options.echo = true;
        } else {
            options.parts.insert(word);
        }
    }
    if (options.parts.empty()) options.parts = {"arm", "start", "lateness", "herd"};
    return options;
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // line by line into a file, too
    try {
        const auto options = attune::parse(argc, argv);
        if (options.parts.contains("arm")) attune::bench_arm(options);
        if (options.parts.contains("start")) attune::bench_start(options);
        if (options.parts.contains("lateness")) attune::bench_lateness(options);
        if (options.parts.contains("herd")) attune::bench_herd(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "fleet_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
