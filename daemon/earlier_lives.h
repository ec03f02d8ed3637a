// What earlier lives of this node have left in the ledger: claims that nobody will complete any
// more. The lock on the state directory, which main() holds, proves those lives dead.
#pragma once

#include <string>
#include <utility>

#include "core/ids.h"
#include "core/time.h"
#include "daemon/log.h"
#include "store/node_store.h"

namespace attune {

class EarlierLives {
public:
    // `node` and `incarnation`: this life. All are borrowed but the name.
    EarlierLives(NodeStore& nodes, std::string node, IncarnationId incarnation, Log& log)
        : nodes_(nodes), node_(std::move(node)), incarnation_(incarnation), log_(log) {}

    // Gives back all they hold. Its processes are ended first, so that none runs beside its
    // retry. Throws StoreError.
    void recover(TimePoint now);

    // Gives back what was never let go; the rest is for whoever runs its processes to tell of.
    void recover_unstarted(TimePoint now);

private:
    void tell(const Recovery& recovery, int killed);

    NodeStore& nodes_;
    const std::string node_;
    const IncarnationId incarnation_;
    Log& log_;
};

}  // namespace attune
