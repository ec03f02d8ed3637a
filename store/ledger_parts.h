// What the pieces of the ledger share. Private to ledger*.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "store/ledger.h"
#include "store/session.h"

namespace attune {

// Takes lock K shared and reads the generation.
Generation lock_catalog(Session& session);

// Positions of entries, by ascending sensor: the order in which rows are locked.
using Positions = std::vector<std::size_t>;

// Of those with a decision, or of those without (events from outside).
Positions sorted_by_sensor(std::span<const Entry> entries, bool decided);

// Records what is among `entries` of each sort, within a transaction, and says in `recorded`
// what became of it.
void record_decisions(Session& session, Generation generation, ClaimOwner owner,
                      std::span<const Entry> entries, Recorded& recorded);
void record_accepted(Session& session, Generation generation, ClaimOwner owner,
                     std::span<const Entry> entries, Recorded& recorded);

}  // namespace attune
