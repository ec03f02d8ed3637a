// Cancelling: what nobody has begun ends at once, what somebody holds is for that one to stop.
#include "core/json.h"
#include "store/ledger.h"
#include "store/ledger_claims.h"
#include "store/ledger_days.h"
#include "store/session.h"

namespace attune {
namespace {

// Columns as claim_ready's, and more. Of two that ask at once, the second waits for the row
// and finds it changed.
constexpr DayStatement kCancel{"cancel", R"sql(
WITH cancelled AS (
    UPDATE execution_{0} x
    SET state = CASE x.state WHEN 'requested' THEN 'cancelled' ELSE 'cancelling' END,
        finished_at = CASE x.state WHEN 'requested' THEN instant($3) END,
        result = CASE x.state
            WHEN 'requested' THEN jsonb_build_object('error', 'it was cancelled') || $4::jsonb
            ELSE $4::jsonb END
    WHERE x.id = $1 AND x.scheduled_at = instant($2)
      AND x.state || '' IN ('requested', 'scheduled', 'running')
    RETURNING x.*)
SELECT c.id, micros(c.scheduled_at), c.claim_token, c.action_id, c.action_ref, c.params,
       c.idempotency_key, c.attempt, c.enforcement_id, f.rule_ref, f.event_id, e.trigger_ref,
       e.sensor_ref, c.state, c.claim_incarnation, c.claim_executor, c.result
FROM cancelled c
LEFT JOIN enforcement_{0} f ON f.id = c.enforcement_id
LEFT JOIN event_{0} e ON e.id = f.event_id)sql"};

constexpr DayStatement kHolder{"holder", R"sql(
SELECT state, claim_incarnation, claim_executor FROM execution_{0}
WHERE id = $1 AND scheduled_at = instant($2))sql"};

constexpr DayStatement kCancelling{"cancelling", R"sql(
SELECT c.n
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[]) AS c (n, id, scheduled_at, token)
JOIN execution_{0} x ON x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
WHERE x.claim_token = c.token AND x.state || '' = 'cancelling')sql"};

std::string note_of(const Cancellation& cancellation) {
    Json note{{"by", cancellation.by}, {"at", format_rfc3339(cancellation.at)}};
    if (!cancellation.reason.empty()) note["reason"] = cancellation.reason;
    return compact(Json{{"cancelled", std::move(note)}});
}

// The three columns from `column` on: state, incarnation and executor.
void read_standing(const Row& row, int column, Cancelled& cancelled) {
    cancelled.state = parse_execution_state(row.text(column));
    cancelled.owner = {IncarnationId{row.number(column + 1)},
                       static_cast<int>(row.number(column + 2))};
}

}  // namespace

Cancelled Ledger::cancel(const Cancellation& cancellation) {
    const auto day = day_of(cancellation.key.scheduled_at);
    const auto key = Params().add(cancellation.key.id.value).add(cancellation.key.scheduled_at);
    Cancelled cancelled;
    write({}, [&](Session& session) {
        cancelled = {};
        if (!days_->has(session, day)) return;
        const auto changed = run(session, kCancel, day,
                                 Params(key).add(cancellation.at).add(note_of(cancellation)));
        if (!changed.empty()) {
            cancelled.changed = true;
            cancelled.execution = read_claimed(changed[0]);
            read_standing(changed[0], 13, cancelled);
            cancelled.result = changed[0].string(16);
            return;
        }
        const auto found = run(session, kHolder, day, key);
        if (!found.empty()) read_standing(found[0], 0, cancelled);
    });
    return cancelled;
}

std::vector<bool> Ledger::cancelling(std::span<const Claim> claims) {
    std::vector<bool> found(claims.size(), false);
    if (claims.empty()) return found;
    on_days({}, [&] {
        connection_.read([&](Session& session) {
            for (const auto& [day, positions] : by_day(claims)) {
                if (!days_->has(session, day)) continue;
                add_flags(run(session, kCancelling, day, claims_of(claims, positions)), found);
            }
        });
    });
    return found;
}

}  // namespace attune
