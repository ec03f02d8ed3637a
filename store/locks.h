// The advisory locks of the database, all taken for a transaction (never for a session, which
// would outlive neither a pooler nor a lost connection as expected).
//
// Order, everywhere: kCatalogLock, rows of `timer` by ascending sensor, inserts.
#pragma once

#include <cstdint>

namespace attune {

// K: shared by whoever records what it evaluated against a generation, exclusive by whoever
// makes the next one. It is what puts every recording before or after every change.
inline constexpr std::int64_t kCatalogLock = 0x617474756e650001;

// One reconcile pass at a time.
inline constexpr std::int64_t kReconcileLock = 0x617474756e650002;

// One migrating program at a time.
inline constexpr std::int64_t kMigrationLock = 0x617474756e650003;

// One maker of partitions at a time; store/migrations writes the number out.
inline constexpr std::int64_t kPartitionLock = 0x617474756e650004;

// Joining nodes, one at a time.
inline constexpr std::int64_t kNodeLock = 0x617474756e650005;

}  // namespace attune
