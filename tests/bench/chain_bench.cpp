// The durable chain event -> enforcement -> execution -> succeeded, in chains per second: bare
// SQL beside attune, on one PostgreSQL with full durability, interleaved in rounds. Only the
// ratio of one run means anything: the machine drifts, and both share it with the server.
//
//   bare     bare SQL, two commits for each batch
//   ledger   the store alone, two commits for each batch
//   riding   the store alone, completions ride in the next recording as the executors do it
//   daemon   timers, ZeroMQ, rules and executors of the whole daemon
//
// chain_bench [--rounds N] [--seconds S] [--connections C] [--batch B] [--bare-batch B]
//             [--days D] [--sensors N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/bench/chain/bare_chain.h"
#include "tests/bench/chain/daemon_chain.h"
#include "tests/bench/chain/ledger_chain.h"

namespace attune {
namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

BenchOptions parse(int argc, char** argv) {
    BenchOptions options;
    for (int n = 1; n + 1 < argc; n += 2) {
        const std::string name = argv[n];
        const double value = std::atof(argv[n + 1]);
        if (name == "--rounds") options.rounds = static_cast<int>(value);
        if (name == "--seconds") options.seconds = value;
        if (name == "--connections") options.connections = static_cast<int>(value);
        if (name == "--batch") options.batch = static_cast<int>(value);
        if (name == "--bare-batch") options.bare_batch = static_cast<int>(value);
        if (name == "--days") options.days = static_cast<int>(value);
        if (name == "--sensors") options.sensors = static_cast<int>(value);
    }
    return options;
}

void compare(const BenchOptions& options) {
    BenchCluster cluster;
    fmt::print("chains/s, {} connections, batches of {} (bare {}), {} days, {} s each\n",
               options.connections, options.batch, options.bare_batch, options.days,
               options.seconds);
    fmt::print("{:>5} {:>8} {:>8} {:>8} {:>8} {:>12} {:>12} {:>12}   server us/chain\n",
               "round", "bare", "ledger", "riding", "daemon", "ledger/bare", "riding/bare",
               "daemon/bare");
    std::vector<double> ledger_ratios;
    std::vector<double> riding_ratios;
    std::vector<double> daemon_ratios;
    for (int n = 1; n <= options.rounds; ++n) {
        const auto bare = measure_bare(cluster, options);
        const auto ledger = measure_ledger(cluster, options, false);
        const auto riding = measure_ledger(cluster, options, true);
        const auto daemon = measure_daemon(cluster, options);
        ledger_ratios.push_back(ledger.chains / bare.chains);
        riding_ratios.push_back(riding.chains / bare.chains);
        daemon_ratios.push_back(daemon.chains / bare.chains);
        fmt::print(
            "{:>5} {:>8.0f} {:>8.0f} {:>8.0f} {:>8.0f} {:>12.2f} {:>12.2f} {:>12.2f}   "
            "{:.1f} {:.1f} {:.1f} {:.1f}\n",
            n, bare.chains, ledger.chains, riding.chains, daemon.chains, ledger_ratios.back(),
            riding_ratios.back(), daemon_ratios.back(), bare.server_micros,
            ledger.server_micros, riding.server_micros, daemon.server_micros);
        std::fflush(stdout);
    }
    fmt::print("median ratio to bare: ledger {:.2f}, riding {:.2f}, daemon {:.2f}\n",
               median(ledger_ratios), median(riding_ratios), median(daemon_ratios));
}

}  // namespace
}  // namespace attune

int main(int argc, char** argv) {
    try {
        attune::compare(attune::parse(argc, argv));
    } catch (const std::exception& error) {
        fmt::print(stderr, "chain_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
