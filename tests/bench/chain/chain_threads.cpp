#include "tests/bench/chain/chain_threads.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace attune {
namespace {

using SteadyClock = std::chrono::steady_clock;

}  // namespace

Speed measure(const BenchCluster& cluster, const BenchOptions& options,
              const std::function<Chain(int)>& make_chain) {
    std::vector<Chain> chains;
    for (int n = 0; n < options.connections; ++n) {
        chains.push_back(make_chain(n));
        chains.back()();  // connected, prepared, warm
    }
    std::atomic<std::int64_t> done = 0;
    std::vector<std::thread> threads;
    threads.reserve(chains.size());
    const double cpu_before = cluster.cpu_seconds();
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
    const double cpu = cluster.cpu_seconds() - cpu_before;
    return {.chains = static_cast<double>(done) / took.count(),
            .server_micros = cpu * 1e6 / static_cast<double>(done)};
}

}  // namespace attune
