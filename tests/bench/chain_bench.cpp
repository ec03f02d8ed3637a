// The durable chain event -> enforcement -> execution -> succeeded, in chains per second: bare
// SQL beside the ledger, on one PostgreSQL with full durability, interleaved in rounds. Only
// the ratio of one run means anything: the machine drifts, and both share it with the server.
//
//   bare        three unpartitioned tables with a payload each, one CTE statement, then one
//               UPDATE: two commits for each batch
//   ledger      Ledger::record() and Ledger::complete(): two commits for each batch
//   riding      the completions of one batch ride in the next recording: one commit more in all
//
// chain_bench [--rounds N] [--seconds S] [--connections C] [--batch B] [--bare-batch B]
//             [--days D]
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "store/embedded_cluster.h"
#include "store/ledger.h"
#include "store/migrate.h"
#include "store/session.h"

namespace attune {
namespace {

namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

struct Options {
    int rounds = 5;
    double seconds = 4;
    int connections = 2;
    int batch = 500;
    int bare_batch = 1000;
    int days = 3;
};

// About 200 bytes each, as in the bare chain.
const std::string kPayload =
    R"({"type":"interval","scheduled_at":"2026-11-23T12:00:00Z","due_at":"2026-11-23T12:00:00Z",)"
    R"("fired_at":"2026-11-23T12:00:00.001Z","lateness_ms":1,"occurrence":4711,"misfire":false,)"
    R"("interval_seconds":10})";
const std::string kParams =
    R"({"message":"a message of some length, as people write them into their rules","path":)"
    R"("/var/tmp/some/path","seen_at":"2026-11-23T12:00:00Z","level":3,"host":"db1.example"})";
const std::string kResult =
    R"({"exit_code":0,"stdout":"a message of some length, as people do"})";

// CPU time that the processes of the server have used so far, children of `postmaster`.
double server_cpu_seconds(pid_t postmaster) {
    double ticks = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "stat");
        std::string line;
        if (!std::getline(file, line)) continue;
        std::istringstream fields(line.substr(line.rfind(')') + 1));
        std::string state;
        pid_t parent = 0;
        fields >> state >> parent;
        if (parent != postmaster) continue;
        std::string skipped;
        for (int n = 5; n < 14; ++n) fields >> skipped;
        double user = 0;
        double system = 0;
        fields >> user >> system;
        ticks += user + system;
    }
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct Speed {
    double chains = 0;         // per second
    double server_micros = 0;  // of the server's CPU for each chain, less moved by others' load
};

// Runs `make_chain`'s chains, one on each of `connections` threads, for `seconds`. Each call of
// a chain does one batch and returns its size.
using Chain = std::function<int()>;
Speed measure(pid_t postmaster, const Options& options,
              const std::function<Chain(int)>& make_chain) {
    std::vector<Chain> chains;
    for (int n = 0; n < options.connections; ++n) {
        chains.push_back(make_chain(n));
        chains.back()();  // connected, prepared, warm
    }
    std::atomic<std::int64_t> done = 0;
    std::vector<std::thread> threads;
    const double cpu_before = server_cpu_seconds(postmaster);
    const auto start = SteadyClock::now();
    const auto end = start + std::chrono::duration_cast<SteadyClock::duration>(
                                 std::chrono::duration<double>(options.seconds));
    for (const auto& chain : chains) {
        threads.emplace_back([&done, &chain, end] {
            while (SteadyClock::now() < end) done += chain();
        });
    }
    for (auto& thread : threads) thread.join();
    const std::chrono::duration<double> took = SteadyClock::now() - start;
    const double cpu = server_cpu_seconds(postmaster) - cpu_before;
    return {.chains = static_cast<double>(done) / took.count(),
            .server_micros = cpu * 1e6 / static_cast<double>(done)};
}

// Bare SQL.

constexpr const char* kBareTables = R"sql(
CREATE SCHEMA IF NOT EXISTS bare;
DROP TABLE IF EXISTS bare.execution, bare.enforcement, bare.event;
CREATE TABLE bare.event (
    id bigserial PRIMARY KEY, timer bigint NOT NULL, seq bigint NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), payload jsonb NOT NULL, UNIQUE (timer, seq));
CREATE TABLE bare.enforcement (
    id bigserial PRIMARY KEY, event bigint NOT NULL, rule bigint NOT NULL,
    status text NOT NULL, created timestamptz NOT NULL DEFAULT now(), payload jsonb NOT NULL,
    UNIQUE (event, rule));
CREATE TABLE bare.execution (
    id bigserial PRIMARY KEY, enforcement bigint NOT NULL UNIQUE, status text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now(),
    config jsonb NOT NULL, result jsonb))sql";

constexpr Statement kBareInsert{"bare_insert", R"sql(
WITH e AS (
    INSERT INTO bare.event (timer, seq, payload)
    SELECT t, s, p::jsonb FROM unnest($1::int8[], $2::int8[], $3::text[]) AS r (t, s, p)
    ON CONFLICT DO NOTHING RETURNING id, payload),
f AS (
    INSERT INTO bare.enforcement (event, rule, status, payload)
    SELECT id, 1, 'processed', payload FROM e RETURNING id, payload)
INSERT INTO bare.execution (enforcement, status, config)
SELECT id, 'requested', payload FROM f RETURNING id)sql"};

constexpr Statement kBareComplete{"bare_complete", R"sql(
UPDATE bare.execution x SET status = 'succeeded', result = c.result::jsonb, updated = now()
FROM unnest($1::int8[], $2::text[]) AS c (id, result) WHERE x.id = c.id)sql"};

class BareChain {
public:
    BareChain(const Database& database, int thread, int batch)
        : connection_(database, SessionKind::kHot), thread_(thread), batch_(batch) {}

    int step() {
        ArrayText timers;
        ArrayText seqs;
        ArrayText payloads;
        ++seq_;
        for (int n = 0; n < batch_; ++n) {
            timers.add(std::int64_t{thread_ * 100'000 + n});
            seqs.add(seq_);
            payloads.add_quoted(kPayload);
        }
        ArrayText ids;
        ArrayText results;
        connection_.transact([&](Session& session) {
            const auto rows = session.run(
                kBareInsert, Params().add(timers.take()).add(seqs.take()).add(payloads.take()));
            for (int n = 0; n < rows.size(); ++n) {
                ids.add(rows[n].number(0));
                results.add_quoted(kResult);
            }
        });
        connection_.transact([&](Session& session) {
            session.run(kBareComplete, Params().add(ids.take()).add(results.take()));
        });
        return batch_;
    }

private:
    Connection connection_;
    int thread_;
    int batch_;
    std::int64_t seq_ = 0;
};

// The ledger.

class LedgerChain {
public:
    LedgerChain(const Database& database, int thread, int batch, bool riding, TimePoint start)
        : ledger_(database), thread_(thread), batch_(batch), riding_(riding), cursor_(start) {}

    int step() {
        const TimePoint at = cursor_ + std::chrono::seconds(1);
        std::vector<Entry> entries;
        entries.reserve(static_cast<std::size_t>(batch_));
        std::vector<Completion> done;
        for (int n = 0; n < batch_; ++n) {
            entries.push_back(fire(SensorId{thread_ * 100'000 + n + 1}, at));
            const auto& execution = *entries.back().answers.front().execution;
            done.push_back({.key = {execution.id, at},
                            .token = execution.token,
                            .outcome = {.state = ExecutionState::kSucceeded,
                                        .result = kResult,
                                        .finished_at = at}});
        }
        const auto recorded =
            ledger_.record(Generation{1}, {IncarnationId{1}, thread_}, entries,
                           riding_ ? pending_ : std::vector<Completion>{});
        for (const auto fate : recorded.entries) {
            if (fate != Fate::kRecorded) std::abort();
        }
        const int finished = riding_ ? static_cast<int>(pending_.size()) : batch_;
        if (riding_) {
            pending_ = std::move(done);
        } else {
            for (const bool accepted : ledger_.complete(done)) {
                if (!accepted) std::abort();
            }
        }
        cursor_ = at;
        return finished;
    }

private:
    std::int64_t next_id() {
        if (ids_.count == 0) ids_ = ledger_.draw_ids();
        --ids_.count;
        return ids_.first++;
    }

    Entry fire(SensorId sensor, TimePoint at) {
        Entry entry;
        Decision decision;
        decision.sensor = sensor;
        decision.spec_rev = Generation{1};
        decision.from = cursor_;
        decision.through = decision.due_at = decision.fired_at = at;
        decision.next_at = at + std::chrono::seconds(1);
        decision.fires = true;
        entry.decision = decision;
        entry.event = Event{.id = EventId{next_id()},
                            .sensor = sensor,
                            .origin = EventOrigin::kTimer,
                            .scheduled_at = at,
                            .fired_at = at,
                            .dedupe_key = {},
                            .payload = kPayload};
        entry.trigger = TriggerId{1};
        entry.trigger_ref = "core.intervaltimer";
        entry.sensor_ref = fmt::format("bench.s{}", sensor.value);
        NewExecution execution;
        execution.id = ExecutionId{next_id()};
        execution.action = ActionId{1};
        execution.action_ref = "core.echo";
        execution.params = kParams;
        execution.idempotency_key =
            idempotency_key(entry.sensor_ref, *entry.event, "bench.rule");
        execution.claimed = true;
        std::memcpy(execution.token.bytes.data(), &execution.id.value, sizeof(std::int64_t));
        execution.run_at = at;
        entry.answers.push_back({.id = EnforcementId{next_id()},
                                 .rule = RuleId{1},
                                 .rule_ref = "bench.rule",
                                 .state = EnforcementState::kProcessed,
                                 .reason = {},
                                 .execution = std::move(execution)});
        return entry;
    }

    Ledger ledger_;
    int thread_;
    int batch_;
    bool riding_;
    TimePoint cursor_;
    IdBlock ids_;
    std::vector<Completion> pending_;
};

// A cluster as one who cares for speed would set it up, with every commit on the disk.
class BenchCluster {
public:
    BenchCluster() {
        const char* folder = std::getenv("TMPDIR");
        auto pattern =
            (fs::path(folder != nullptr ? folder : "/var/tmp") / "attune-bench-XXXXXX")
                .string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        folder_ = pattern;
        fs::permissions(folder_, fs::perms(0711));
        ClusterOptions options;
        options.directory = folder_ / "pg";
        options.settings = {"shared_buffers=1GB", "max_wal_size=4GB"};
        cluster_ = std::make_unique<EmbeddedCluster>(options);
        migrate({.url = cluster_->url()});
    }
    ~BenchCluster() {
        cluster_.reset();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    BenchCluster(const BenchCluster&) = delete;
    BenchCluster& operator=(const BenchCluster&) = delete;

    Database database() const { return {.url = cluster_->url(), .application = "bench"}; }

    pid_t postmaster() const {
        std::ifstream file(folder_ / "pg" / "data" / "postmaster.pid");
        pid_t pid = 0;
        file >> pid;
        return pid;
    }

    void run(const std::string& sql) {
        Database patient = database();
        patient.statement_timeout = std::chrono::minutes(5);
        Connection(patient).transact([&sql](Session& session) { session.run(sql); });
    }

private:
    fs::path folder_;
    std::unique_ptr<EmbeddedCluster> cluster_;
};

constexpr TimePoint kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

void reset_ledger(BenchCluster& cluster, const Options& options) {
    if (getenv("BSQL")) cluster.run(getenv("BSQL"));
    cluster.run(fmt::format(
        "SET search_path = attune; TRUNCATE event, enforcement, execution, timer;"
        "SELECT make_day(date '2026-11-23' - {0} + n) FROM generate_series(0, {0}) n;"
        "INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)"
        " SELECT t * 100000 + n, 1, '2026-11-23Z', '2026-11-23Z', 1, 'armed'"
        " FROM generate_series(0, {1}) t, generate_series(1, {2}) n",
        options.days - 1, options.connections - 1, options.batch));
}

struct Round {
    Speed bare;
    Speed ledger;
    Speed riding;
};

Round run_round(BenchCluster& cluster, const Options& options) {
    Round round;
    cluster.run(kBareTables);
    round.bare = measure(cluster.postmaster(), options, [&](int thread) -> Chain {
        auto chain =
            std::make_shared<BareChain>(cluster.database(), thread, options.bare_batch);
        return [chain] { return chain->step(); };
    });
    cluster.run("DROP TABLE bare.execution, bare.enforcement, bare.event");
    for (const bool riding : {false, true}) {
        reset_ledger(cluster, options);
        const auto speed = measure(cluster.postmaster(), options, [&](int thread) -> Chain {
            auto chain = std::make_shared<LedgerChain>(cluster.database(), thread,
                                                       options.batch, riding, kStart);
            return [chain] { return chain->step(); };
        });
        (riding ? round.riding : round.ledger) = speed;
    }
    return round;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

Options parse(int argc, char** argv) {
    Options options;
    for (int n = 1; n + 1 < argc; n += 2) {
        const std::string name = argv[n];
        const double value = std::atof(argv[n + 1]);
        if (name == "--rounds") options.rounds = static_cast<int>(value);
        if (name == "--seconds") options.seconds = value;
        if (name == "--connections") options.connections = static_cast<int>(value);
        if (name == "--batch") options.batch = static_cast<int>(value);
        if (name == "--bare-batch") options.bare_batch = static_cast<int>(value);
        if (name == "--days") options.days = static_cast<int>(value);
    }
    return options;
}

void run(const Options& options) {
    BenchCluster cluster;
    fmt::print("chains/s, {} connections, batches of {} (bare {}), {} days, {} s each\n",
               options.connections, options.batch, options.bare_batch, options.days,
               options.seconds);
    fmt::print("{:>5} {:>8} {:>8} {:>8} {:>12} {:>12}   server us/chain\n", "round", "bare",
               "ledger", "riding", "ledger/bare", "riding/bare");
    std::vector<double> ledger;
    std::vector<double> riding;
    for (int n = 1; n <= options.rounds; ++n) {
        const Round round = run_round(cluster, options);
        ledger.push_back(round.ledger.chains / round.bare.chains);
        riding.push_back(round.riding.chains / round.bare.chains);
        fmt::print(
            "{:>5} {:>8.0f} {:>8.0f} {:>8.0f} {:>12.2f} {:>12.2f}   {:.1f} {:.1f} {:.1f}\n", n,
            round.bare.chains, round.ledger.chains, round.riding.chains, ledger.back(),
            riding.back(), round.bare.server_micros, round.ledger.server_micros,
            round.riding.server_micros);
        std::fflush(stdout);
    }
    fmt::print("median ratio: ledger {:.2f}, riding {:.2f}\n", median(ledger), median(riding));
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
    try {
        attune::run(attune::parse(argc, argv));
    } catch (const std::exception& error) {
        fmt::print(stderr, "chain_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
