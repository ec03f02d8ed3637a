#include "store/timer_changes.h"

#include <algorithm>

#include "core/json.h"
#include "store/session.h"

namespace attune {
namespace {

constexpr std::size_t kPortion = 5000;

// Everything about the changed timers happens at one moment: the later of the plan's and the
// cursor. Up to it the old schedule is responsible, so what it had not decided is skipped; and
// a pause that ends is skipped as such.
constexpr Statement kChangeTimers{"change_timers", R"sql(
WITH change AS (
    SELECT s.id AS sensor_id, r.*
    FROM jsonb_to_recordset($1::jsonb) AS r (
        sensor_ref text, state text, anchor_at int8, cursor_at int8, spec jsonb, period int8,
        base_at int8, from_creation boolean, start_at int8, end_at int8, tzdata text,
        next_at int8, past_one_shot int8)
    JOIN sensor s ON s.ref = r.sensor_ref),
old AS (
    SELECT t.sensor_id, t.cursor_at, t.state
    FROM timer t JOIN change c ON c.sensor_id = t.sensor_id
    ORDER BY t.sensor_id FOR UPDATE OF t),
turn AS (
    SELECT c.*, o.cursor_at AS old_cursor, o.state AS old_state,
           greatest(o.cursor_at, coalesce(instant(c.cursor_at), instant($2))) AS moment
    FROM change c LEFT JOIN old o ON o.sensor_id = c.sensor_id),
closed AS (
    UPDATE timer_rev v SET armed_through = t.moment
    FROM turn t WHERE v.sensor_id = t.sensor_id AND v.armed_through IS NULL),
skipped AS (
    INSERT INTO timer_skip (sensor_id, after_at, through_at, reason)
    SELECT sensor_id, old_cursor, moment,
           CASE WHEN 'paused' IN (state, old_state) THEN 'paused'
                WHEN state = 'retired' THEN 'retired' ELSE 'schedule_change' END
    FROM turn WHERE old_cursor < moment AND old_state IN ('armed', 'faulted', 'paused')
    ON CONFLICT DO NOTHING),
past AS (
    INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)
    SELECT sensor_id, instant(past_one_shot - 1), instant(past_one_shot), 1, 'past_one_shot'
    FROM turn WHERE past_one_shot IS NOT NULL
    ON CONFLICT DO NOTHING),
opened AS (
    INSERT INTO timer_rev (sensor_id, spec_rev, spec, anchor_at, period, base_at,
                           from_creation, start_at, end_at, tzdata, armed_from)
    SELECT sensor_id, $3, spec, instant(anchor_at), period, instant(base_at), from_creation,
           instant(start_at), instant(end_at), tzdata, moment
    FROM turn WHERE spec IS NOT NULL)
INSERT INTO timer AS timer (sensor_id, spec_rev, anchor_at, cursor_at, next_at, generation,
                            state)
SELECT sensor_id, $3, instant(anchor_at), moment, instant(next_at), $3, state
FROM turn ORDER BY sensor_id
ON CONFLICT (sensor_id) DO UPDATE
SET spec_rev = $3, anchor_at = excluded.anchor_at, cursor_at = excluded.cursor_at,
    next_at = excluded.next_at, generation = $3, state = excluded.state, fault = NULL)sql"};

Json or_null(const std::optional<TimePoint>& moment) {
    return moment && *moment != kNever ? Json(micros(*moment)) : Json();
}

Json to_json(const TimerChange& change) {
    Json json = {{"sensor_ref", change.sensor.text()},
                 {"state", to_string(change.state)},
                 {"anchor_at", micros(change.anchor_at)},
                 {"cursor_at", or_null(change.cursor_at)},
                 {"past_one_shot", or_null(change.past_one_shot)}};
    if (!change.span) return json;
    const TimerSpan& span = *change.span;
    json["spec"] = span.spec;
    json["period"] = span.period ? Json(span.period->count()) : Json();
    json["base_at"] = or_null(span.base_at);
    json["from_creation"] = span.from_creation;
    json["start_at"] = or_null(span.start_at);
    json["end_at"] = or_null(span.end_at);
    json["tzdata"] = span.tzdata;
    json["next_at"] = or_null(span.next_at);
    return json;
}

}  // namespace

void apply_timer_changes(Session& session, const std::vector<TimerChange>& changes,
                         TimePoint at, Generation generation) {
    for (std::size_t first = 0; first < changes.size(); first += kPortion) {
        Json portion = Json::array();
        for (std::size_t n = first; n < std::min(first + kPortion, changes.size()); ++n) {
            portion.push_back(to_json(changes[n]));
        }
        session.run(kChangeTimers,
                    Params().add(compact(portion)).add(at).add(generation.value));
    }
}

}  // namespace attune
