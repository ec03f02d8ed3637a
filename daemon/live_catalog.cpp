#include "daemon/live_catalog.h"

#include <utility>

#include "os/progress.h"

namespace attune {
namespace {

Database named(Database database) {
    database.application = "attuned catalog";
    return database;
}

}  // namespace

LiveCatalog::LiveCatalog(Database database, Log& log)
    : catalog_(CatalogBuilder().build(Generation{})),
      store_(named(std::move(database))),
      log_(log) {}

std::shared_ptr<const Catalog> LiveCatalog::get() const {
    const std::lock_guard lock(mutex_);
    return catalog_;
}

std::shared_ptr<const Catalog> LiveCatalog::at_least(Generation generation) {
    const auto loading = lock_loading();
    const auto held = get();
    if (held->generation() >= generation && held->generation()) return held;
    return load(held->generation() ? held.get() : nullptr);
}

std::shared_ptr<const Catalog> LiveCatalog::follow(Generation evaluated, Generation found) {
    if (found >= evaluated) return at_least(found);
    const auto loading = lock_loading();
    log_.error(
        "the database is at generation {} after {}: it has lost what was newer; "
        "everything is loaded again",
        found.value, evaluated.value);
    return load(nullptr);
}

// Whoever loads waits for the database, so whoever waits for them does, too.
std::unique_lock<std::mutex> LiveCatalog::lock_loading() {
    const WaitsOutside another;
    return std::unique_lock(loading_);
}

// Requires loading_. `base`: what is loaded is what changed since; nullptr: all.
std::shared_ptr<const Catalog> LiveCatalog::load(const Catalog* base) {
    auto compiled = store_.compile(base);
    for (const auto& problem : compiled.problems) log_.error("catalog: {}", problem);
    const std::lock_guard lock(mutex_);
    catalog_ = std::move(compiled.catalog);
    return catalog_;
}

}  // namespace attune
