// The half of the ledger that is about executions already born: claiming, running, completing,
// giving back.
#include <algorithm>
#include <map>

#include "core/limits.h"
#include "store/ledger.h"
#include "store/ledger_columns.h"
#include "store/lost_claims.h"
#include "store/session.h"

namespace attune {
namespace {

// Every statement here names rows by (id, scheduled_at) and gives the span of scheduled_at, so
// that other days' partitions are not even opened.
constexpr Statement kComplete{"complete", R"sql(
UPDATE execution x
SET state = c.state, result = c.result::jsonb, finished_at = instant(c.finished_at)
FROM unnest($1::int8[], $2::int8[], $3::uuid[], $4::text[], $5::int8[],
            string_to_array($6, E'\n', ''))
    WITH ORDINALITY AS c (id, scheduled_at, token, state, finished_at, result, n)
WHERE x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
  AND x.scheduled_at BETWEEN instant($7) AND instant($8)
  AND x.claim_token = c.token AND x.state IN ('scheduled', 'running', 'cancelling')
RETURNING c.n)sql"};

constexpr Statement kCompleted{"completed", R"sql(
SELECT c.n
FROM unnest($1::int8[], $2::int8[], $3::uuid[], $4::text[])
    WITH ORDINALITY AS c (id, scheduled_at, token, state, n)
JOIN execution x ON x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
WHERE x.scheduled_at BETWEEN instant($5) AND instant($6)
  AND x.claim_token = c.token AND x.state = c.state)sql"};

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

constexpr Statement kStartRunning{"start_running", R"sql(
UPDATE execution x
SET state = 'running', claim_pgid = m.pgid, claim_pid_started = m.started,
    claim_boot_id = m.boot_id
FROM unnest($1::int8[], $2::int8[], $3::uuid[], $4::int4[], $5::int8[], $6::uuid[])
    WITH ORDINALITY AS m (id, scheduled_at, token, pgid, started, boot_id, n)
WHERE x.id = m.id AND x.scheduled_at = instant(m.scheduled_at)
  AND x.scheduled_at BETWEEN instant($7) AND instant($8)
  AND x.claim_token = m.token
  AND (x.state = 'scheduled' OR x.state = 'running' AND x.claim_pgid = m.pgid)
RETURNING m.n)sql"};

constexpr Statement kRelease{"release", R"sql(
UPDATE execution x
SET state = 'requested', claim_token = NULL, claimed_at = NULL, claim_incarnation = NULL,
    claim_executor = NULL
FROM unnest($1::int8[], $2::int8[], $3::uuid[]) AS c (id, scheduled_at, token)
WHERE x.id = c.id AND x.scheduled_at = instant(c.scheduled_at)
  AND x.scheduled_at BETWEEN instant($4) AND instant($5)
  AND x.claim_token = c.token AND x.state = 'scheduled')sql"};

// The span of scheduled_at of some keys.
struct Span {
    TimePoint first = kNever;
    TimePoint last = TimePoint::min();

    void add(const ExecutionKey& key) {
        first = std::min(first, key.scheduled_at);
        last = std::max(last, key.scheduled_at);
    }
};

void add_flags(const Rows& rows, std::vector<bool>& flags) {
    for (int n = 0; n < rows.size(); ++n) {
        flags[static_cast<std::size_t>(rows[n].number(0) - 1)] = true;
    }
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

}  // namespace

std::vector<bool> complete_in(Session& session, std::span<const Completion> completions) {
    std::vector<bool> accepted(completions.size(), false);
    if (completions.empty()) return accepted;
    ArrayText ids;
    ArrayText moments;
    ArrayText tokens;
    ArrayText states;
    ArrayText finished;
    LineText results;
    Span span;
    for (const auto& completion : completions) {
        span.add(completion.key);
        ids.add(completion.key.id.value);
        moments.add(completion.key.scheduled_at);
        tokens.add_word(to_string(completion.token));
        states.add_word(to_string(completion.outcome.state));
        finished.add(completion.outcome.finished_at);
        results.add(completion.outcome.result);
    }
    const Params keys =
        Params().add(ids.take()).add(moments.take()).add(tokens.take()).add(states.take());
    add_flags(session.run(kComplete, Params(keys)
                                         .add(finished.take())
                                         .add(results.take())
                                         .add(span.first)
                                         .add(span.last)),
              accepted);
    // What did not move may have moved before, when its reply was lost.
    if (std::find(accepted.begin(), accepted.end(), false) != accepted.end()) {
        add_flags(session.run(kCompleted, Params(keys).add(span.first).add(span.last)),
                  accepted);
    }
    return accepted;
}

std::vector<bool> Ledger::complete(std::span<const Completion> completions) {
    std::vector<bool> accepted;
    if (completions.empty()) return accepted;
    connection_.transact(
        [&](Session& session) { accepted = complete_in(session, completions); });
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

std::vector<bool> Ledger::start_running(std::span<const RunningMark> marks) {
    std::vector<bool> started(marks.size(), false);
    if (marks.empty()) return started;
    ArrayText ids;
    ArrayText moments;
    ArrayText tokens;
    ArrayText groups;
    ArrayText ticks;
    ArrayText boots;
    Span span;
    for (const auto& mark : marks) {
        span.add(mark.key);
        ids.add(mark.key.id.value);
        moments.add(mark.key.scheduled_at);
        tokens.add_word(to_string(mark.token));
        groups.add(std::int64_t{mark.process.group});
        ticks.add(mark.process.started_ticks);
        boots.add_quoted(mark.process.boot_id);
    }
    connection_.transact([&](Session& session) {
        add_flags(session.run(kStartRunning, Params()
                                                 .add(ids.take())
                                                 .add(moments.take())
                                                 .add(tokens.take())
                                                 .add(groups.take())
                                                 .add(ticks.take())
                                                 .add(boots.take())
                                                 .add(span.first)
                                                 .add(span.last)),
                  started);
    });
    return started;
}

void Ledger::release(std::span<const Claim> claims) {
    if (claims.empty()) return;
    ArrayText ids;
    ArrayText moments;
    ArrayText tokens;
    Span span;
    for (const auto& claim : claims) {
        span.add(claim.key);
        ids.add(claim.key.id.value);
        moments.add(claim.key.scheduled_at);
        tokens.add_word(to_string(claim.token));
    }
    connection_.transact([&](Session& session) {
        session.run(kRelease, Params()
                                  .add(ids.take())
                                  .add(moments.take())
                                  .add(tokens.take())
                                  .add(span.first)
                                  .add(span.last));
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
        released = lost.requested + lost.abandoned;
    });
    return released;
}

}  // namespace attune
