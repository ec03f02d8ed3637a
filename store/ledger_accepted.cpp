// Recording what came from outside: events and runs, each under its caller's key.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

#include "store/ledger_columns.h"
#include "store/ledger_days.h"
#include "store/ledger_parts.h"

namespace attune {
namespace {

// As record_decisions, for events from outside. A key that was accepted before, on whatever
// day, answers instead: with its event, whose id is the caller's own when an uncertain commit
// is repeated.
constexpr Statement kRecordAccepted{"record_accepted", R"sql(
WITH given AS (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[],
                         $6::text[], $7::text[], $8::text[], $9::text[],
                         string_to_array($10, E'\n', ''))
        WITH ORDINALITY AS e (sensor_id, event_id, scheduled_at, fired_at, trigger_id,
                              dedupe_key, trigger_ref, sensor_ref, origin, payload, n)),
keys AS (
    INSERT INTO accepted_key (sensor_id, key, subject_id, scheduled_at)
    SELECT sensor_id, dedupe_key, event_id, instant(scheduled_at) FROM given
    ON CONFLICT DO NOTHING RETURNING subject_id),
fresh AS (SELECT * FROM given WHERE (event_id IN (SELECT subject_id FROM keys)) IS TRUE),
events AS (
    INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at, origin,
                       dedupe_key, trigger_ref, sensor_ref, payload)
    SELECT event_id, instant(scheduled_at), sensor_id, trigger_id, $11, instant(fired_at),
           origin, dedupe_key, trigger_ref, sensor_ref, payload::jsonb
    FROM fresh),
answers AS (
    SELECT a.*, instant(a.at) AS scheduled_at
    FROM unnest($12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::int8[], $17::text[],
                $18::text[], $19::text[], $20::int8[], $21::int8[], $22::text[], $23::uuid[],
                $24::int8[], $25::text[], string_to_array($26, E'\n', ''))
        AS a (n, at, event_id, id, rule_id, state, rule_ref, reason, execution_id, action_id,
              action_ref, token, run_at, idempotency_key, params)
    WHERE (a.n IN (SELECT n FROM fresh)) IS TRUE),
enforcements AS (
    INSERT INTO enforcement (id, scheduled_at, event_id, rule_id, state, rule_ref, reason)
    SELECT id, scheduled_at, event_id, rule_id, state, rule_ref, reason FROM answers),
executions AS (
    INSERT INTO execution (id, scheduled_at, enforcement_id, action_id, run_at, claimed_at,
                           claim_incarnation, claim_token, claim_executor, state, action_ref,
                           idempotency_key, params)
    SELECT execution_id, scheduled_at, id, action_id, instant(run_at),
           CASE WHEN token IS NOT NULL THEN now() END,
           CASE WHEN token IS NOT NULL THEN $27::int8 END, token,
           CASE WHEN token IS NOT NULL THEN $28::int2 END,
           CASE WHEN token IS NOT NULL THEN 'scheduled' ELSE 'requested' END, action_ref,
           idempotency_key, params::jsonb
    FROM answers WHERE execution_id IS NOT NULL)
SELECT n FROM fresh)sql"};

constexpr Statement kRecordRuns{"record_runs", R"sql(
WITH given AS (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::text[],
                         $6::uuid[], $7::int8[], $8::text[], string_to_array($9, E'\n', ''))
        WITH ORDINALITY AS r (id, scheduled_at, action_id, key, action_ref, token, run_at,
                              idempotency_key, params, n)),
keys AS (
    INSERT INTO accepted_key (sensor_id, key, subject_id, scheduled_at)
    SELECT 0, key, id, instant(scheduled_at) FROM given
    ON CONFLICT DO NOTHING RETURNING subject_id),
fresh AS (SELECT * FROM given WHERE (id IN (SELECT subject_id FROM keys)) IS TRUE),
executions AS (
    INSERT INTO execution (id, scheduled_at, action_id, run_at, claimed_at, claim_incarnation,
                           claim_token, claim_executor, state, action_ref, idempotency_key,
                           params)
    SELECT id, instant(scheduled_at), action_id, instant(run_at),
           CASE WHEN token IS NOT NULL THEN now() END,
           CASE WHEN token IS NOT NULL THEN $10::int8 END, token,
           CASE WHEN token IS NOT NULL THEN $11::int2 END,
           CASE WHEN token IS NOT NULL THEN 'scheduled' ELSE 'requested' END, action_ref,
           idempotency_key, params::jsonb
    FROM fresh)
SELECT n FROM fresh)sql"};

constexpr Statement kExistingKeys{"existing_keys", R"sql(
SELECT g.n, k.subject_id, micros(k.scheduled_at)
FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS g (sensor_id, key, n)
JOIN accepted_key k ON k.sensor_id = g.sensor_id AND k.key = g.key)sql"};

// What the keys of `positions` that were not recorded stand for. A subject with the caller's
// own id was recorded by it: the earlier commit had only lost its reply.
template <class KeyOf, class IdOf>
void find_existing(Session& session, const Positions& positions, Recorded& recorded,
                   KeyOf add_key, IdOf id_of) {
    if (positions.empty()) return;
    ArrayText sensors;
    ArrayText keys;
    for (const auto position : positions) add_key(position, sensors, keys);
    const auto rows = session.run(kExistingKeys, Params().add(sensors.take()).add(keys.take()));
    for (int n = 0; n < rows.size(); ++n) {
        const auto position = positions[static_cast<std::size_t>(rows[n].number(0) - 1)];
        if (rows[n].number(1) == id_of(position)) {
            recorded.entries[position] = Fate::kRecorded;
        } else {
            recorded.existing[position] = {rows[n].number(1), rows[n].moment(2)};
        }
    }
}

Positions duplicates(const Positions& positions, const Recorded& recorded) {
    Positions found;
    std::copy_if(positions.begin(), positions.end(), std::back_inserter(found),
                 [&](std::size_t n) { return recorded.entries[n] == Fate::kDuplicate; });
    return found;
}

}  // namespace

void record_accepted(Session& session, Generation generation, ClaimOwner owner,
                     std::span<const Entry> entries, Recorded& recorded) {
    const auto positions = sorted_by_sensor(entries, false);
    if (positions.empty()) return;
    AcceptedColumns events;
    AnswerColumns answers;
    for (std::size_t n = 0; n < positions.size(); ++n) {
        const Entry& entry = entries[positions[n]];
        events.add(entry);
        answers.add(static_cast<std::int64_t>(n) + 1, entry);
        recorded.entries[positions[n]] = Fate::kDuplicate;
    }
    Params params;
    events.move_into(params);
    params.add(generation.value);
    answers.move_into(params);
    params.add(owner.incarnation.value).add(owner.executor);
    const auto rows = session.run(kRecordAccepted, params);
    for (int n = 0; n < rows.size(); ++n) {
        const auto position = positions[static_cast<std::size_t>(rows[n].number(0) - 1)];
        recorded.entries[position] = Fate::kRecorded;
    }
    find_existing(
        session, duplicates(positions, recorded), recorded,
        [&](std::size_t n, ArrayText& sensors, ArrayText& keys) {
            sensors.add(entries[n].event->sensor.value);
            keys.add_quoted(entries[n].event->dedupe_key);
        },
        [&](std::size_t n) { return entries[n].event->id.value; });
}

Recorded Ledger::record_runs(Generation evaluated_at, ClaimOwner owner,
                             std::span<const Run> runs) {
    std::set<TimePoint> days;
    for (const auto& run : runs) days.insert(day_of(run.accepted_at));

    Recorded recorded;
    write(days, [&](Session& session) {
        recorded.current = lock_catalog(session);
        recorded.moved = recorded.current != evaluated_at;
        if (recorded.moved) return session.give_up();
        RunColumns columns;
        for (const auto& run : runs) columns.add(run);
        Params params;
        columns.move_into(params);
        params.add(owner.incarnation.value).add(owner.executor);
        recorded.entries.assign(runs.size(), Fate::kDuplicate);
        recorded.existing.assign(runs.size(), Existing{});
        const auto rows = session.run(kRecordRuns, params);
        for (int n = 0; n < rows.size(); ++n) {
            recorded.entries[static_cast<std::size_t>(rows[n].number(0) - 1)] = Fate::kRecorded;
        }
        Positions all(runs.size());
        std::iota(all.begin(), all.end(), 0U);
        find_existing(
            session, duplicates(all, recorded), recorded,
            [&](std::size_t n, ArrayText& sensors, ArrayText& keys) {
                sensors.add(std::int64_t{0});
                keys.add_quoted(runs[n].key);
            },
            [&](std::size_t n) { return runs[n].execution.id.value; });
    });
    return recorded;
}

}  // namespace attune
