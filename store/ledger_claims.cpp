// The half of the ledger that is about executions already born: claiming, running, completing,
// giving back.
#include "store/ledger_claims.h"

#include <algorithm>

#include "store/ledger.h"
#include "store/ledger_days.h"
#include "store/lost_claims.h"
#include "store/session.h"

namespace attune {
namespace {

// `state || ''` keeps the index of what is open out of these: planned while a day is empty, it
// looks cheap, and is then read once for each key. Who asked for a cancellation is in the row
// by then, and stays there only when it came to that.
constexpr DayStatement kComplete{"complete", R"sql(
UPDATE execution_{0} x
SET state = c.state, finished_at = instant(c.finished_at),
    result = CASE WHEN c.state = 'cancelled' THEN coalesce(x.result || c.result::jsonb,
                                                           c.result::jsonb)
                  ELSE c.result::jsonb END
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[], $5::text[], $6::int8[],
            string_to_array($7, E'\n', ''))
    AS c (n, id, scheduled_at, token, state, finished_at, result)
WHERE x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
  AND x.claim_token = c.token AND x.state || '' IN ('scheduled', 'running', 'cancelling')
RETURNING c.n)sql"};

constexpr DayStatement kCompleted{"completed", R"sql(
SELECT c.n
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[], $5::text[])
    AS c (n, id, scheduled_at, token, state)
JOIN execution_{0} x ON x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
WHERE x.claim_token = c.token AND x.state = c.state)sql"};

constexpr Statement kClaimReady{"claim_ready", R"sql(
WITH ready AS MATERIALIZED (
    SELECT id, scheduled_at FROM execution
    WHERE state = 'requested' AND run_at <= instant($1)
    ORDER BY run_at LIMIT $2
    FOR UPDATE SKIP LOCKED),
claimed AS (
    UPDATE execution x
    SET state = 'scheduled', claim_token = gen_random_uuid(), claimed_at = now(),
        claim_incarnation = $3, claim_executor = $4
    FROM ready r
    WHERE x.id = r.id AND x.scheduled_at = r.scheduled_at
    RETURNING x.*)
SELECT c.id, micros(c.scheduled_at), c.claim_token, c.action_id, c.action_ref, c.params,
       c.idempotency_key, c.attempt, c.enforcement_id, f.rule_ref, f.event_id, e.trigger_ref,
       e.sensor_ref
FROM claimed c
LEFT JOIN enforcement f ON f.id = c.enforcement_id AND f.scheduled_at = c.scheduled_at
LEFT JOIN event e ON e.id = f.event_id AND e.scheduled_at = c.scheduled_at
ORDER BY c.run_at)sql"};

// Columns as kClaimReady's, and two more. Only what was let go has a process group.
constexpr DayStatement kAdopt{"adopt", R"sql(
WITH adopted AS (
    UPDATE execution_{0} x
    SET claim_incarnation = $5, claim_executor = $6
    FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[])
        AS c (n, id, scheduled_at, token)
    WHERE x.id = c.id AND x.scheduled_at = instant(c.scheduled_at) AND x.claim_token = c.token
      AND x.state || '' IN ('scheduled', 'running', 'cancelling')
      AND (x.claim_incarnation = $5 AND x.claim_executor = $6
           OR EXISTS (SELECT FROM node n WHERE n.incarnation = x.claim_incarnation
                          AND n.incarnation < $5 AND n.left_at IS NOT NULL))
    RETURNING x.*)
SELECT c.id, micros(c.scheduled_at), c.claim_token, c.action_id, c.action_ref, c.params,
       c.idempotency_key, c.attempt, c.enforcement_id, f.rule_ref, f.event_id, e.trigger_ref,
       e.sensor_ref, c.claim_pgid IS NOT NULL, c.state = 'cancelling'
FROM adopted c
LEFT JOIN enforcement_{0} f ON f.id = c.enforcement_id
LEFT JOIN event_{0} e ON e.id = f.event_id)sql"};

constexpr DayStatement kStartRunning{"start_running", R"sql(
UPDATE execution_{0} x
SET state = 'running', claim_pgid = m.pgid, claim_pid_started = m.started,
    claim_boot_id = m.boot_id
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[], $5::int4[], $6::int8[], $7::uuid[])
    AS m (n, id, scheduled_at, token, pgid, started, boot_id)
WHERE x.id = m.id AND x.scheduled_at = instant(m.scheduled_at) AND x.claim_token = m.token
  AND (x.state || '' = 'scheduled' OR x.state || '' = 'running' AND x.claim_pgid = m.pgid)
RETURNING m.n)sql"};

constexpr DayStatement kRelease{"release", R"sql(
UPDATE execution_{0} x
SET state = 'requested', claim_token = NULL, claimed_at = NULL, claim_incarnation = NULL,
    claim_executor = NULL
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::uuid[]) AS c (n, id, scheduled_at, token)
WHERE x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
  AND x.claim_token = c.token AND x.state || '' = 'scheduled'
RETURNING c.n)sql"};

void complete_day(Session& session, TimePoint day, std::span<const Completion> completions,
                  const std::vector<std::size_t>& positions, std::vector<bool>& accepted) {
    ArrayText states;
    ArrayText finished;
    LineText results;
    for (const auto n : positions) {
        const Outcome& outcome = completions[n].outcome;
        states.add_word(to_string(outcome.state));
        finished.add(outcome.finished_at);
        results.add(outcome.result);
    }
    const Params keys = claims_of(completions, positions).add(states.take());
    add_flags(
        run(session, kComplete, day, Params(keys).add(finished.take()).add(results.take())),
        accepted);
    // What did not move may have moved before, when its reply was lost.
    const bool all = std::all_of(positions.begin(), positions.end(),
                                 [&](std::size_t n) { return accepted[n]; });
    if (!all) add_flags(run(session, kCompleted, day, keys), accepted);
}

ClaimToken parse_token(std::string_view uuid) {
    ClaimToken token;
    std::size_t digit = 0;
    for (const char c : uuid) {
        if (c == '-') continue;
        const auto value = static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
        auto& byte = token.bytes[digit / 2];
        byte = static_cast<std::uint8_t>(digit % 2 == 0 ? value << 4U : byte | value);
        ++digit;
    }
    return token;
}

}  // namespace

void add_flags(const Rows& rows, std::vector<bool>& flags) {
    for (int n = 0; n < rows.size(); ++n) {
        flags[static_cast<std::size_t>(rows[n].number(0))] = true;
    }
}

ClaimedExecution read_claimed(const Row& row) {
    return {.key = {ExecutionId{row.number(0)}, row.moment(1)},
            .token = parse_token(row.text(2)),
            .action = ActionId{row.number(3)},
            .action_ref = row.string(4),
            .params = row.string(5),
            .idempotency_key = row.string(6),
            .attempt = static_cast<int>(row.number(7)),
            .enforcement = EnforcementId{row.number(8)},
            .rule_ref = row.string(9),
            .event = EventId{row.number(10)},
            .trigger_ref = row.string(11),
            .sensor_ref = row.string(12)};
}

std::vector<bool> Ledger::complete_in(Session& session,
                                      std::span<const Completion> completions) {
    std::vector<bool> accepted(completions.size(), false);
    for (const auto& [day, positions] : by_day(completions)) {
        if (days_->has(session, day)) {
            complete_day(session, day, completions, positions, accepted);
        }
    }
    return accepted;
}

std::vector<bool> Ledger::complete(std::span<const Completion> completions) {
    std::vector<bool> accepted;
    if (completions.empty()) return accepted;
    write({}, [&](Session& session) { accepted = complete_in(session, completions); });
    return accepted;
}

std::vector<ClaimedExecution> Ledger::claim_ready(ClaimOwner owner, int slots, TimePoint now) {
    std::vector<ClaimedExecution> claimed;
    connection_.transact([&](Session& session) {
        const auto rows = session.run(
            kClaimReady,
            Params().add(now).add(slots).add(owner.incarnation.value).add(owner.executor));
        claimed.clear();
        for (int n = 0; n < rows.size(); ++n) claimed.push_back(read_claimed(rows[n]));
    });
    return claimed;
}

std::vector<AdoptedExecution> Ledger::adopt(ClaimOwner owner, std::span<const Claim> claims) {
    std::vector<AdoptedExecution> adopted;
    if (claims.empty()) return adopted;
    write({}, [&](Session& session) {
        adopted.clear();
        for (const auto& [day, positions] : by_day(claims)) {
            if (!days_->has(session, day)) continue;
            const auto rows = run(
                session, kAdopt, day,
                claims_of(claims, positions).add(owner.incarnation.value).add(owner.executor));
            for (int n = 0; n < rows.size(); ++n) {
                adopted.push_back(
                    {read_claimed(rows[n]), rows[n].truth(13), rows[n].truth(14)});
            }
        }
    });
    return adopted;
}

std::vector<bool> Ledger::start_running(std::span<const RunningMark> marks) {
    std::vector<bool> started(marks.size(), false);
    if (marks.empty()) return started;
    write({}, [&](Session& session) {
        for (const auto& [day, positions] : by_day(marks)) {
            if (!days_->has(session, day)) continue;
            ArrayText groups;
            ArrayText ticks;
            ArrayText boots;
            for (const auto n : positions) {
                groups.add(std::int64_t{marks[n].process.group});
                ticks.add(marks[n].process.started_ticks);
                boots.add_quoted(marks[n].process.boot_id);
            }
            add_flags(run(session, kStartRunning, day,
                          claims_of(marks, positions)
                              .add(groups.take())
                              .add(ticks.take())
                              .add(boots.take())),
                      started);
        }
    });
    return started;
}

void Ledger::release(std::span<const Claim> claims) {
    if (claims.empty()) return;
    write({}, [&](Session& session) {
        for (const auto& [day, positions] : by_day(claims)) {
            if (!days_->has(session, day)) continue;
            run(session, kRelease, day, claims_of(claims, positions));
        }
    });
}

int Ledger::release_forgotten(ClaimOwner owner, std::span<const Claim> remembered, Duration age,
                              TimePoint now) {
    ArrayText tokens;
    for (const auto& claim : remembered) tokens.add_word(to_string(claim.token));
    int released = 0;
    connection_.transact([&](Session& session) {
        const auto lost = lose_claims(session, {.incarnations = {owner.incarnation},
                                                .executor = owner.executor,
                                                .except_tokens = tokens.take(),
                                                .older_than = age,
                                                .now = now});
        released = lost.requested + lost.abandoned + lost.cancelled;
    });
    return released;
}

}  // namespace attune
