-- The tables as version 4 left them. Never edited: it is what is out there.

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
    precedence UInt64 MATERIALIZED bitOr(9223372036854775807 - toUnixTimestamp64Micro(received_at), if(path = 'otlp' AND decision IN ('accepted', 'rejected'), 9223372036854775808, 0))
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

CREATE TABLE IF NOT EXISTS roster_version
(
    import UUID,
    person String,
    valid_from Date32,
    valid_to Date32,
    status Enum8('active' = 1, 'leave' = 2),
    employment Enum8('employee' = 1, 'contractor' = 2),
    role LowCardinality(String),
    seniority LowCardinality(String),
    team LowCardinality(String),
    department LowCardinality(String),
    region LowCardinality(String),
    timezone LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY import
ORDER BY (person, valid_from);

CREATE TABLE IF NOT EXISTS alias_version
(
    import UUID,
    alias String,
    person String
)
ENGINE = MergeTree
PARTITION BY import
ORDER BY alias;

CREATE TABLE IF NOT EXISTS seat_version
(
    import UUID,
    person String,
    tool LowCardinality(String),
    valid_from Date32,
    valid_to Date32,
    monthly_price_usd Float64
)
ENGINE = MergeTree
PARTITION BY import
ORDER BY (person, tool, valid_from);

CREATE TABLE IF NOT EXISTS training_version
(
    import UUID,
    person String,
    course LowCardinality(String),
    completed_on Date32
)
ENGINE = MergeTree
PARTITION BY import
ORDER BY (person, course, completed_on);

CREATE TABLE IF NOT EXISTS roster_import
(
    imported_at DateTime64(6, 'UTC'),
    import UUID,
    fingerprint String,
    people_fingerprint String,
    seats_fingerprint String,
    training_fingerprint String,
    people UInt64,
    periods UInt64,
    aliases UInt64,
    seats UInt64,
    trainings UInt64
)
ENGINE = MergeTree
ORDER BY imported_at;

CREATE VIEW IF NOT EXISTS roster AS
SELECT person, valid_from, valid_to, status, employment, role, seniority, team, department, region, timezone
FROM roster_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != '');

CREATE VIEW IF NOT EXISTS alias AS
SELECT alias, person
FROM alias_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != '');

CREATE VIEW IF NOT EXISTS seat AS
SELECT person, tool, valid_from, valid_to, monthly_price_usd
FROM seat_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE seats_fingerprint != '');

CREATE VIEW IF NOT EXISTS training AS
SELECT person, course, completed_on
FROM training_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE training_fingerprint != '');

CREATE VIEW IF NOT EXISTS roster_day AS
SELECT
    person,
    toDate(arrayJoin(range(toUInt32(greatest(toInt32(valid_from), 0)), toUInt32(greatest(toInt32(least(valid_to, toDate32(now('UTC')))) + 1, 0))))) AS day,
    status, employment, role, seniority, team, department, region, timezone
FROM roster
WHERE valid_from <= toDate32(now('UTC'));

CREATE TABLE IF NOT EXISTS person_day
(
    person String,
    day Date,
    tool LowCardinality(String),
    acts UInt32,
    passive UInt32,
    agent UInt32,
    prompts UInt32,
    sessions UInt32,
    requests UInt32,
    tool_uses UInt32,
    tokens_input_uncached UInt64,
    tokens_cache_read UInt64,
    tokens_cache_write UInt64,
    tokens_output UInt64,
    tokens_reasoning UInt64,
    cost_micro_usd UInt64,
    lines_added UInt32,
    lines_removed UInt32,
    commits UInt32
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY (person, tool);

CREATE TABLE IF NOT EXISTS act_day
(
    day Date,
    tool LowCardinality(String),
    person String,
    local_day Date,
    acts UInt32
)
ENGINE = MergeTree
PARTITION BY day
ORDER BY (tool, person);

CREATE TABLE IF NOT EXISTS rebuilt_hour
(
    hour DateTime('UTC'),
    rows UInt64,
    rebuilt_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(rebuilt_at)
ORDER BY hour;

CREATE TABLE IF NOT EXISTS rebuilt_import
(
    import UUID,
    rebuilt_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY rebuilt_at;

CREATE TABLE IF NOT EXISTS population
(
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
    period Date,
    person String,
    region LowCardinality(String),
    department LowCardinality(String),
    team LowCardinality(String),
    role LowCardinality(String),
    seniority LowCardinality(String),
    employment LowCardinality(String),
    working_days UInt8,
    eligible Array(LowCardinality(String))
)
ENGINE = MergeTree
PARTITION BY (grain, period)
ORDER BY person;

CREATE TABLE IF NOT EXISTS touched_week
(
    period Date,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY period;

CREATE TABLE IF NOT EXISTS calculated_week
(
    period Date,
    calculated_at DateTime64(6, 'UTC'),
    touched_at DateTime64(6, 'UTC'),
    basis String,
    placed String,
    held_since DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(calculated_at)
ORDER BY period;

CREATE TABLE IF NOT EXISTS observed
(
    import UUID,
    heard UInt64,
    observed_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY observed_at;

CREATE TABLE IF NOT EXISTS observe_claim
(
    owner UUID,
    since DateTime64(6, 'UTC'),
    renewed_at DateTime64(6, 'UTC'),
    until DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(renewed_at)
ORDER BY owner
TTL toDateTime(until) + INTERVAL 1 DAY;

CREATE TABLE IF NOT EXISTS figure
(
    metric LowCardinality(String),
    definition LowCardinality(String),
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
    period Date,
    dimensions Map(LowCardinality(String), String),
    tool LowCardinality(String),
    value Nullable(Float64),
    low Nullable(Float64),
    high Nullable(Float64),
    numerator Nullable(Float64),
    denominator Nullable(Float64),
    `group` Nullable(String),
    band LowCardinality(String),
    coverage Nullable(Float64),
    state Enum8('provisional' = 1, 'final' = 2, 'corrected' = 3, 'unknown' = 4),
    watermark DateTime64(6, 'UTC'),
    suppressed Bool
)
ENGINE = MergeTree
PARTITION BY (grain, period)
ORDER BY (metric, tool, toString(dimensions));

CREATE TABLE IF NOT EXISTS figure_history AS figure
ENGINE = MergeTree
PARTITION BY toYYYYMM(period)
ORDER BY (grain, period, metric, tool, toString(dimensions));

CREATE TABLE IF NOT EXISTS publication
(
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
    period Date,
    published_at DateTime64(6, 'UTC'),
    state Enum8('provisional' = 1, 'final' = 2, 'corrected' = 3, 'unknown' = 4),
    watermark DateTime64(6, 'UTC'),
    fingerprint String,
    minimum_group UInt32
)
ENGINE = MergeTree
ORDER BY (grain, period, published_at);

ALTER TABLE event ADD COLUMN IF NOT EXISTS signal Enum8('' = 0, 'logs' = 1, 'spans' = 2, 'metrics' = 3) AFTER evidence,
    ADD COLUMN IF NOT EXISTS collector LowCardinality(String),
    ADD COLUMN IF NOT EXISTS published_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS partition Int32,
    ADD COLUMN IF NOT EXISTS offset Int64,
    ADD COLUMN IF NOT EXISTS inserted_at DateTime64(3, 'UTC');

ALTER TABLE reading ADD COLUMN IF NOT EXISTS evidence Enum8('' = 0, 'observed' = 1, 'vendor_reported' = 2, 'inferred' = 3),
    ADD COLUMN IF NOT EXISTS decision Enum8('' = 0, 'accepted' = 1, 'rejected' = 2, 'automatic' = 3),
    ADD COLUMN IF NOT EXISTS collector LowCardinality(String),
    ADD COLUMN IF NOT EXISTS published_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS partition Int32,
    ADD COLUMN IF NOT EXISTS offset Int64,
    ADD COLUMN IF NOT EXISTS inserted_at DateTime64(3, 'UTC');

CREATE TABLE IF NOT EXISTS alias_decision
(
    decided_at DateTime64(6, 'UTC'),
    alias String,
    person String,
    accepted Bool
)
ENGINE = MergeTree
ORDER BY (alias, decided_at);

ALTER TABLE alias_version ADD COLUMN IF NOT EXISTS accepted Bool;

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
INSERT INTO schema_version VALUES (2, 'adoption', '2026-11-25 12:00:00');
INSERT INTO schema_version VALUES (3, 'signal', '2026-11-25 12:00:00');
INSERT INTO schema_version VALUES (4, 'alias_decision', '2026-11-25 12:00:00');
