#include "store/queries.h"

#include <array>

#include "store/session.h"

namespace attune {
namespace {

// $1..$5 of every list: scheduled_at in ($1, $2], then the page's last row ($3, $4), and the
// limit. Lists are answered from a growing window of time, so that the newest rows of a large
// ledger are found in its newest partition.
constexpr Statement kEvents{"list_events", R"sql(
SELECT id, sensor_id, sensor_ref, trigger_ref, origin, generation, micros(scheduled_at),
       micros(fired_at), micros(recorded_at), dedupe_key, coalesce(payload::text, 'null')
FROM event
WHERE scheduled_at > instant($1) AND scheduled_at <= instant($2)
  AND ($3::int8 IS NULL OR (scheduled_at, id) < (instant($3), $4::int8))
  AND ($6 = '' OR sensor_ref = $6)
  AND ($7 = '' OR trigger_ref = $7)
ORDER BY scheduled_at DESC, id DESC LIMIT $5)sql"};

constexpr Statement kEnforcements{"list_enforcements", R"sql(
SELECT f.id, f.event_id, f.rule_ref, f.state, f.reason, micros(f.scheduled_at),
       micros(f.recorded_at)
FROM enforcement f
LEFT JOIN event e ON e.id = f.event_id AND e.scheduled_at = f.scheduled_at
WHERE f.scheduled_at > instant($1) AND f.scheduled_at <= instant($2)
  AND ($3::int8 IS NULL OR (f.scheduled_at, f.id) < (instant($3), $4::int8))
  AND ($6 = '' OR e.sensor_ref = $6)
  AND ($7 = '' OR e.trigger_ref = $7)
  AND ($8 = '' OR f.rule_ref = $8)
  AND ($9 = '' OR f.state = $9)
ORDER BY f.scheduled_at DESC, f.id DESC LIMIT $5)sql"};

#define ATTUNE_EXECUTION_COLUMNS                                                              \
    "SELECT x.id, x.enforcement_id, f.rule_ref, e.sensor_ref, e.trigger_ref, x.action_ref,"   \
    " x.state, x.attempt, x.losses, x.params, x.result, x.idempotency_key,"                   \
    " micros(x.scheduled_at), micros(x.recorded_at), micros(x.finished_at), f.event_id"       \
    " FROM execution x"                                                                       \
    " LEFT JOIN enforcement f ON f.id = x.enforcement_id AND f.scheduled_at = x.scheduled_at" \
    " LEFT JOIN event e ON e.id = f.event_id AND e.scheduled_at = f.scheduled_at"

constexpr Statement kExecutions{"list_executions", ATTUNE_EXECUTION_COLUMNS R"sql(
WHERE x.scheduled_at > instant($1) AND x.scheduled_at <= instant($2)
  AND ($3::int8 IS NULL OR (x.scheduled_at, x.id) < (instant($3), $4::int8))
  AND ($6 = '' OR e.sensor_ref = $6)
  AND ($7 = '' OR e.trigger_ref = $7)
  AND ($8 = '' OR f.rule_ref = $8)
  AND ($9 = '' OR x.state = $9)
  AND ($10 = '' OR x.action_ref = $10)
ORDER BY x.scheduled_at DESC, x.id DESC LIMIT $5)sql"};

constexpr Statement kExecution{"one_execution", ATTUNE_EXECUTION_COLUMNS " WHERE x.id = $1"};

#undef ATTUNE_EXECUTION_COLUMNS

constexpr Statement kTracedEnforcement{"traced_enforcement", R"sql(
SELECT id, event_id, rule_ref, state, reason, micros(scheduled_at), micros(recorded_at)
FROM enforcement WHERE id = $1 AND scheduled_at = instant($2))sql"};

constexpr Statement kTracedEvent{"traced_event", R"sql(
SELECT id, sensor_id, sensor_ref, trigger_ref, origin, generation, micros(scheduled_at),
       micros(fired_at), micros(recorded_at), dedupe_key, coalesce(payload::text, 'null')
FROM event WHERE id = $1 AND scheduled_at = instant($2))sql"};

constexpr Statement kAttempts{"attempts", R"sql(
SELECT attempt, outcome, claim_incarnation, micros(claimed_at), micros(ended_at)
FROM execution_attempt WHERE execution_id = $1 ORDER BY ended_at, attempt)sql"};

constexpr Statement kRule{"rule_figures", R"sql(
SELECT matched, unmatched, errored, last_reason, micros(last_at)
FROM rule_counter WHERE rule_id = $1)sql"};

constexpr Statement kTimer{"timer_figures", R"sql(
SELECT state, fault, micros(cursor_at), micros(next_at), fires, spec_rev, micros(anchor_at)
FROM timer WHERE sensor_id = $1)sql"};

constexpr Statement kHostSensor{
    "host_sensor_figures",
    "SELECT position, micros(updated_at) FROM sensor_progress WHERE sensor_id = $1"};

constexpr Statement kHostSkips{"host_sensor_skips", R"sql(
SELECT reason, count, micros(since_at), micros(through_at), detail, micros(recorded_at)
FROM sensor_skip WHERE sensor_id = $1 ORDER BY id DESC LIMIT 10)sql"};

constexpr Statement kEventCount{"count_events",
                                "SELECT count(*) FROM event WHERE scheduled_at >= instant($1)"};
constexpr Statement kEnforcementCount{
    "count_enforcements", "SELECT count(*) FROM enforcement WHERE scheduled_at >= instant($1)"};
constexpr Statement kExecutionCounts{
    "count_executions",
    "SELECT state, count(*) FROM execution WHERE scheduled_at >= instant($1)"
    " GROUP BY state ORDER BY state"};
constexpr Statement kOpenCounts{"count_open", R"sql(
SELECT count(*) FILTER (WHERE state = 'requested'), count(*) FILTER (WHERE state <> 'requested')
FROM execution WHERE state IN ('requested', 'scheduled', 'running', 'cancelling'))sql"};
constexpr Statement kTimerCounts{
    "count_timers", "SELECT state, count(*) FROM timer GROUP BY state ORDER BY state"};

EventRow read_event(const Row& row) {
    return {.id = EventId{row.number(0)},
            .sensor = SensorId{row.number(1)},
            .sensor_ref = row.string(2),
            .trigger_ref = row.string(3),
            .origin = row.string(4),
            .generation = Generation{row.number(5)},
            .scheduled_at = row.moment(6),
            .fired_at = row.moment(7),
            .recorded_at = row.moment(8),
            .dedupe_key = row.string(9),
            .payload = row.string(10)};
}

EnforcementRow read_enforcement(const Row& row) {
    return {.id = EnforcementId{row.number(0)},
            .event = EventId{row.number(1)},
            .rule_ref = row.string(2),
            .state = row.string(3),
            .reason = row.string(4),
            .scheduled_at = row.moment(5),
            .recorded_at = row.moment(6)};
}

ExecutionRow read_execution(const Row& row) {
    return {.id = ExecutionId{row.number(0)},
            .enforcement = EnforcementId{row.number(1)},
            .rule_ref = row.string(2),
            .sensor_ref = row.string(3),
            .trigger_ref = row.string(4),
            .action_ref = row.string(5),
            .state = row.string(6),
            .attempt = static_cast<int>(row.number(7)),
            .losses = static_cast<int>(row.number(8)),
            .params = row.string(9),
            .result = row.string(10),
            .idempotency_key = row.string(11),
            .scheduled_at = row.moment(12),
            .recorded_at = row.moment(13),
            .finished_at = row.moment_or_none(14)};
}

std::vector<std::pair<std::string, std::int64_t>> read_counts(const Rows& rows) {
    std::vector<std::pair<std::string, std::int64_t>> counts;
    for (int n = 0; n < rows.size(); ++n) {
        counts.emplace_back(rows[n].string(0), rows[n].number(1));
    }
    return counts;
}

constexpr std::int64_t kEarliest = -9'000'000'000'000'000;  // about 285 years around 1970:
constexpr std::int64_t kLatest = 9'000'000'000'000'000;     // within timestamptz

// The newest rows of a page: `run(after, through)` is asked for wider and wider windows until
// one fills the page.
template <class Run>
Rows newest(Session& session, const Filter& filter, Run run) {
    static constexpr Statement kNow{"database_now", "SELECT micros(now())"};
    const auto minutes = [](int count) {
        return micros(TimePoint(std::chrono::minutes(count)));
    };
    const std::int64_t from = filter.from ? micros(*filter.from) - 1 : kEarliest;
    std::int64_t through = filter.through ? micros(*filter.through) : kLatest;
    if (filter.after_at) through = std::min(through, micros(*filter.after_at));
    const auto anchor = std::min(through, session.run(kNow).only().number(0));
    for (const int window : {1, 30, 24 * 60}) {
        const auto after = anchor - minutes(window);
        if (after <= from) break;
        Rows rows = run(after, through);
        if (rows.size() >= filter.limit) return rows;
    }
    return run(from, through);
}

Params page(const Filter& filter, std::int64_t after, std::int64_t through) {
    Params params;
    params.add(after).add(through).add(filter.after_at);
    params.add(filter.after_id).add(filter.limit);
    return params.add(filter.sensor_ref).add(filter.trigger_ref);
}

}  // namespace

Queries::Queries(Database database) : connection_(std::move(database)) {}

Queries::~Queries() = default;

std::vector<EventRow> Queries::events(const Filter& filter) {
    std::vector<EventRow> events;
    connection_.read([&](Session& session) {
        const auto rows =
            newest(session, filter, [&](std::int64_t after, std::int64_t through) {
                return session.run(kEvents, page(filter, after, through));
            });
        for (int n = 0; n < rows.size(); ++n) events.push_back(read_event(rows[n]));
    });
    return events;
}

std::vector<EnforcementRow> Queries::enforcements(const Filter& filter) {
    std::vector<EnforcementRow> enforcements;
    connection_.read([&](Session& session) {
        const auto rows =
            newest(session, filter, [&](std::int64_t after, std::int64_t through) {
                return session.run(
                    kEnforcements,
                    page(filter, after, through).add(filter.rule_ref).add(filter.state));
            });
        for (int n = 0; n < rows.size(); ++n) enforcements.push_back(read_enforcement(rows[n]));
    });
    return enforcements;
}

std::vector<ExecutionRow> Queries::executions(const Filter& filter) {
    std::vector<ExecutionRow> executions;
    connection_.read([&](Session& session) {
        const auto rows =
            newest(session, filter, [&](std::int64_t after, std::int64_t through) {
                return session.run(kExecutions, page(filter, after, through)
                                                    .add(filter.rule_ref)
                                                    .add(filter.state)
                                                    .add(filter.action_ref));
            });
        for (int n = 0; n < rows.size(); ++n) executions.push_back(read_execution(rows[n]));
    });
    return executions;
}

std::optional<Trace> Queries::trace(ExecutionId execution) {
    std::optional<Trace> trace;
    connection_.read([&](Session& session) {
        const auto found = session.run(kExecution, Params().add(execution.value));
        if (found.empty()) return;
        trace = Trace{.execution = read_execution(found[0])};
        const auto day = trace->execution.scheduled_at;
        if (trace->execution.enforcement) {
            const auto rows = session.run(
                kTracedEnforcement, Params().add(trace->execution.enforcement.value).add(day));
            if (!rows.empty()) trace->enforcement = read_enforcement(rows[0]);
        }
        if (trace->enforcement) {
            const auto rows = session.run(
                kTracedEvent, Params().add(trace->enforcement->event.value).add(day));
            if (!rows.empty()) trace->event = read_event(rows[0]);
        }
        const auto attempts = session.run(kAttempts, Params().add(execution.value));
        for (int n = 0; n < attempts.size(); ++n) {
            const auto row = attempts[n];
            trace->attempts.push_back({.attempt = static_cast<int>(row.number(0)),
                                       .outcome = row.string(1),
                                       .incarnation = IncarnationId{row.number(2)},
                                       .claimed_at = row.moment(3),
                                       .ended_at = row.moment(4)});
        }
    });
    return trace;
}

RuleFigures Queries::rule(RuleId rule) {
    RuleFigures figures;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kRule, Params().add(rule.value));
        if (rows.empty()) return;
        figures = {.matched = rows[0].number(0),
                   .unmatched = rows[0].number(1),
                   .errored = rows[0].number(2),
                   .last_reason = rows[0].string(3),
                   .last_at = rows[0].moment_or_none(4)};
    });
    return figures;
}

std::optional<TimerFigures> Queries::timer(SensorId sensor) {
    std::optional<TimerFigures> figures;
    connection_.read([&](Session& session) {
        const auto rows = session.run(kTimer, Params().add(sensor.value));
        if (rows.empty()) return;
        figures = TimerFigures{.state = rows[0].string(0),
                               .fault = rows[0].string(1),
                               .cursor_at = rows[0].moment(2),
                               .next_at = rows[0].moment_or_none(3),
                               .fires = rows[0].number(4),
                               .spec_rev = Generation{rows[0].number(5)},
                               .anchor_at = rows[0].moment(6)};
    });
    return figures;
}

std::optional<HostSensorFigures> Queries::host_sensor(SensorId sensor) {
    std::optional<HostSensorFigures> figures;
    connection_.read([&](Session& session) {
        const auto id = Params().add(sensor.value);
        const auto rows = session.run(kHostSensor, id);
        if (rows.empty()) return;
        figures = HostSensorFigures{
            .position = rows[0].string(0), .updated_at = rows[0].moment(1), .skips = {}};
        const auto skips = session.run(kHostSkips, id);
        for (int n = 0; n < skips.size(); ++n) {
            const auto row = skips[n];
            figures->skips.push_back(
                {.reason = row.string(0),
                 .count = row.is_null(1) ? std::nullopt : std::optional(row.number(1)),
                 .since = row.moment_or_none(2),
                 .through = row.moment_or_none(3),
                 .detail = row.string(4),
                 .recorded_at = row.moment(5)});
        }
    });
    return figures;
}

Figures Queries::figures(TimePoint since) {
    Figures figures;
    connection_.read([&](Session& session) {
        const auto from = Params().add(since);
        figures.events = session.run(kEventCount, from).only().number(0);
        figures.enforcements = session.run(kEnforcementCount, from).only().number(0);
        figures.executions = read_counts(session.run(kExecutionCounts, from));
        const auto open = session.run(kOpenCounts).only();
        figures.ready = open.number(0);
        figures.claimed = open.number(1);
        figures.timers = read_counts(session.run(kTimerCounts));
    });
    return figures;
}

}  // namespace attune
