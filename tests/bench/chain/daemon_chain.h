// The chain through the whole daemon: timers decide, ZeroMQ carries, executors evaluate a rule,
// record, run core.echo and complete.
#pragma once

#include "tests/bench/bench_cluster.h"
#include "tests/bench/chain/speed.h"

namespace attune {

Speed measure_daemon(BenchCluster& cluster, const BenchOptions& options);

}  // namespace attune
