-- Which signal told a fact, so that a day counts each fact from the best one heard, and how well
-- a reading knows it; and the way each row came, for whoever follows one event.

ALTER TABLE event ADD COLUMN IF NOT EXISTS signal Enum8('' = 0, 'logs' = 1, 'spans' = 2, 'metrics' = 3) AFTER evidence,
    ADD COLUMN IF NOT EXISTS collector LowCardinality(String),
    ADD COLUMN IF NOT EXISTS published_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS partition Int32,
    ADD COLUMN IF NOT EXISTS offset Int64,
    ADD COLUMN IF NOT EXISTS inserted_at DateTime64(3, 'UTC');

-- Of several records of telemetry that tell of one use, the one that says what the person decided
-- stands, in whatever order they come; of all others the one received first.
ALTER TABLE event MODIFY COLUMN precedence UInt64 MATERIALIZED
    bitOr(9223372036854775807 - toUnixTimestamp64Micro(received_at), if(path = 'otlp' AND decision IN ('accepted', 'rejected'), 9223372036854775808, 0));

ALTER TABLE reading ADD COLUMN IF NOT EXISTS evidence Enum8('' = 0, 'observed' = 1, 'vendor_reported' = 2, 'inferred' = 3),
    ADD COLUMN IF NOT EXISTS decision Enum8('' = 0, 'accepted' = 1, 'rejected' = 2, 'automatic' = 3),
    ADD COLUMN IF NOT EXISTS collector LowCardinality(String),
    ADD COLUMN IF NOT EXISTS published_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS partition Int32,
    ADD COLUMN IF NOT EXISTS offset Int64,
    ADD COLUMN IF NOT EXISTS inserted_at DateTime64(3, 'UTC');
