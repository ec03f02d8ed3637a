#include "store/audit.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/time.h"
#include "store/session.h"

namespace attune {
namespace {

// Spans that overlap the window, cut to what must be covered in it: up to where a closed span
// ended, or up to the cursor of an open one. $1, $2: the window.
#define ATTUNE_SPANS                                                                        \
    "span AS ("                                                                             \
    " SELECT v.sensor_id, s.ref AS sensor_ref, v.spec_rev, v.spec, micros(v.anchor_at) AS " \
    "anchor,"                                                                               \
    "  micros(v.base_at) AS base, v.period, micros(v.end_at) AS end_at, v.tzdata,"          \
    "  greatest(CASE WHEN v.from_creation THEN 1 ELSE -9223372036854775807 + 1 END,"        \
    "   coalesce(ceil((micros(v.start_at) - micros(v.base_at))::numeric / v.period)::int8," \
    "            -9223372036854775807 + 1)) AS least_k,"                                    \
    "  v.armed_through IS NULL AS open, greatest(v.armed_from, instant($1)) AS after_at,"   \
    "  least(coalesce(v.armed_through, t.cursor_at), instant($2)) AS through_at,"           \
    "  coalesce(v.armed_through, t.cursor_at) AS end_of_span"                               \
    " FROM timer_rev v JOIN timer t USING (sensor_id) JOIN sensor s ON s.id = v.sensor_id"  \
    " WHERE v.armed_from < instant($2)"                                                     \
    "  AND greatest(v.armed_from, instant($1))"                                             \
    "   < least(coalesce(v.armed_through, t.cursor_at), instant($2)))"

// What lies in a span: fired instants as ranges of one microsecond, and skipped ranges.
#define ATTUNE_ITEMS                                                       \
    "item AS ("                                                            \
    " SELECT p.*, micros(e.scheduled_at) - 1 AS item_after,"               \
    "  micros(e.scheduled_at) AS item_through, true AS fired"              \
    " FROM span p JOIN event e ON e.sensor_id = p.sensor_id"               \
    "  AND e.scheduled_at > p.after_at AND e.scheduled_at <= p.through_at" \
    " WHERE e.origin = 'timer' AND e.scheduled_at > instant($1)"           \
    "  AND e.scheduled_at <= instant($2)"                                  \
    " UNION ALL"                                                           \
    " SELECT p.*, micros(k.after_at), micros(k.through_at), false"         \
    " FROM span p JOIN timer_skip k ON k.sensor_id = p.sensor_id"          \
    "  AND k.through_at > p.after_at AND k.after_at < p.through_at"        \
    "  AND k.reason <> 'past_one_shot')"

// Between what is covered and what is covered next there must be no instant. Ranges are taken
// in order; `reached` is how far those before one have covered.
constexpr Statement kIntervalFaults{"interval_faults",
                                    "WITH " ATTUNE_SPANS "," ATTUNE_ITEMS R"sql(,
placed AS (
    SELECT *, coalesce(max(item_through) OVER (
                  PARTITION BY sensor_id, spec_rev ORDER BY item_after, item_through
                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
              micros(after_at)) AS reached
    FROM item WHERE period IS NOT NULL),
hole AS (
    SELECT sensor_ref, reached AS hole_after, item_after AS hole_through, false AS at_end, open,
           base, period, least_k, end_at
    FROM placed WHERE item_after > reached
    UNION ALL
    SELECT p.sensor_ref, greatest(micros(p.after_at), coalesce(max(i.item_through), 0)),
           micros(p.through_at), p.through_at = p.end_of_span, p.open, p.base, p.period,
           p.least_k, p.end_at
    FROM span p LEFT JOIN item i ON i.sensor_id = p.sensor_id AND i.spec_rev = p.spec_rev
    WHERE p.period IS NOT NULL
    GROUP BY p.sensor_id, p.spec_rev, p.sensor_ref, p.after_at, p.through_at, p.end_of_span,
             p.open, p.base, p.period, p.least_k, p.end_at),
missing AS (
    SELECT *, interval_instants(hole_after, hole_through, base, period, least_k, end_at) AS n
    FROM hole WHERE hole_through > hole_after),
doubled AS (
    SELECT *, interval_instants(greatest(item_after, micros(after_at)),
                                least(item_through, reached), base, period, least_k, end_at) AS n
    FROM placed WHERE item_after < reached)
SELECT CASE WHEN at_end AND open THEN 'cursor_ahead' ELSE 'gap' END, sensor_ref,
       base + period * greatest(least_k, floor((hole_after - base)::numeric / period)::int8 + 1),
       n
FROM missing WHERE n > 0
UNION ALL
SELECT 'stray', sensor_ref, item_through, 1
FROM item WHERE fired AND period IS NOT NULL
  AND interval_instants(item_after, item_through, base, period, least_k, end_at) = 0
UNION ALL
SELECT 'overlapping_skip', sensor_ref, item_through, n
FROM doubled WHERE n > 0
  AND NOT (fired AND EXISTS (SELECT FROM placed other WHERE other.fired
      AND other.sensor_id = doubled.sensor_id AND other.item_through = doubled.item_through
      AND other.reached < doubled.reached))
ORDER BY 2, 3)sql"};

constexpr Statement kDuplicates{"duplicate_instants", R"sql(
SELECT sensor_ref, micros(scheduled_at), count(*) - 1
FROM event
WHERE scheduled_at > instant($1) AND scheduled_at <= instant($2) AND origin = 'timer'
GROUP BY sensor_id, sensor_ref, scheduled_at HAVING count(*) > 1
ORDER BY 1, 2)sql"};

// Timers go on while this looks, so `now` is over by the time their cursors are read.
constexpr Duration kLookingTakes = std::chrono::seconds(30);

constexpr Statement kCursorsAhead{"cursors_ahead", R"sql(
SELECT s.ref, micros(t.cursor_at)
FROM timer t JOIN sensor s ON s.id = t.sensor_id
WHERE t.cursor_at > instant($1) ORDER BY 1)sql"};

// Held by a claim whose daemon is not alive, or ready and left alone while one is.
constexpr Statement kStuck{"stuck_executions", R"sql(
WITH alive AS (SELECT incarnation FROM node WHERE left_at IS NULL AND lease_until > now())
SELECT x.id, x.state, micros(x.scheduled_at)
FROM execution x
WHERE x.state IN ('requested', 'scheduled', 'running', 'cancelling')
  AND x.scheduled_at > instant($1) AND x.scheduled_at <= instant($2)
  AND CASE WHEN x.state = 'requested'
      THEN x.run_at <= instant($3) - $4 * interval '1 microsecond'
           AND x.recorded_at <= now() - $4 * interval '1 microsecond'
           AND EXISTS (SELECT FROM alive)
      ELSE x.claimed_at <= now() - $4 * interval '1 microsecond'
           AND x.claim_incarnation NOT IN (SELECT incarnation FROM alive) END
ORDER BY x.scheduled_at, x.id)sql"};

constexpr Statement kUnanswered{"unanswered", R"sql(
SELECT 'enforcement ' || f.id, micros(f.scheduled_at), 'is processed but has no execution'
FROM enforcement f
LEFT JOIN execution x ON x.enforcement_id = f.id AND x.scheduled_at = f.scheduled_at
LEFT JOIN event e ON e.id = f.event_id AND e.scheduled_at = f.scheduled_at
WHERE f.scheduled_at > instant($1) AND f.scheduled_at <= instant($2)
  AND f.state = 'processed' AND x.id IS NULL AND e.origin IS DISTINCT FROM 'migration'
UNION ALL
SELECT 'enforcement ' || f.id, micros(f.scheduled_at), 'has no event'
FROM enforcement f
LEFT JOIN event e ON e.id = f.event_id AND e.scheduled_at = f.scheduled_at
WHERE f.scheduled_at > instant($1) AND f.scheduled_at <= instant($2)
  AND e.id IS NULL AND f.event_id > 0
UNION ALL
SELECT 'execution ' || x.id, micros(x.scheduled_at), 'has no enforcement'
FROM execution x
LEFT JOIN enforcement f ON f.id = x.enforcement_id AND f.scheduled_at = x.scheduled_at
WHERE x.scheduled_at > instant($1) AND x.scheduled_at <= instant($2)
  AND x.enforcement_id IS NOT NULL AND f.id IS NULL
ORDER BY 2, 1)sql"};

constexpr Statement kSpans{"audit_spans", "WITH " ATTUNE_SPANS R"sql(
SELECT sensor_id, sensor_ref, spec_rev, spec ->> 'trigger', spec ->> 'config', anchor,
       micros(after_at), micros(through_at), tzdata
FROM span WHERE period IS NULL ORDER BY sensor_ref, spec_rev)sql"};

#undef ATTUNE_SPANS
#undef ATTUNE_ITEMS

constexpr Statement kFired{"audit_fired", R"sql(
SELECT micros(scheduled_at) FROM event
WHERE sensor_id = $1 AND scheduled_at > instant($2) AND scheduled_at <= instant($3)
  AND origin = 'timer'
ORDER BY scheduled_at)sql"};

constexpr Statement kSkipped{"audit_skipped", R"sql(
SELECT micros(after_at), micros(through_at), reason FROM timer_skip
WHERE sensor_id = $1 AND through_at > instant($2) AND after_at < instant($3)
  AND reason <> 'past_one_shot'
ORDER BY after_at)sql"};

AuditFault parse_fault(std::string_view word) {
    for (const auto fault : {AuditFault::kGap, AuditFault::kStray, AuditFault::kDuplicate,
                             AuditFault::kOverlappingSkip, AuditFault::kCursorAhead,
                             AuditFault::kStuckExecution, AuditFault::kUnanswered}) {
        if (to_string(fault) == word) return fault;
    }
    return AuditFault::kGap;
}

AuditFinding finding(AuditFault fault, std::string subject, TimePoint at, std::int64_t count) {
    AuditFinding found{
        .fault = fault, .subject = std::move(subject), .at = at, .count = count, .text = {}};
    const auto when = format_rfc3339(at);
    switch (fault) {
        case AuditFault::kGap:
            found.text = fmt::format("{} instants from {} on were neither fired nor skipped",
                                     count, when);
            break;
        case AuditFault::kStray:
            found.text = fmt::format("fired at {}, which is no instant of its schedule", when);
            break;
        case AuditFault::kDuplicate:
            found.text = fmt::format("{} was fired {} times", when, count + 1);
            break;
        case AuditFault::kOverlappingSkip:
            found.text = fmt::format(
                "{} instants up to {} are covered twice, by a skip and by"
                " a fire or another skip",
                count, when);
            break;
        case AuditFault::kCursorAhead:
            found.text = fmt::format(
                "the cursor passed {} instants from {} on that nobody"
                " recorded",
                count, when);
            break;
        case AuditFault::kStuckExecution:
        case AuditFault::kUnanswered:
            break;
    }
    return found;
}

}  // namespace

std::string_view to_string(AuditFault fault) {
    switch (fault) {
        case AuditFault::kGap:
            return "gap";
        case AuditFault::kStray:
            return "stray";
        case AuditFault::kDuplicate:
            return "duplicate";
        case AuditFault::kOverlappingSkip:
            return "overlapping_skip";
        case AuditFault::kCursorAhead:
            return "cursor_ahead";
        case AuditFault::kStuckExecution:
            return "stuck_execution";
        case AuditFault::kUnanswered:
            return "unanswered";
    }
    return {};
}

Audit::Audit(Database database) : connection_(std::move(database)) {}

Audit::~Audit() = default;

std::vector<AuditFinding> Audit::check(const AuditWindow& window) {
    std::vector<AuditFinding> findings;
    connection_.read([&](Session& session) {
        const auto range = Params().add(window.after).add(window.through);
        auto rows = session.run(kIntervalFaults, range);
        for (int n = 0; n < rows.size(); ++n) {
            findings.push_back(finding(parse_fault(rows[n].text(0)), rows[n].string(1),
                                       rows[n].moment(2), rows[n].number(3)));
        }
        rows = session.run(kDuplicates, range);
        for (int n = 0; n < rows.size(); ++n) {
            findings.push_back(finding(AuditFault::kDuplicate, rows[n].string(0),
                                       rows[n].moment(1), rows[n].number(2)));
        }
        rows = session.run(kCursorsAhead, Params().add(window.now + kLookingTakes));
        for (int n = 0; n < rows.size(); ++n) {
            const auto at = rows[n].moment(1);
            findings.push_back({.fault = AuditFault::kCursorAhead,
                                .subject = rows[n].string(0),
                                .at = at,
                                .text = fmt::format("the cursor is in the future, at {}",
                                                    format_rfc3339(at))});
        }
        rows =
            session.run(kStuck, Params(range).add(window.now).add(window.stuck_after.count()));
        for (int n = 0; n < rows.size(); ++n) {
            findings.push_back(
                {.fault = AuditFault::kStuckExecution,
                 .subject = fmt::format("execution {}", rows[n].number(0)),
                 .at = rows[n].moment(2),
                 .text = fmt::format("is {}, and nobody alive holds it", rows[n].text(1))});
        }
        rows = session.run(kUnanswered, range);
        for (int n = 0; n < rows.size(); ++n) {
            findings.push_back({.fault = AuditFault::kUnanswered,
                                .subject = rows[n].string(0),
                                .at = rows[n].moment(1),
                                .text = rows[n].string(2)});
        }
    });
    return findings;
}

std::vector<AuditSpan> Audit::spans_to_compute(const AuditWindow& window) {
    std::vector<AuditSpan> spans;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kSpans, Params().add(window.after).add(window.through));
        for (int n = 0; n < rows.size(); ++n) {
            const auto row = rows[n];
            spans.push_back({.sensor = SensorId{row.number(0)},
                             .sensor_ref = row.string(1),
                             .spec_rev = Generation{row.number(2)},
                             .trigger_ref = row.string(3),
                             .config = row.string(4),
                             .anchor_at = row.moment(5),
                             .after = row.moment(6),
                             .through = row.moment(7),
                             .tzdata = row.string(8)});
        }
    });
    return spans;
}

Coverage Audit::cover(const AuditSpan& span) {
    Coverage coverage;
    connection_.read([&](Session& session) {
        const auto range = Params().add(span.sensor.value).add(span.after).add(span.through);
        auto rows = session.run(kFired, range);
        for (int n = 0; n < rows.size(); ++n) coverage.fired.push_back(rows[n].moment(0));
        rows = session.run(kSkipped, range);
        for (int n = 0; n < rows.size(); ++n) {
            coverage.skipped.push_back({.after = rows[n].moment(0),
                                        .through = rows[n].moment(1),
                                        .reason = rows[n].string(2)});
        }
    });
    return coverage;
}

std::vector<AuditFinding> compare(const AuditSpan& span, const std::vector<TimePoint>& instants,
                                  const Coverage& coverage) {
    std::vector<AuditFinding> findings;
    const auto add = [&](AuditFault fault, TimePoint at, std::int64_t count) {
        findings.push_back(finding(fault, span.sensor_ref, at, count));
    };
    std::optional<TimePoint> gap;  // the first of several missing ones, next to each other
    std::int64_t missing = 0;
    const auto close_gap = [&] {
        if (gap) add(AuditFault::kGap, *gap, missing);
        gap.reset();
        missing = 0;
    };
    for (const TimePoint instant : instants) {
        const auto fired = std::count(coverage.fired.begin(), coverage.fired.end(), instant);
        const auto skipped =
            std::count_if(coverage.skipped.begin(), coverage.skipped.end(),
                          [instant](const SkippedRange& range) {
                              return range.after < instant && instant <= range.through;
                          });
        if (fired + skipped == 0) {
            if (!gap) gap = instant;
            ++missing;
            continue;
        }
        close_gap();
        if (fired > 1) add(AuditFault::kDuplicate, instant, fired - 1);
        if (skipped > 1 || (skipped == 1 && fired > 0)) {
            add(AuditFault::kOverlappingSkip, instant, 1);
        }
    }
    close_gap();
    for (const TimePoint fired : coverage.fired) {
        if (!std::binary_search(instants.begin(), instants.end(), fired)) {
            add(AuditFault::kStray, fired, 1);
        }
    }
    return findings;
}

}  // namespace attune
