// The chain on the store alone: Ledger::record() and Ledger::complete().
#pragma once

#include "tests/bench/bench_cluster.h"
#include "tests/bench/chain/speed.h"

namespace attune {

// `riding`: the completions of one batch ride in the next recording, one commit for each batch;
// else two.
Speed measure_ledger(BenchCluster& cluster, const BenchOptions& options, bool riding);

}  // namespace attune
