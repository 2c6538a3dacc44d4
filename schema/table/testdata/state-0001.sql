-- The tables as version 1 left them. Never edited: it is what is out there.

CREATE TABLE IF NOT EXISTS event
(
    event_id UUID,
    occurred_at DateTime64(6, 'UTC'),
    received_at DateTime64(6, 'UTC'),
    path Enum8('' = 0, 'otlp' = 1, 'extension' = 2, 'api' = 3, 'gateway' = 4, 'vendor_report' = 5, 'import' = 6),
    evidence Enum8('' = 0, 'observed' = 1, 'vendor_reported' = 2, 'inferred' = 3),
    tool LowCardinality(String),
    tool_version LowCardinality(String),
    surface Enum8('' = 0, 'cli' = 1, 'ide' = 2, 'web' = 3, 'desktop' = 4, 'office' = 5, 'api' = 6),
    person String,
    person_kind Enum8('unknown' = 0, 'human' = 1, 'service' = 2),
    identity Enum8('' = 0, 'token' = 1, 'account' = 2, 'attribute' = 3, 'claimed' = 4),
    device String,
    session String,
    action Enum8('' = 0, 'prompt' = 1, 'session' = 2, 'suggestion' = 3, 'edit' = 4, 'tool_use' = 5, 'request' = 6, 'commit' = 7, 'pull_request' = 8, 'heartbeat' = 9),
    initiator Enum8('' = 0, 'user' = 1, 'agent' = 2, 'schedule' = 3),
    decision Enum8('' = 0, 'accepted' = 1, 'rejected' = 2, 'automatic' = 3),
    model LowCardinality(String),
    tokens_input_uncached UInt64,
    tokens_cache_read UInt64,
    tokens_cache_write UInt64,
    tokens_output UInt64,
    tokens_reasoning UInt64,
    cost_micro_usd UInt64,
    lines_added UInt32,
    lines_removed UInt32,
    duration_ms UInt64,
    success Nullable(Bool),
    precedence UInt64 MATERIALIZED 9223372036854775807 - toUnixTimestamp64Micro(received_at)
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toDate(occurred_at), event_id)
TTL toDateTime(received_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS reading
(
    stream UUID,
    started_at DateTime64(9, 'UTC'),
    read_at DateTime64(9, 'UTC'),
    received_at DateTime64(6, 'UTC'),
    tool LowCardinality(String),
    tool_version LowCardinality(String),
    surface Enum8('' = 0, 'cli' = 1, 'ide' = 2, 'web' = 3, 'desktop' = 4, 'office' = 5, 'api' = 6),
    person String,
    person_kind Enum8('unknown' = 0, 'human' = 1, 'service' = 2),
    identity Enum8('' = 0, 'token' = 1, 'account' = 2, 'attribute' = 3, 'claimed' = 4),
    device String,
    session String,
    initiator Enum8('' = 0, 'user' = 1, 'agent' = 2, 'schedule' = 3),
    model LowCardinality(String),
    measure LowCardinality(String),
    value Float64,
    temporality Enum8('' = 0, 'delta' = 1, 'cumulative' = 2),
    precedence UInt64 MATERIALIZED 9223372036854775807 - toUnixTimestamp64Micro(received_at)
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(read_at)
ORDER BY (stream, started_at, read_at)
TTL toDateTime(received_at) + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS heard
(
    day Date,
    person String,
    device String,
    tool LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, person, device, tool)
TTL day + INTERVAL 15 MONTH;

CREATE TABLE IF NOT EXISTS dead_letter
(
    received_at DateTime64(6, 'UTC'),
    path Enum8('' = 0, 'otlp' = 1, 'extension' = 2, 'api' = 3, 'gateway' = 4, 'vendor_report' = 5, 'import' = 6),
    tool LowCardinality(String),
    code LowCardinality(String),
    field LowCardinality(String),
    message String,
    event_id UUID,
    stage Enum8('' = 0, 'collector' = 1, 'ingest' = 2),
    topic LowCardinality(String),
    partition Int32,
    offset Int64,
    letter_id UUID
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (received_at, letter_id)
TTL toDateTime(received_at) + INTERVAL 90 DAY;

CREATE TABLE IF NOT EXISTS touched_hour
(
    hour DateTime('UTC'),
    rows UInt64
)
ENGINE = SummingMergeTree
ORDER BY hour;

CREATE TABLE IF NOT EXISTS closed_day
(
    day Date,
    closed_at DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY day;

CREATE TABLE schema_version
(
    version UInt32,
    name String,
    applied_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY version;

-- What was in them.
INSERT INTO event (event_id, occurred_at, received_at, tool, person, action) VALUES ('11111111-2222-3333-4444-555555555555', now64(6), now64(6), 'codex', '00112233445566778899aabbccddeeff', 'prompt');
INSERT INTO schema_version VALUES (1, 'event', '2026-11-25 12:00:00');
