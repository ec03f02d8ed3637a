// Proves a window of the ledger: what the store settles by arithmetic, and cron and one-shot
// timers by computing every instant again, second by second.
#pragma once

#include <vector>

#include "core/json.h"
#include "core/zone_source.h"
#include "store/audit.h"

namespace attune {

struct LedgerAudit {
    std::vector<AuditFinding> findings;
    int spans = 0;  // of schedules whose instants were computed second by second
};

// Looks at `window` and nothing else; costs about a microsecond for each second of each span,
// so long times are asked for in pieces. Throws StoreError.
LedgerAudit audit_ledger(Audit& audit, const AuditWindow& window, const ZoneSource& zones);

// {fault, subject, at, count, text}
Json to_json(const AuditFinding& finding);

}  // namespace attune
