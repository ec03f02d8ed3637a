// `attune plan` and `attune apply` without a daemon: the passes a daemon would make, made by
// the same Reconciler on the database itself.
//
// A daemon that lives on the database applies its own source, so writing beside it would be
// undone at its next pass: apply() is refused then. One that starts meanwhile does no harm and
// comes to none: a pass is one transaction, and a daemon takes up every later generation.
#pragma once

#include <string>

#include "core/json.h"
#include "os/loop.h"
#include "os/system_clock.h"
#include "os/zone_files.h"
#include "reconciler/reconcile.h"
#include "store/node_store.h"

namespace attune {

class DatabaseReconciler {
public:
    // `root`: the source. `database`: as open_database() gives it.
    DatabaseReconciler(const std::string& root, const Database& database);

    // What a pass would do; nothing is written. As POST /v1/plan answers (docs/control.md).
    // Throws CommandFailed, as with_database() does.
    Json plan();

    // One pass, as POST /v1/reconcile answers. Throws CommandFailed also when a node is alive.
    Json apply(int allowed_retirements);

private:
    void require_no_daemon();

    const SystemClock clock_;
    Waiter waiter_;
    const ZoneFiles zones_;
    NodeStore nodes_;
    Reconciler reconciler_;
};

}  // namespace attune
