// Recording what timers decided.
#include <algorithm>
#include <cassert>

#include "store/ledger_columns.h"
#include "store/ledger_parts.h"

namespace attune {
namespace {

// Moves the cursors that are where their decisions expected them, and records with each what it
// passed: the event, the skipped range, the rules' answers, their executions. What a decision
// brings along is in the row that moves its timer, so a void decision leaves nothing behind. An
// instant that is on record already (the clock was set back) moves the cursor and nothing else.
// (`IN ... IS TRUE` keeps the look-up a hashed one; as a join it would be a nested loop here.)
constexpr Statement kRecordDecisions{"record_decisions", R"sql(
WITH moved AS (
    UPDATE timer t
    SET cursor_at = instant(d.through_at), fires = t.fires + d.fires,
        next_at = instant(d.next_at),
        state = CASE WHEN d.exhausted THEN 'exhausted' ELSE 'armed' END
    FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::int8[],
                $7::bool[], $8::int8[], $9::int8[], $10::text[], $11::int8[], $12::int8[],
                $13::int8[], $14::text[], $15::text[], string_to_array($16, E'\n', ''))
        WITH ORDINALITY AS d (sensor_id, spec_rev, from_at, through_at, fires, next_at,
            exhausted, skip_through, skipped, skip_reason, event_id, fired_at, trigger_id,
            trigger_ref, sensor_ref, payload, n)
    WHERE t.sensor_id = d.sensor_id AND t.spec_rev = d.spec_rev
      AND t.cursor_at = instant(d.from_at) AND t.state = 'armed'
    RETURNING d.*),
skips AS (
    INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)
    SELECT sensor_id, instant(from_at), instant(skip_through), skipped, skip_reason
    FROM moved WHERE skip_reason IS NOT NULL
    ON CONFLICT DO NOTHING),
events AS (
    INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at, origin,
                       dedupe_key, trigger_ref, sensor_ref, payload)
    SELECT event_id, instant(through_at), sensor_id, trigger_id, $17, instant(fired_at),
           'timer', '', trigger_ref, sensor_ref, payload::jsonb
    FROM moved WHERE event_id IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING id),
answers AS (
    SELECT a.*, instant(a.at) AS scheduled_at
    FROM unnest($18::int8[], $19::int8[], $20::int8[], $21::int8[], $22::int8[], $23::text[],
                $24::text[], $25::text[], $26::int8[], $27::int8[], $28::text[], $29::uuid[],
                $30::int8[], $31::text[], string_to_array($32, E'\n', ''))
        AS a (n, at, event_id, id, rule_id, state, rule_ref, reason, execution_id, action_id,
              action_ref, token, run_at, idempotency_key, params)
    WHERE (a.event_id IN (SELECT id FROM events)) IS TRUE),
enforcements AS (
    INSERT INTO enforcement (id, scheduled_at, event_id, rule_id, state, rule_ref, reason)
    SELECT id, scheduled_at, event_id, rule_id, state, rule_ref, reason FROM answers),
executions AS (
    INSERT INTO execution (id, scheduled_at, enforcement_id, action_id, run_at, claimed_at,
                           claim_incarnation, claim_token, claim_executor, state, action_ref,
                           idempotency_key, params)
    SELECT execution_id, scheduled_at, id, action_id, instant(run_at),
           CASE WHEN token IS NOT NULL THEN now() END,
           CASE WHEN token IS NOT NULL THEN $33::int8 END, token,
           CASE WHEN token IS NOT NULL THEN $34::int2 END,
           CASE WHEN token IS NOT NULL THEN 'scheduled' ELSE 'requested' END, action_ref,
           idempotency_key, params::jsonb
    FROM answers WHERE execution_id IS NOT NULL)
SELECT n, event_id IS NULL OR (event_id IN (SELECT id FROM events)) IS TRUE FROM moved)sql"};

// What had counted as a fire and was none.
constexpr Statement kUncount{"uncount_fires", R"sql(
UPDATE timer SET fires = fires - 1 WHERE sensor_id = ANY ($1::int8[]))sql"};

}  // namespace

Positions sorted_by_sensor(std::span<const Entry> entries, bool decided) {
    const auto sensor_of = [entries](std::size_t n) {
        return entries[n].decision ? entries[n].decision->sensor : entries[n].event->sensor;
    };
    Positions positions;
    for (std::size_t n = 0; n < entries.size(); ++n) {
        assert(entries[n].decision || entries[n].event);
        if (entries[n].decision.has_value() == decided) positions.push_back(n);
    }
    std::stable_sort(positions.begin(), positions.end(),
                     [&](std::size_t a, std::size_t b) { return sensor_of(a) < sensor_of(b); });
    return positions;
}

void record_decisions(Session& session, Generation generation, ClaimOwner owner,
                      std::span<const Entry> entries, Recorded& recorded) {
    const auto positions = sorted_by_sensor(entries, true);
    if (positions.empty()) return;
    DecisionColumns decisions;
    AnswerColumns answers;
    for (std::size_t n = 0; n < positions.size(); ++n) {
        const Entry& entry = entries[positions[n]];
        decisions.add(entry);
        answers.add(static_cast<std::int64_t>(n) + 1, entry);
        recorded.entries[positions[n]] = Fate::kVoid;
    }
    Params params;
    decisions.move_into(params);
    params.add(generation.value);
    answers.move_into(params);
    params.add(owner.incarnation.value).add(owner.executor);
    const auto rows = session.run(kRecordDecisions, params);
    ArrayText repeated;
    bool any_repeated = false;
    for (int n = 0; n < rows.size(); ++n) {
        const auto position = positions[static_cast<std::size_t>(rows[n].number(0) - 1)];
        const bool fresh = rows[n].truth(1);
        recorded.entries[position] = fresh ? Fate::kRecorded : Fate::kDuplicate;
        if (fresh) continue;
        repeated.add(entries[position].decision->sensor.value);
        any_repeated = true;
    }
    if (any_repeated) session.run(kUncount, Params().add(repeated.take()));
}

}  // namespace attune
