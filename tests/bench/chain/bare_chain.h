// The chain in bare SQL, as a careful user would write it: three unpartitioned tables with a
// payload each, one CTE statement, then one UPDATE: two commits for each batch.
#pragma once

#include "tests/bench/bench_cluster.h"
#include "tests/bench/chain/speed.h"

namespace attune {

Speed measure_bare(BenchCluster& cluster, const BenchOptions& options);

}  // namespace attune
