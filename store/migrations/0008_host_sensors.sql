-- Sensors of the host: events of the journal and of systemd, and how far each sensor has come.

SET LOCAL search_path = attune;

-- Days have the check of their parent and one of their own. What is there already passes, so
-- nobody reads it again: NOT VALID.
DO $$
DECLARE
    part regclass;
BEGIN
    ALTER TABLE event DROP CONSTRAINT event_origin_check;
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event'::regclass LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS event_origin_check', part);
    END LOOP;
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event'::regclass
                UNION ALL SELECT 'event'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT event_origin_check CHECK
                        (origin IN (''timer'', ''manual'', ''journal'', ''systemd'',
                                    ''migration'')) NOT VALID', part);
    END LOOP;
END $$;

CREATE TABLE sensor_progress (
    sensor_id bigint PRIMARY KEY,
    origin text NOT NULL CHECK (origin IN ('journal', 'systemd')),
    position jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE sensor_progress IS
    'How far a sensor of the host has come: everything up to there is an event, a skip, or no'
    ' match. It may lag behind the events, whose keys keep them from being born twice.';

CREATE TABLE sensor_skip (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor_id bigint NOT NULL,
    count bigint CHECK (count > 0),
    since_at timestamptz,
    through_at timestamptz,
    reason text NOT NULL CHECK (reason IN ('burst', 'vacuumed', 'refused')),
    detail text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON sensor_skip (sensor_id, id);
COMMENT ON TABLE sensor_skip IS
    'What a sensor of the host passed over, written with the progress past it. count null: not'
    ' counted.';
