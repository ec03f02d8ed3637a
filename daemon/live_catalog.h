// The catalog the daemon runs with: read by every thread, swapped whole.
#pragma once

#include <memory>
#include <mutex>

#include "core/catalog.h"
#include "core/ids.h"
#include "daemon/log.h"
#include "store/catalog_store.h"

namespace attune {

class LiveCatalog {
public:
    LiveCatalog(Database database, Log& log);

    // Never null; the empty catalog of generation 0 before the first load. Any thread.
    std::shared_ptr<const Catalog> get() const;

    // The catalog of `generation` or a newer one. Loads what changed when the one held is
    // older; threads that ask at once wait for one load. Throws StoreError.
    std::shared_ptr<const Catalog> at_least(Generation generation);

    // The catalog to go on with after a recording with that of `evaluated` found the database
    // at `found`. A database that is behind what was read from it has lost its newest changes
    // (a failover, a restore): then everything is loaded anew. Throws StoreError.
    std::shared_ptr<const Catalog> follow(Generation evaluated, Generation found);

private:
    std::unique_lock<std::mutex> lock_loading();
    std::shared_ptr<const Catalog> load(const Catalog* base);

    mutable std::mutex mutex_;  // of catalog_
    std::shared_ptr<const Catalog> catalog_;

    std::mutex loading_;  // of store_, held for the whole of a load
    CatalogStore store_;
    Log& log_;
};

}  // namespace attune
