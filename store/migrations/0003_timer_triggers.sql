-- Three generic timer triggers instead of one trigger for each timer. A trigger that was a
-- timer becomes a sensor of a generic one, under its ref with `_sensor` behind; rules follow,
-- by id and ref, and keep listening to that timer alone; what was recorded keeps its text.
--
-- Only what is found is converted, so an empty database ends without a sensor or a rule, and
-- running this again changes nothing. A timer of unknown shape stops the migration.

SET LOCAL search_path = attune;

ALTER TABLE rule ADD COLUMN IF NOT EXISTS sensors text[];
COMMENT ON COLUMN rule.sensors IS 'refs of the sensors it listens to; null: all of its trigger';

INSERT INTO pack (ref, label, description, version, is_standard)
VALUES ('core', 'Core', 'What attune brings itself.', '1.0.0', true)
ON CONFLICT (ref) DO NOTHING;

INSERT INTO runtime (ref, pack, pack_ref, description, runtime_type, name)
SELECT 'core.sensor.builtin', id, 'core', 'Sensors that run inside the daemon', 'sensor', 'Builtin'
FROM pack WHERE ref = 'core'
ON CONFLICT (ref) DO NOTHING;

INSERT INTO trigger (ref, pack, pack_ref, label, description, enabled, param_schema)
SELECT generic.ref, pack.id, 'core', generic.label, generic.description, true, generic.schema::jsonb
FROM pack, (VALUES
    ('core.intervaltimer', 'Interval Timer',
     'Fires every N seconds, minutes or hours of elapsed time.',
     '{"type": "object", "required": ["unit", "interval"], "properties": {
        "unit": {"type": "string", "enum": ["seconds", "minutes", "hours"],
                 "description": "Unit of time for the interval"},
        "interval": {"type": "integer", "minimum": 1,
                     "description": "Number of time units between each trigger"}}}'),
    ('core.crontimer', 'Cron Timer',
     'Fires when the wall clock of a time zone matches a cron expression.',
     '{"type": "object", "required": ["expression"], "properties": {
        "expression": {"type": "string",
          "description": "Cron expression, second minute hour day-of-month month day-of-week"}}}'),
    ('core.datetimetimer', 'Datetime Timer',
     'Fires once, at a moment.',
     '{"type": "object", "required": ["fire_at"], "properties": {
        "fire_at": {"type": "string", "format": "date-time",
                    "description": "When to fire, RFC 3339 with an offset"}}}')
) AS generic (ref, label, description, schema)
WHERE pack.ref = 'core'
ON CONFLICT (ref) DO NOTHING;

-- The generic trigger and the config that a tagged shape means.
CREATE FUNCTION convert_timer(ref text, shape jsonb, OUT generic text, OUT config jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    unit text;
    total numeric := 0;
    refusal text := format('trigger %s has a timer shape this migration does not know: %s', ref, shape);
BEGIN
    IF shape IS NULL OR jsonb_typeof(shape) <> 'object' THEN
        RAISE EXCEPTION '%', refusal;
    END IF;
    CASE shape ->> 'type'
        WHEN 'interval' THEN
            IF shape - '{type,seconds,minutes,hours}'::text[] <> '{}' THEN
                RAISE EXCEPTION '%', refusal;
            END IF;
            FOREACH unit IN ARRAY '{seconds,minutes,hours}'::text[] LOOP
                CONTINUE WHEN coalesce(shape -> unit, 'null') = 'null';
                IF coalesce(shape ->> unit !~ '^[0-9]{1,12}$', true) THEN
                    RAISE EXCEPTION '%', refusal;
                END IF;
                total := total + (shape ->> unit)::numeric
                    * CASE unit WHEN 'hours' THEN 3600 WHEN 'minutes' THEN 60 ELSE 1 END;
            END LOOP;
            IF total = 0 THEN
                RAISE EXCEPTION '%', refusal;
            END IF;
            generic := 'core.intervaltimer';
            config := CASE
                WHEN total % 3600 = 0 THEN
                    jsonb_build_object('unit', 'hours', 'interval', (total / 3600)::bigint)
                WHEN total % 60 = 0 THEN
                    jsonb_build_object('unit', 'minutes', 'interval', (total / 60)::bigint)
                ELSE jsonb_build_object('unit', 'seconds', 'interval', total::bigint)
            END;
        WHEN 'cron' THEN
            IF shape - '{type,expression}'::text[] <> '{}'
               OR coalesce(jsonb_typeof(shape -> 'expression') <> 'string', true)
               OR btrim(shape ->> 'expression') = '' THEN
                RAISE EXCEPTION '%', refusal;
            END IF;
            generic := 'core.crontimer';
            config := jsonb_build_object('expression', shape ->> 'expression');
        WHEN 'one_shot' THEN
            IF shape - '{type,fire_at}'::text[] <> '{}'
               OR coalesce(shape ->> 'fire_at' !~
                   '^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$', true) THEN
                RAISE EXCEPTION '%', refusal;
            END IF;
            generic := 'core.datetimetimer';
            config := jsonb_build_object('fire_at', shape ->> 'fire_at');
        ELSE
            RAISE EXCEPTION '%', refusal;
    END CASE;
END $$;

-- A timer is known by its tag (a JSON Schema's `type` is one of seven other words), or by the
-- name the hard-coded ones had.
CREATE TEMP TABLE old_timer ON COMMIT DROP AS
SELECT t.id, t.ref, t.pack, t.pack_ref, t.label, t.enabled, t.created, c.generic, c.config,
       (SELECT id FROM trigger WHERE trigger.ref = c.generic) AS generic_id
FROM trigger t, convert_timer(t.ref, t.param_schema) c
WHERE t.ref NOT IN ('core.intervaltimer', 'core.crontimer', 'core.datetimetimer')
  AND (t.ref ~ '^core\.timer_'
       OR (jsonb_typeof(t.param_schema -> 'type') = 'string'
           AND t.param_schema ->> 'type' NOT IN
               ('object', 'array', 'string', 'number', 'integer', 'boolean', 'null')));

UPDATE sensor s
SET trigger = o.generic_id, trigger_ref = o.generic, config = o.config,
    enabled = s.enabled AND o.enabled
FROM old_timer o WHERE s.trigger = o.id;

INSERT INTO sensor (ref, pack, pack_ref, label, description, entrypoint, runtime, runtime_ref,
                    trigger, trigger_ref, enabled, config)
SELECT o.ref || '_sensor', o.pack, o.pack_ref, o.label || ' Sensor', '', 'builtin',
       r.id, r.ref, o.generic_id, o.generic, o.enabled, o.config
FROM old_timer o, runtime r
WHERE r.ref = 'core.sensor.builtin'
  AND NOT EXISTS (SELECT FROM sensor s
                  WHERE s.trigger = o.generic_id AND s.ref = o.ref || '_sensor')
ON CONFLICT (ref) DO NOTHING;

UPDATE rule r
SET trigger = o.generic_id, trigger_ref = o.generic, sensors = ARRAY[o.ref || '_sensor']
FROM old_timer o WHERE r.trigger = o.id;

DELETE FROM trigger t USING old_timer o WHERE t.id = o.id;

DROP TABLE old_timer;
DROP FUNCTION convert_timer;
