#include "store/ledger.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include <fmt/format.h>

#include "store/ledger_columns.h"
#include "store/locks.h"
#include "store/session.h"

namespace attune {
namespace {

// Moves the cursors that are where their decisions expected them, and records with each what it
// passed: the event, the skipped range, the rules' answers, their executions. What a decision
// brings along is in the row that moves its timer, so a void decision leaves nothing behind.
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
    FROM moved WHERE skip_reason IS NOT NULL),
events AS (
    INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at, origin,
                       dedupe_key, trigger_ref, sensor_ref, payload)
    SELECT event_id, instant(through_at), sensor_id, trigger_id, $17, instant(fired_at),
           'timer', '', trigger_ref, sensor_ref, payload::jsonb
    FROM moved WHERE event_id IS NOT NULL),
answers AS (
    SELECT a.*, instant(a.at) AS scheduled_at
    FROM unnest($18::int8[], $19::int8[], $20::int8[], $21::int8[], $22::int8[], $23::text[],
                $24::text[], $25::text[], $26::int8[], $27::int8[], $28::text[], $29::uuid[],
                $30::int8[], $31::text[], string_to_array($32, E'\n', ''))
        AS a (n, at, event_id, id, rule_id, state, rule_ref, reason, execution_id, action_id,
              action_ref, token, run_at, idempotency_key, params)
    WHERE (a.n IN (SELECT n FROM moved)) IS TRUE),
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
SELECT n FROM moved)sql"};

// The same for events from outside. A key that was accepted before, on whatever day, answers
// instead: with its event, whose id is the caller's own when an uncertain commit is repeated.
constexpr Statement kRecordAccepted{"record_accepted", R"sql(
WITH given AS (
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[],
                         $6::text[], $7::text[], $8::text[], string_to_array($9, E'\n', ''))
        WITH ORDINALITY AS e (sensor_id, event_id, scheduled_at, fired_at, trigger_id,
                              dedupe_key, trigger_ref, sensor_ref, payload, n)),
keys AS (
    INSERT INTO accepted_key (sensor_id, key, subject_id, scheduled_at)
    SELECT sensor_id, dedupe_key, event_id, instant(scheduled_at) FROM given
    ON CONFLICT DO NOTHING RETURNING subject_id),
fresh AS (SELECT * FROM given WHERE (event_id IN (SELECT subject_id FROM keys)) IS TRUE),
events AS (
    INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at, origin,
                       dedupe_key, trigger_ref, sensor_ref, payload)
    SELECT event_id, instant(scheduled_at), sensor_id, trigger_id, $10, instant(fired_at),
           'manual', dedupe_key, trigger_ref, sensor_ref, payload::jsonb
    FROM fresh),
answers AS (
    SELECT a.*, instant(a.at) AS scheduled_at
    FROM unnest($11::int8[], $12::int8[], $13::int8[], $14::int8[], $15::int8[], $16::text[],
                $17::text[], $18::text[], $19::int8[], $20::int8[], $21::text[], $22::uuid[],
                $23::int8[], $24::text[], string_to_array($25, E'\n', ''))
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
           CASE WHEN token IS NOT NULL THEN $26::int8 END, token,
           CASE WHEN token IS NOT NULL THEN $27::int2 END,
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

constexpr Statement kEventsThere{"events_there", R"sql(
SELECT g.n
FROM unnest($1::int8[], $2::int8[]) WITH ORDINALITY AS g (id, scheduled_at, n)
JOIN event e ON e.id = g.id AND e.scheduled_at = instant(g.scheduled_at)
WHERE e.scheduled_at BETWEEN instant($3) AND instant($4))sql"};

constexpr Statement kCursorsPassed{"cursors_passed", R"sql(
SELECT g.n
FROM unnest($1::int8[], $2::int8[], $3::int8[])
    WITH ORDINALITY AS g (sensor_id, spec_rev, through_at, n)
JOIN timer t ON t.sensor_id = g.sensor_id AND t.spec_rev = g.spec_rev
WHERE t.cursor_at >= instant(g.through_at))sql"};

// One round trip, with the BEGIN it goes with. The second statement has a snapshot of its own,
// taken when the lock is held, so no change can commit between it and what is recorded.
Generation lock_catalog(Session& session) {
    static const std::string kLock = fmt::format(
        "SELECT pg_advisory_xact_lock_shared({}); SELECT generation FROM config_state",
        kCatalogLock);
    return Generation{session.run(kLock).only().number(0)};
}

TimePoint day_of(TimePoint moment) { return std::chrono::floor<std::chrono::days>(moment); }

// Positions of entries, by ascending sensor: the order in which rows are locked.
using Positions = std::vector<std::size_t>;

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
    for (int n = 0; n < rows.size(); ++n) {
        const auto position = positions[static_cast<std::size_t>(rows[n].number(0) - 1)];
        recorded.entries[position] = Fate::kRecorded;
    }
}

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

}  // namespace

Ledger::Ledger(Database database) : connection_(std::move(database), SessionKind::kHot) {}

Ledger::~Ledger() = default;

IdBlock Ledger::draw_ids() {
    static constexpr Statement kDraw{"draw_ids", "SELECT nextval('ledger_id')"};
    IdBlock block{.first = 0, .count = kIdsPerBlock};
    connection_.transact(
        [&block](Session& session) { block.first = session.run(kDraw).only().number(0); });
    return block;
}

void Ledger::make_days(std::set<TimePoint> days) {
    static constexpr Statement kMakeDay{
        "make_day", "SELECT make_day((instant($1) AT TIME ZONE 'UTC')::date)"};
    for (const auto day : days) {
        if (made_days_.contains(day)) continue;
        connection_.transact(
            [day](Session& session) { session.run(kMakeDay, Params().add(day)); });
        made_days_.insert(day);
    }
}

void Ledger::write(const std::function<void(Session&)>& body) {
    try {
        connection_.transact(body);
    } catch (const StoreRefused& refusal) {
        const bool no_partition =
            refusal.sqlstate() == "23514" &&
            std::string_view(refusal.what()).find("no partition") != std::string_view::npos;
        if (!no_partition) throw;
        made_days_.clear();
        throw StoreConflict(refusal.what());
    }
}

Recorded Ledger::record(Generation evaluated_at, ClaimOwner owner,
                        std::span<const Entry> entries,
                        std::span<const Completion> completions) {
    std::set<TimePoint> days;
    for (const auto& entry : entries) {
        if (entry.event) days.insert(day_of(entry.event->scheduled_at));
    }
    make_days(std::move(days));

    Recorded recorded;
    write([&](Session& session) {
        recorded.current = lock_catalog(session);
        recorded.moved = recorded.current != evaluated_at;
        if (!recorded.moved) {
            recorded.entries.assign(entries.size(), Fate::kVoid);
            recorded.existing.assign(entries.size(), Existing{});
            record_decisions(session, evaluated_at, owner, entries, recorded);
            record_accepted(session, evaluated_at, owner, entries, recorded);
        }
        recorded.completions = complete_in(session, completions);
    });
    return recorded;
}

Recorded Ledger::record_runs(Generation evaluated_at, ClaimOwner owner,
                             std::span<const Run> runs) {
    std::set<TimePoint> days;
    for (const auto& run : runs) days.insert(day_of(run.accepted_at));
    make_days(std::move(days));

    Recorded recorded;
    write([&](Session& session) {
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

std::vector<bool> Ledger::read_back(std::span<const Entry> entries) {
    ArrayText ids;
    ArrayText moments;
    ArrayText sensors;
    ArrayText spec_revs;
    ArrayText cursors;
    Positions with_event;
    Positions without;
    TimePoint first = kNever;
    TimePoint last = TimePoint::min();
    for (std::size_t n = 0; n < entries.size(); ++n) {
        const Entry& entry = entries[n];
        if (entry.event) {
            with_event.push_back(n);
            ids.add(entry.event->id.value);
            moments.add(entry.event->scheduled_at);
            first = std::min(first, entry.event->scheduled_at);
            last = std::max(last, entry.event->scheduled_at);
        } else {
            without.push_back(n);
            sensors.add(entry.decision->sensor.value);
            spec_revs.add(entry.decision->spec_rev.value);
            cursors.add(entry.decision->through);
        }
    }
    std::vector<bool> there(entries.size(), false);
    const auto mark = [&there](const Positions& positions, const Rows& rows) {
        for (int n = 0; n < rows.size(); ++n) {
            there[positions[static_cast<std::size_t>(rows[n].number(0) - 1)]] = true;
        }
    };
    connection_.read([&](Session& session) {
        if (!with_event.empty()) {
            mark(
                with_event,
                session.run(kEventsThere,
                            Params().add(ids.take()).add(moments.take()).add(first).add(last)));
        }
        if (!without.empty()) {
            mark(without,
                 session.run(
                     kCursorsPassed,
                     Params().add(sensors.take()).add(spec_revs.take()).add(cursors.take())));
        }
    });
    return there;
}

Recorded Ledger::record_poisoned(Generation evaluated_at, ClaimOwner owner, const Entry& entry,
                                 const StoreRefused& refusal) {
    Entry bare = entry;
    if (bare.event) bare.event->payload.clear();
    for (auto& answer : bare.answers) {
        answer.state = EnforcementState::kErrored;
        answer.reason = fmt::format("refused by the database: SQLSTATE {}", refusal.sqlstate());
        answer.execution.reset();
    }
    return record(evaluated_at, owner, {&bare, 1}, {});
}

void Ledger::fault_sensor(SensorId sensor, std::string_view reason) {
    static constexpr Statement kFault{
        "fault_sensor",
        "UPDATE timer SET state = 'faulted', fault = $2, next_at = NULL"
        " WHERE sensor_id = $1 AND state = 'armed'"};
    connection_.transact(
        [&](Session& session) { session.run(kFault, Params().add(sensor.value).add(reason)); });
}

}  // namespace attune
