// Takes claims from whoever lost them: the one place where an attempt is lost. Private to
// store/: the ledger's sweep and the recovery of a node's earlier lives ask for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/time.h"

namespace attune {

class Session;

struct LostClaims {
    std::vector<IncarnationId> incarnations;     // whose
    std::optional<int> executor = std::nullopt;  // of one executor only
    std::string except_tokens = "{}";            // array text: claims that are not lost
    Duration older_than{0};                      // by the database's clock
    bool unstarted_only = false;                 // those of processes that were let go stay
    TimePoint now;                               // program clock: run_at, finished_at
};

struct LostCount {
    int requested = 0;
    int abandoned = 0;
    int cancelled = 0;  // that had been asked for
};

LostCount lose_claims(Session& session, const LostClaims& claims);

}  // namespace attune
