// Runs a chain on several threads for a while and counts.
#pragma once

#include <functional>

#include "tests/bench/bench_cluster.h"
#include "tests/bench/chain/speed.h"

namespace attune {

// Each call of a chain does one batch and returns its size.
using Chain = std::function<int()>;

// `make_chain`'s chains, one on each of options.connections threads, for options.seconds.
Speed measure(const BenchCluster& cluster, const BenchOptions& options,
              const std::function<Chain(int)>& make_chain);

}  // namespace attune
