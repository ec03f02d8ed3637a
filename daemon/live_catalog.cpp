#include "daemon/live_catalog.h"

#include <optional>
#include <utility>

#include "core/compile_catalog.h"

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
    const std::lock_guard loading(loading_);
    const auto held = get();
    if (held->generation() >= generation && held->generation()) return held;
    const bool first = !held->generation();
    const auto rows = store_.load(first ? std::nullopt : std::optional(held->generation()));
    auto compiled =
        compile_catalog(first ? nullptr : held.get(), rows.generation, rows.objects);
    for (const auto& problem : compiled.problems) log_.error("catalog: {}", problem);
    const std::lock_guard lock(mutex_);
    catalog_ = std::move(compiled.catalog);
    return catalog_;
}

}  // namespace attune
