-- The ledger: event, enforcement, execution, by day of scheduled_at.
--
-- scheduled_at is copied from the event to everything that follows from it and never updated,
-- so each partition holds whole stories, uniqueness holds within a day, and a day is dropped
-- whole. There are no foreign keys among them (a quarter of the throughput) and no default
-- partition (it would make attaching a day scan it). A row's identity is (id, scheduled_at).

SET LOCAL search_path = attune;

-- Drawn in blocks: a daemon owns [n, n + 10000) after nextval gave n.
CREATE SEQUENCE ledger_id AS bigint INCREMENT BY 10000;

ALTER TABLE event RENAME TO seed_event;
ALTER TABLE enforcement RENAME TO seed_enforcement;
ALTER TABLE execution RENAME TO seed_execution;

CREATE TABLE event (
    id bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    sensor_id bigint NOT NULL,
    trigger_id bigint NOT NULL,
    generation bigint NOT NULL,
    fired_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    origin text NOT NULL CHECK (origin IN ('timer', 'manual', 'migration')),
    dedupe_key text NOT NULL,
    trigger_ref text NOT NULL,
    sensor_ref text NOT NULL,
    payload jsonb
) PARTITION BY RANGE (scheduled_at);
ALTER TABLE event ADD CONSTRAINT event_key PRIMARY KEY (id, scheduled_at);
ALTER TABLE event ADD CONSTRAINT event_once UNIQUE (sensor_id, scheduled_at, dedupe_key);
COMMENT ON TABLE event IS 'One firing. generation: the catalog its rules were evaluated from.';
COMMENT ON COLUMN event.payload IS 'null: refused by the database, see the enforcements';

CREATE TABLE enforcement (
    id bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    event_id bigint NOT NULL,
    rule_id bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL,
    rule_ref text NOT NULL,
    reason text,
    CONSTRAINT enforcement_state CHECK (CASE
        WHEN state IN ('processed', 'created') THEN reason IS NULL
        WHEN state IN ('errored', 'suppressed') THEN reason IS NOT NULL
        ELSE false END)
) PARTITION BY RANGE (scheduled_at);
ALTER TABLE enforcement ADD CONSTRAINT enforcement_key PRIMARY KEY (id, scheduled_at);
ALTER TABLE enforcement
    ADD CONSTRAINT enforcement_once UNIQUE (event_id, rule_id, scheduled_at);
COMMENT ON TABLE enforcement IS 'The answer of one rule to one event.';

CREATE TABLE execution (
    id bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    enforcement_id bigint,
    action_id bigint NOT NULL,
    run_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    claimed_at timestamptz,
    finished_at timestamptz,
    parent_id bigint,
    claim_incarnation bigint,
    claim_pid_started bigint,
    claim_token uuid,
    claim_boot_id uuid,
    claim_pgid int,
    claim_executor smallint,
    attempt smallint NOT NULL DEFAULT 1,
    losses smallint NOT NULL DEFAULT 0,
    state text NOT NULL,
    action_ref text NOT NULL,
    idempotency_key text NOT NULL,
    params jsonb NOT NULL,
    result jsonb,
    CONSTRAINT execution_state CHECK (CASE
        WHEN state = 'requested' THEN finished_at IS NULL AND claim_token IS NULL
        WHEN state IN ('scheduled', 'running', 'cancelling')
            THEN finished_at IS NULL AND claim_token IS NOT NULL
        WHEN state IN ('succeeded', 'failed', 'timed_out', 'cancelled', 'abandoned')
            THEN finished_at IS NOT NULL
        ELSE false END)
) PARTITION BY RANGE (scheduled_at) ;
ALTER TABLE execution ADD CONSTRAINT execution_key PRIMARY KEY (id, scheduled_at);
ALTER TABLE execution ADD CONSTRAINT execution_once UNIQUE (enforcement_id, scheduled_at);
CREATE INDEX execution_open ON execution (run_at)
    WHERE state IN ('requested', 'scheduled', 'running', 'cancelling');
COMMENT ON TABLE execution IS
    'One run of an action. claim_*: who runs it; claimed_at is the database''s clock.';
COMMENT ON COLUMN execution.enforcement_id IS 'null: asked for by hand (attune run)';

-- Every arrow that is not one of core/lifecycle.h is refused. The condition is evaluated
-- without PL/pgSQL, and after the update, when it costs no row lock: a legal arrow is free.
CREATE FUNCTION refuse_arrow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'execution %: % must not become %', OLD.id, OLD.state, NEW.state
        USING ERRCODE = 'AT001';
END $$;
CREATE TRIGGER execution_arrow AFTER UPDATE OF state ON execution
    FOR EACH ROW WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (
        'requested>scheduled', 'requested>cancelled', 'requested>abandoned',
        'scheduled>running', 'scheduled>requested', 'scheduled>succeeded', 'scheduled>failed',
        'scheduled>timed_out', 'scheduled>abandoned', 'scheduled>cancelling',
        'running>requested', 'running>succeeded', 'running>failed', 'running>timed_out',
        'running>abandoned', 'running>cancelling',
        'cancelling>cancelled', 'cancelling>succeeded', 'cancelling>failed',
        'cancelling>timed_out', 'cancelling>abandoned'))
    EXECUTE FUNCTION refuse_arrow();

CREATE TABLE execution_attempt (
    execution_id bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    attempt smallint NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('lost', 'released', 'retried', 'superseded')),
    claim_incarnation bigint,
    claim_token uuid,
    claimed_at timestamptz,
    ended_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON execution_attempt (execution_id);
COMMENT ON TABLE execution_attempt IS
    'Attempts that did not end their execution; the last one is in the execution itself.';

-- Keys of callers must hold longer than the day they came on.
CREATE TABLE accepted_key (
    sensor_id bigint NOT NULL,
    key text NOT NULL,
    subject_id bigint NOT NULL,
    scheduled_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sensor_id, key));
COMMENT ON TABLE accepted_key IS
    'Which event (or, under sensor 0, which execution asked for by hand) a key stands for.';

CREATE TABLE rule_counter (
    rule_id bigint PRIMARY KEY,
    matched bigint NOT NULL DEFAULT 0,
    unmatched bigint NOT NULL DEFAULT 0,
    errored bigint NOT NULL DEFAULT 0,
    last_reason text NOT NULL DEFAULT '',
    last_at timestamptz) WITH (fillfactor = 50);
COMMENT ON TABLE rule_counter IS 'What a rule made of its events, flushed about once a second.';

-- Makes the partitions of one UTC day, if they are missing. They are attached, not created in
-- place: attaching does not wait for those who read or write other days.
CREATE FUNCTION make_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    part text;
    made boolean := false;
    since timestamptz := day::timestamp AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(7022365766689554436);
    FOREACH parent IN ARRAY '{event,enforcement,execution}'::text[] LOOP
        part := parent || to_char(day, '_YYYYMMDD');
        CONTINUE WHEN to_regclass('attune.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE attune.%I (LIKE attune.%I INCLUDING DEFAULTS
                        INCLUDING CONSTRAINTS)', part, parent);
        IF parent = 'execution' THEN
            -- Room for the completed version of a row beside the one that was born.
            EXECUTE format('ALTER TABLE attune.%I SET (fillfactor = 50)', part);
        END IF;
        EXECUTE format('ALTER TABLE attune.%I ATTACH PARTITION attune.%I
                        FOR VALUES FROM (%L) TO (%L)', parent, part, since, since + '1 day'::interval);
        made := true;
    END LOOP;
    RETURN made;
END $$;

-- What the seed had recorded.
SELECT make_day(day) FROM (
    SELECT (created AT TIME ZONE 'UTC')::date AS day FROM seed_event UNION
    SELECT (created AT TIME ZONE 'UTC')::date FROM seed_enforcement UNION
    SELECT (created AT TIME ZONE 'UTC')::date FROM seed_execution) days;

INSERT INTO event (id, scheduled_at, sensor_id, trigger_id, generation, fired_at, recorded_at,
                   origin, dedupe_key, trigger_ref, sensor_ref, payload)
SELECT id, created, coalesce(source, 0), coalesce(trigger, 0), 1, created, created,
       'migration', 'seed:' || id, trigger_ref, coalesce(source_ref, ''), payload
FROM seed_event;

-- An enforcement is where its event is; one without an event stands for itself, and so does
-- the second of one rule to one event, which the seed did not refuse.
INSERT INTO enforcement (id, scheduled_at, event_id, rule_id, recorded_at, state, rule_ref,
                         reason)
SELECT f.id, coalesce(e.created, f.created), coalesce(e.id, -f.id),
       CASE WHEN row_number() OVER (PARTITION BY e.id, f.rule ORDER BY f.id) = 1
            THEN coalesce(f.rule, -f.id) ELSE -f.id END,
       f.created, CASE f.status WHEN 'disabled' THEN 'suppressed' ELSE 'processed' END,
       f.rule_ref, CASE f.status WHEN 'disabled' THEN 'disabled' END
FROM seed_enforcement f LEFT JOIN seed_event e ON e.id = f.event;

-- What had not ended is nobody's any more.
INSERT INTO execution (id, scheduled_at, enforcement_id, action_id, run_at, recorded_at,
                       finished_at, parent_id, state, action_ref, idempotency_key, params,
                       result)
SELECT x.id, coalesce(e.created, f.created, x.created),
       CASE WHEN row_number() OVER (PARTITION BY f.id ORDER BY x.id) = 1 THEN f.id END,
       coalesce(x.action, 0), x.created, x.created, x.updated, x.parent,
       CASE x.status
           WHEN 'completed' THEN 'succeeded' WHEN 'failed' THEN 'failed'
           WHEN 'cancelled' THEN 'cancelled' WHEN 'timeout' THEN 'timed_out'
           ELSE 'abandoned' END,
       x.action_ref, 'seed:' || x.id, coalesce(x.config, '{}'), x.result
FROM seed_execution x
LEFT JOIN seed_enforcement f ON f.id = x.enforcement
LEFT JOIN seed_event e ON e.id = f.event;

SELECT setval('ledger_id', 1 + greatest(
    (SELECT coalesce(max(id), 0) FROM event), (SELECT coalesce(max(id), 0) FROM enforcement),
    (SELECT coalesce(max(id), 0) FROM execution)), false);

-- Others' foreign keys to the old tables go with them; their rows stay.
DROP TABLE seed_execution, seed_enforcement, seed_event CASCADE;
