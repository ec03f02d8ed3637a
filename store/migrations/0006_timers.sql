-- Timers, every schedule they ever had, and the daemons that serve them.

SET LOCAL search_path = attune;

CREATE TABLE timer (
    sensor_id bigint PRIMARY KEY,
    spec_rev bigint NOT NULL,
    anchor_at timestamptz NOT NULL,
    cursor_at timestamptz NOT NULL,
    next_at timestamptz,
    fires bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL,
    state text NOT NULL
        CHECK (state IN ('armed', 'paused', 'exhausted', 'faulted', 'retired')),
    fault text,
    CHECK ((state = 'faulted') = (fault IS NOT NULL))
) WITH (fillfactor = 50);
COMMENT ON TABLE timer IS
    'cursor_at: the greatest instant already decided. Moved by the ledger alone, together with'
    ' what it passed; next_at is informative.';

CREATE TABLE timer_rev (
    sensor_id bigint NOT NULL,
    spec_rev bigint NOT NULL,
    spec jsonb NOT NULL,
    anchor_at timestamptz NOT NULL,
    period bigint CHECK (period > 0),
    base_at timestamptz,
    from_creation boolean NOT NULL DEFAULT true,
    start_at timestamptz,
    end_at timestamptz,
    tzdata text NOT NULL DEFAULT '',
    armed_from timestamptz NOT NULL,
    armed_through timestamptz,
    PRIMARY KEY (sensor_id, spec_rev),
    CHECK ((period IS NULL) = (base_at IS NULL)),
    CHECK (armed_through >= armed_from));
COMMENT ON TABLE timer_rev IS
    'Every span in which a schedule was armed. Its instants in (armed_from, armed_through] are'
    ' the events and skips of the sensor there, each once. period: microseconds.';

-- How many instants of base + k * period lie in (after, through], k >= least_k, each before
-- end_at (null: for ever). Exact in 64 bits.
CREATE FUNCTION interval_instants(
    after bigint, through bigint, base bigint, period bigint, least_k bigint, end_at bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0,
    greatest(least_k - 1, floor((least(through, end_at - 1) - base)::numeric / period)::bigint)
    - greatest(least_k - 1, floor((least(after, end_at - 1) - base)::numeric / period)::bigint));

CREATE TABLE timer_skip (
    sensor_id bigint NOT NULL,
    after_at timestamptz NOT NULL,
    through_at timestamptz NOT NULL,
    count bigint,
    reason text NOT NULL CHECK (reason IN
        ('misfire', 'window', 'past_one_shot', 'schedule_change', 'paused', 'retired')),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sensor_id, through_at),
    CHECK (after_at < through_at));
COMMENT ON TABLE timer_skip IS
    'Instants in (after_at, through_at] that were decided not to fire. count null: not counted.';

CREATE TABLE node (
    incarnation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    hostname text NOT NULL,
    boot_id text NOT NULL,
    version text NOT NULL,
    pid int NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL,
    left_at timestamptz);
CREATE INDEX ON node (name);
COMMENT ON TABLE node IS
    'One row for each life of a daemon; times are the database''s clock, compared with itself.';

-- Converted timer sensors are armed as they stand.
CREATE TEMP TABLE armed ON COMMIT DROP AS
SELECT s.id AS sensor_id, s.trigger_ref, s.config, s.enabled,
       date_trunc('second', s.created_at) AS anchor_at,
       CASE s.trigger_ref WHEN 'core.intervaltimer' THEN (s.config ->> 'interval')::bigint
           * CASE s.config ->> 'unit' WHEN 'hours' THEN 3600 WHEN 'minutes' THEN 60 ELSE 1 END
           * 1000000 END AS period,
       CASE s.trigger_ref WHEN 'core.datetimetimer'
           THEN (s.config ->> 'fire_at')::timestamptz END AS fire_at
FROM sensor s
WHERE s.trigger_ref IN ('core.intervaltimer', 'core.crontimer', 'core.datetimetimer')
  AND s.config IS NOT NULL;

INSERT INTO timer (sensor_id, spec_rev, anchor_at, cursor_at, generation, state)
SELECT sensor_id, 1, anchor_at, now(), 1,
       CASE WHEN NOT enabled THEN 'paused' WHEN fire_at <= now() THEN 'exhausted'
            ELSE 'armed' END
FROM armed;

INSERT INTO timer_rev (sensor_id, spec_rev, spec, anchor_at, period, base_at, armed_from)
SELECT sensor_id, 1, jsonb_build_object('trigger', trigger_ref, 'config', config), anchor_at,
       period, CASE WHEN period IS NOT NULL THEN anchor_at END, now()
FROM armed WHERE enabled;

INSERT INTO timer_skip (sensor_id, after_at, through_at, count, reason)
SELECT sensor_id, fire_at - interval '1 microsecond', fire_at, 1, 'past_one_shot'
FROM armed WHERE enabled AND fire_at <= now();
