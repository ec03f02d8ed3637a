-- The shape everything started from: triggers that are single timers, sensors without config.
-- A database that has these tables already is adopted at this point of the chain.

CREATE SCHEMA IF NOT EXISTS attune;
SET LOCAL search_path = attune;

CREATE FUNCTION refresh_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated = now();
    RETURN NEW;
END $$;

CREATE TYPE runtime_type_enum AS ENUM ('action', 'sensor');
CREATE TYPE enforcement_status_enum AS ENUM ('created', 'processed', 'disabled');
CREATE TYPE enforcement_condition_enum AS ENUM ('any', 'all');
CREATE TYPE execution_status_enum AS ENUM (
    'requested', 'scheduling', 'scheduled', 'running', 'completed', 'failed', 'canceling',
    'cancelled', 'timeout', 'abandoned');

CREATE TABLE pack (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    label text NOT NULL,
    description text,
    version text NOT NULL,
    conf_schema jsonb NOT NULL DEFAULT '{}',
    config jsonb NOT NULL DEFAULT '{}',
    meta jsonb NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    runtime_deps text[] NOT NULL DEFAULT '{}',
    is_standard boolean NOT NULL DEFAULT false,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE runtime (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack bigint REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref text,
    description text,
    runtime_type runtime_type_enum NOT NULL,
    name text NOT NULL,
    distributions jsonb NOT NULL DEFAULT '{}',
    installation jsonb,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE trigger (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack bigint REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref text,
    label text NOT NULL,
    description text,
    enabled boolean NOT NULL DEFAULT true,
    param_schema jsonb,
    out_schema jsonb,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE sensor (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack bigint REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref text,
    label text NOT NULL,
    description text NOT NULL,
    entrypoint text NOT NULL,
    runtime bigint NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    runtime_ref text NOT NULL,
    trigger bigint NOT NULL REFERENCES trigger (id) ON DELETE CASCADE,
    trigger_ref text NOT NULL,
    enabled boolean NOT NULL,
    param_schema jsonb,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE action (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref text NOT NULL,
    label text NOT NULL,
    description text NOT NULL,
    entrypoint text NOT NULL,
    runtime bigint REFERENCES runtime (id),
    param_schema jsonb,
    out_schema jsonb,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE rule (
    id bigserial PRIMARY KEY,
    ref text NOT NULL UNIQUE CHECK (ref = lower(ref)),
    pack bigint NOT NULL REFERENCES pack (id) ON DELETE CASCADE,
    pack_ref text NOT NULL,
    label text NOT NULL,
    description text NOT NULL,
    action bigint NOT NULL REFERENCES action (id),
    action_ref text NOT NULL,
    trigger bigint NOT NULL REFERENCES trigger (id),
    trigger_ref text NOT NULL,
    conditions jsonb NOT NULL DEFAULT '[]',
    action_params jsonb DEFAULT '{}',
    trigger_params jsonb DEFAULT '{}',
    enabled boolean NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE event (
    id bigserial PRIMARY KEY,
    trigger bigint REFERENCES trigger (id) ON DELETE SET NULL,
    trigger_ref text NOT NULL,
    config jsonb,
    payload jsonb,
    source bigint REFERENCES sensor (id) ON DELETE SET NULL,
    source_ref text,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE enforcement (
    id bigserial PRIMARY KEY,
    rule bigint REFERENCES rule (id) ON DELETE SET NULL,
    rule_ref text NOT NULL,
    trigger_ref text NOT NULL,
    config jsonb,
    event bigint REFERENCES event (id) ON DELETE SET NULL,
    status enforcement_status_enum NOT NULL DEFAULT 'created',
    payload jsonb NOT NULL,
    condition enforcement_condition_enum NOT NULL DEFAULT 'all',
    conditions jsonb NOT NULL DEFAULT '[]',
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TABLE execution (
    id bigserial PRIMARY KEY,
    action bigint REFERENCES action (id),
    action_ref text NOT NULL,
    config jsonb,
    parent bigint REFERENCES execution (id),
    enforcement bigint REFERENCES enforcement (id),
    executor bigint,
    status execution_status_enum NOT NULL DEFAULT 'requested',
    result jsonb,
    created timestamptz NOT NULL DEFAULT now(),
    updated timestamptz NOT NULL DEFAULT now());

CREATE TRIGGER refresh_updated BEFORE UPDATE ON pack
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
CREATE TRIGGER refresh_updated BEFORE UPDATE ON runtime
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
CREATE TRIGGER refresh_updated BEFORE UPDATE ON trigger
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
CREATE TRIGGER refresh_updated BEFORE UPDATE ON sensor
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
CREATE TRIGGER refresh_updated BEFORE UPDATE ON action
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
CREATE TRIGGER refresh_updated BEFORE UPDATE ON rule
    FOR EACH ROW EXECUTE FUNCTION refresh_updated();
