#include "cli/database_reconciler.h"

#include <fmt/format.h>

#include "cli/database_access.h"
#include "reconciler/report_json.h"

namespace attune {

DatabaseReconciler::DatabaseReconciler(const std::string& root, const Database& database)
    : nodes_(database), reconciler_(root, database, zones_) {}

Json DatabaseReconciler::plan() {
    Json plan;
    with_database(
        [&] { plan = preview_json(reconciler_.preview(clock_.now(), {.in_full = true})); });
    return plan;
}

Json DatabaseReconciler::apply(int allowed_retirements) {
    const PassOptions options{.in_full = true, .allowed_retirements = allowed_retirements};
    Report report;
    with_database([&] {
        require_no_daemon();
        report = reconciler_.reconcile(clock_.now(), clock_.elapsed(), options);
        // Somebody writes to the tree; a few looks later that is an outcome, too.
        while (!report.outcome) {
            waiter_.wait(clock_.now() + Reconciler::kUnsettledDelay);
            report = reconciler_.reconcile(clock_.now(), clock_.elapsed(), options);
        }
    });
    return report_json(report);
}

void DatabaseReconciler::require_no_daemon() {
    const auto node = nodes_.alive();
    if (!node) return;
    throw CommandFailed{
        kExitFailed,
        fmt::format("node {} (pid {} on {}) is alive on this database, until {} at least, and "
                    "applies its own source",
                    node->identity.name, node->identity.pid, node->identity.hostname,
                    format_rfc3339(node->lease_until)),
        "use `attune apply`, which asks that daemon, or stop it first; one that was killed "
        "counts as alive until that moment"};
}

}  // namespace attune
