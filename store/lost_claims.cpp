#include "store/lost_claims.h"

#include <string_view>

#include "core/limits.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr Statement kLoseClaims{"lose_claims", R"sql(
WITH lost AS MATERIALIZED (
    SELECT id, scheduled_at, state, attempt, claim_incarnation, claim_token, claimed_at,
           losses + 1 >= $5 AS last
    FROM execution
    WHERE state IN ('scheduled', 'running', 'cancelling')
      AND claim_incarnation = ANY ($1::int8[])
      AND claimed_at <= now() - $2 * interval '1 microsecond'
      AND claim_token <> ALL ($3::uuid[])
      AND ($6::int2 IS NULL OR claim_executor = $6)
      AND (claim_pgid IS NULL OR NOT $7)
    FOR UPDATE),
noted AS (
    INSERT INTO execution_attempt (execution_id, scheduled_at, attempt, outcome,
                                   claim_incarnation, claim_token, claimed_at)
    SELECT id, scheduled_at, attempt, 'lost', claim_incarnation, claim_token, claimed_at
    FROM lost)
UPDATE execution x
SET state = CASE WHEN l.state = 'cancelling' THEN 'cancelled'
                 WHEN l.last THEN 'abandoned' ELSE 'requested' END,
    losses = x.losses + 1,
    attempt = x.attempt + CASE WHEN l.state = 'cancelling' OR l.last THEN 0 ELSE 1 END,
    run_at = instant($4),
    finished_at = CASE WHEN l.state = 'cancelling' OR l.last THEN instant($4) END,
    result = CASE
        WHEN l.state = 'cancelling' THEN coalesce(x.result, jsonb_build_object())
            || jsonb_build_object('error', 'it was cancelled')
        WHEN l.last THEN jsonb_build_object(
            'error', 'abandoned: its claim was lost ' || x.losses + 1 || ' times') END,
    claim_token = NULL, claimed_at = NULL, claim_incarnation = NULL, claim_executor = NULL,
    claim_pgid = NULL, claim_pid_started = NULL, claim_boot_id = NULL
FROM lost l
WHERE x.id = l.id AND x.scheduled_at = l.scheduled_at
RETURNING x.state)sql"};

void count_one(std::string_view state, LostCount& count) {
    if (state == "requested") ++count.requested;
    if (state == "abandoned") ++count.abandoned;
    if (state == "cancelled") ++count.cancelled;
}

}  // namespace

LostCount lose_claims(Session& session, const LostClaims& claims) {
    ArrayText incarnations;
    for (const auto incarnation : claims.incarnations) incarnations.add(incarnation.value);
    const auto rows = session.run(kLoseClaims, Params()
                                                   .add(incarnations.take())
                                                   .add(claims.older_than.count())
                                                   .add(claims.except_tokens)
                                                   .add(claims.now)
                                                   .add(limits::kLossesUntilAbandoned)
                                                   .add(claims.executor)
                                                   .add(claims.unstarted_only));
    LostCount count;
    for (int n = 0; n < rows.size(); ++n) count_one(rows[n].text(0), count);
    return count;
}

}  // namespace attune
