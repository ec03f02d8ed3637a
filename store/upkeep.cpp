#include "store/upkeep.h"

#include "store/session.h"

namespace attune {
namespace {

constexpr Statement kMakeDays{"make_days", R"sql(
SELECT make_day(day::date)
FROM generate_series((instant($1) AT TIME ZONE 'UTC')::date,
                     (instant($2) AT TIME ZONE 'UTC')::date, interval '1 day') AS day)sql"};

constexpr Statement kStanding{"standing", R"sql(
SELECT (SELECT count(*)
        FROM (SELECT FROM execution WHERE state = 'requested' AND run_at <= instant($1)
              LIMIT $2) AS ready),
       generation
FROM config_state)sql"};

constexpr Statement kAddCounts{"add_counts", R"sql(
INSERT INTO rule_counter AS total (rule_id, matched, unmatched, errored, last_reason, last_at)
SELECT rule_id, matched, unmatched, errored, last_reason, instant(last_at)
FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::int8[])
    AS c (rule_id, matched, unmatched, errored, last_reason, last_at)
ORDER BY rule_id
ON CONFLICT (rule_id) DO UPDATE
SET matched = total.matched + excluded.matched,
    unmatched = total.unmatched + excluded.unmatched,
    errored = total.errored + excluded.errored,
    last_reason = CASE WHEN excluded.last_at IS NULL THEN total.last_reason
                       ELSE excluded.last_reason END,
    last_at = coalesce(excluded.last_at, total.last_at))sql"};

// A change is needed while it is what an object says now, or while an event was evaluated
// before the next one. Days are dropped whole, so the oldest partition tells for all.
constexpr Statement kForget{"forget_revisions", R"sql(
WITH horizon AS (
    SELECT coalesce((SELECT generation FROM event ORDER BY scheduled_at LIMIT 1),
                    (SELECT generation FROM config_state)) AS generation),
replaced AS (
    DELETE FROM config_change c USING horizon h
    WHERE c.changed_at < instant($1)
      AND EXISTS (SELECT FROM config_change later
                  WHERE later.kind = c.kind AND later.ref = c.ref
                    AND later.generation > c.generation AND later.generation <= h.generation)
    RETURNING c.revision_id)
DELETE FROM config_revision v
WHERE v.finished_at < instant($1)
  AND NOT EXISTS (SELECT FROM config_change c WHERE c.revision_id = v.id)
  AND NOT EXISTS (SELECT FROM source s WHERE s.last_revision = v.id))sql"};

}  // namespace

Upkeep::Upkeep(Database database) : connection_(std::move(database), SessionKind::kHot) {}

Upkeep::~Upkeep() = default;

void Upkeep::make_partitions(TimePoint from, TimePoint through) {
    connection_.transact(
        [&](Session& session) { session.run(kMakeDays, Params().add(from).add(through)); });
}

Upkeep::Standing Upkeep::standing(TimePoint now) {
    Standing standing;
    connection_.read([&](Session& session) {
        const auto row = session.run(kStanding, Params().add(now).add(kReadyCounted)).only();
        standing = {.ready = row.number(0), .generation = Generation{row.number(1)}};
    });
    return standing;
}

void Upkeep::add(std::span<const RuleCount> counts) {
    if (counts.empty()) return;
    ArrayText rules;
    ArrayText matched;
    ArrayText unmatched;
    ArrayText errored;
    ArrayText reasons;
    ArrayText moments;
    for (const auto& count : counts) {
        rules.add(count.rule.value);
        matched.add(count.matched);
        unmatched.add(count.unmatched);
        errored.add(count.errored);
        reasons.add_quoted(count.last_reason);
        moments.add(count.last_reason.empty() ? kNever : count.last_at);
    }
    connection_.transact([&](Session& session) {
        session.run(kAddCounts, Params()
                                    .add(rules.take())
                                    .add(matched.take())
                                    .add(unmatched.take())
                                    .add(errored.take())
                                    .add(reasons.take())
                                    .add(moments.take()));
    });
}

int Upkeep::forget_revisions(TimePoint before) {
    int forgotten = 0;
    connection_.transact([&](Session& session) {
        forgotten = session.run(kForget, Params().add(before)).affected();
    });
    return forgotten;
}

}  // namespace attune
