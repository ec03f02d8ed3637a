-- Sensors become configured instances of a trigger.

SET LOCAL search_path = attune;

ALTER TABLE sensor ADD COLUMN IF NOT EXISTS config jsonb;
CREATE INDEX IF NOT EXISTS idx_sensor_config ON sensor USING gin (config);
