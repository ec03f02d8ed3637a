-- Where every object of the catalog came from, and every change it ever had.

SET LOCAL search_path = attune;

-- Moments travel as microseconds since 1970, exact in both directions.
CREATE FUNCTION instant(micros bigint) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN timestamptz 'epoch' + micros * interval '1 microsecond';
CREATE FUNCTION micros(moment timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM moment) * 1000000)::bigint;

CREATE TABLE source (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    spec jsonb NOT NULL DEFAULT '{}',
    last_tree text NOT NULL DEFAULT '',
    last_revision bigint,
    created_at timestamptz NOT NULL);
COMMENT ON TABLE source IS 'A tree of manifests; last_tree is the digest last applied.';

CREATE TABLE config_revision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint REFERENCES source (id),
    tree text NOT NULL,
    commit text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('applied', 'partial', 'unchanged', 'refused')),
    objects int NOT NULL,
    frozen int NOT NULL,
    changes jsonb NOT NULL DEFAULT '{}',
    diagnostics jsonb NOT NULL DEFAULT '[]',
    generation bigint);
CREATE INDEX ON config_revision (source_id, id);
COMMENT ON TABLE config_revision IS
    'One row for every attempt to make the database say what a tree says.';

CREATE TABLE config_change (
    generation bigint NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    revision_id bigint REFERENCES config_revision (id),
    change text NOT NULL CHECK (change IN
        ('create', 'update', 'relabel', 'move', 'restore', 'adopt', 'retire')),
    path text NOT NULL DEFAULT '',
    line int NOT NULL DEFAULT 0,
    document jsonb,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (kind, ref, generation));
CREATE INDEX ON config_change (generation);
COMMENT ON TABLE config_change IS
    'What each object said from a generation on: how an event leads to the line that ran.';

CREATE TABLE config_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    generation bigint NOT NULL);
INSERT INTO config_state (generation) VALUES (1);
COMMENT ON TABLE config_state IS
    'The generation: the number of the last change, written last under the exclusive lock.';

CREATE TABLE source_file (
    source_id bigint NOT NULL REFERENCES source (id),
    path text NOT NULL,
    digest text NOT NULL,
    valid boolean NOT NULL,
    diagnostics jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (source_id, path));

-- The seed's columns that name no meaning here; entry points stay readable as annotations.
ALTER TABLE pack
    DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS conf_schema, DROP COLUMN IF EXISTS meta, DROP COLUMN IF EXISTS tags,
    DROP COLUMN IF EXISTS runtime_deps, DROP COLUMN IF EXISTS is_standard;

DO $$
DECLARE
    name text;
    old_trigger text;
BEGIN
    FOREACH name IN ARRAY '{pack,trigger,action,sensor,rule}'::text[] LOOP
        -- Whatever the seed's versions called the triggers that kept `updated`, or notified.
        FOR old_trigger IN SELECT tgname FROM pg_trigger
                           WHERE tgrelid = ('attune.' || name)::regclass AND NOT tgisinternal LOOP
            EXECUTE format('DROP TRIGGER %I ON %I', old_trigger, name);
        END LOOP;
        EXECUTE format('ALTER TABLE %I RENAME COLUMN created TO created_at', name);
        EXECUTE format('ALTER TABLE %I RENAME COLUMN updated TO updated_at', name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN description DROP NOT NULL', name);
        EXECUTE format('UPDATE %I SET description = '''' WHERE description IS NULL', name);
        EXECUTE format(
            'ALTER TABLE %I
                ALTER COLUMN description SET DEFAULT '''',
                ALTER COLUMN description SET NOT NULL,
                ADD COLUMN labels jsonb NOT NULL DEFAULT ''{}'',
                ADD COLUMN annotations jsonb NOT NULL DEFAULT ''{}'',
                ADD COLUMN document jsonb,
                ADD COLUMN source_id bigint REFERENCES source (id),
                ADD COLUMN source_path text NOT NULL DEFAULT '''',
                ADD COLUMN source_line int NOT NULL DEFAULT 0,
                ADD COLUMN origin text NOT NULL DEFAULT ''migration''
                    CHECK (origin IN (''manifest'', ''core'', ''migration'')),
                ADD COLUMN spec_digest text NOT NULL DEFAULT '''',
                ADD COLUMN meta_digest text NOT NULL DEFAULT '''',
                ADD COLUMN generation bigint NOT NULL DEFAULT 1,
                ADD COLUMN retired_at timestamptz,
                ADD CHECK ((origin = ''manifest'') = (source_id IS NOT NULL))', name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN origin DROP DEFAULT,
                                       ALTER COLUMN generation DROP DEFAULT', name);
        EXECUTE format('CREATE INDEX %I ON %I (generation)', name || '_generation', name);
    END LOOP;

    -- An operator's decision, beside the file's intent and stronger than it.
    FOREACH name IN ARRAY '{sensor,rule}'::text[] LOOP
        EXECUTE format(
            'ALTER TABLE %I
                ADD COLUMN enabled_override boolean,
                ADD COLUMN override_by text,
                ADD COLUMN override_reason text,
                ADD COLUMN override_until timestamptz', name);
    END LOOP;
END $$;

ALTER TABLE trigger ADD COLUMN option_schema jsonb;

UPDATE action SET annotations = jsonb_build_object('seed/entrypoint', entrypoint);
ALTER TABLE action DROP COLUMN IF EXISTS entrypoint, DROP COLUMN IF EXISTS runtime;
ALTER TABLE action ADD COLUMN runner text NOT NULL DEFAULT 'builtin';

UPDATE sensor SET annotations = jsonb_build_object('seed/entrypoint', entrypoint)
WHERE runtime_ref <> 'core.sensor.builtin';
ALTER TABLE sensor DROP COLUMN IF EXISTS entrypoint, DROP COLUMN IF EXISTS runtime, DROP COLUMN IF EXISTS param_schema;

ALTER TABLE rule DROP COLUMN IF EXISTS trigger_params;
ALTER TABLE rule ALTER COLUMN conditions DROP NOT NULL, ALTER COLUMN conditions DROP DEFAULT;
ALTER TABLE rule ADD COLUMN IF NOT EXISTS action_params jsonb DEFAULT '{}';
UPDATE rule SET action_params = '{}' WHERE action_params IS NULL;
ALTER TABLE rule ALTER COLUMN action_params SET NOT NULL;

CREATE FUNCTION given(key text, value jsonb) RETURNS jsonb LANGUAGE sql AS
$$ SELECT CASE WHEN value IS NULL THEN '{}' ELSE jsonb_build_object(key, value) END $$;

-- What a converted row would say as a manifest. Actions of others than core say nothing that
-- can be run here; they stay without a document until a manifest of their ref adopts them.
UPDATE pack SET document = jsonb_build_object(
    'apiVersion', 'attune/v1', 'kind', 'Pack',
    'metadata', jsonb_build_object('ref', ref, 'label', label, 'description', description),
    'spec', jsonb_build_object('config', config));
UPDATE trigger SET document = jsonb_build_object(
    'apiVersion', 'attune/v1', 'kind', 'Trigger',
    'metadata', jsonb_build_object('ref', ref, 'label', label, 'description', description),
    'spec', given('param_schema', param_schema) || given('out_schema', out_schema));
UPDATE action SET document = jsonb_build_object(
    'apiVersion', 'attune/v1', 'kind', 'Action',
    'metadata', jsonb_build_object('ref', ref, 'label', label, 'description', description),
    'spec', jsonb_build_object('runner', 'builtin')
        || given('param_schema', param_schema) || given('out_schema', out_schema))
WHERE ref IN ('core.echo', 'core.noop', 'core.sleep');
UPDATE sensor SET document = jsonb_build_object(
    'apiVersion', 'attune/v1', 'kind', 'Sensor',
    'metadata', jsonb_build_object('ref', ref, 'label', label, 'description', description),
    'spec', jsonb_build_object(
        'trigger', trigger_ref, 'runtime', runtime_ref, 'enabled', enabled,
        'config', coalesce(config, '{}')));
UPDATE rule SET document = jsonb_build_object(
    'apiVersion', 'attune/v1', 'kind', 'Rule',
    'metadata', jsonb_build_object('ref', ref, 'label', label, 'description', description),
    'spec', jsonb_build_object(
            'trigger', trigger_ref,
            'action', jsonb_build_object('ref', action_ref, 'params', action_params),
            'enabled', enabled)
        || given('sensors', to_jsonb(sensors)) || given('conditions', nullif(conditions, '[]')));
DROP FUNCTION given;

INSERT INTO config_change (generation, kind, ref, change, document, changed_at)
SELECT 1, 'Pack', ref, 'create', document, created_at FROM pack UNION ALL
SELECT 1, 'Trigger', ref, 'create', document, created_at FROM trigger UNION ALL
SELECT 1, 'Action', ref, 'create', document, created_at FROM action UNION ALL
SELECT 1, 'Sensor', ref, 'create', document, created_at FROM sensor UNION ALL
SELECT 1, 'Rule', ref, 'create', document, created_at FROM rule;
