-- What adoption computes. Days are local days of the person unless said otherwise.

-- What was imported, each import under its own id beside the ones before it. The views below
-- show what is in force: one row in roster_import switches all of an import at once.

-- People: one row per person and period, the last day inclusive; an open end is 2299-12-31.
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

-- Pseudonyms of a person's further identifiers; each has one owner.
CREATE TABLE IF NOT EXISTS alias_version
(
    import UUID,
    alias String,
    person String
)
ENGINE = MergeTree
PARTITION BY import
ORDER BY alias;

-- Entitlements. person '*' is everybody on the roster.
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

-- One row per import that changed something; it puts the import's rows in force. fingerprint
-- differs between any two rows, counts are of what is in force with the row. The three others
-- are hashes of the contents, empty where the import left that part as it was.
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

-- The roster in force: person, period and attributes, without overlaps.
CREATE VIEW IF NOT EXISTS roster AS
SELECT person, valid_from, valid_to, status, employment, role, seniority, team, department, region, timezone
FROM roster_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != '');

CREATE VIEW IF NOT EXISTS alias AS
SELECT alias, person
FROM alias_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE people_fingerprint != '');

-- Without any row no seats are known, and everybody is entitled to every tool.
CREATE VIEW IF NOT EXISTS seat AS
SELECT person, tool, valid_from, valid_to, monthly_price_usd
FROM seat_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE seats_fingerprint != '');

CREATE VIEW IF NOT EXISTS training AS
SELECT person, course, completed_on
FROM training_version
WHERE import = (SELECT argMax(import, (imported_at, import)) FROM roster_import WHERE training_fingerprint != '');

-- The roster as of each day from 1970 up to today.
CREATE VIEW IF NOT EXISTS roster_day AS
SELECT
    person,
    toDate(arrayJoin(range(toUInt32(greatest(toInt32(valid_from), 0)), toUInt32(greatest(toInt32(least(valid_to, toDate32(now('UTC')))) + 1, 0))))) AS day,
    status, employment, role, seniority, team, department, region, timezone
FROM roster
WHERE valid_from <= toDate32(now('UTC'));

-- The atom of every figure. A day is replaced whole, so each row is there once.
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

-- Acts by UTC day and tool. person is the resolved person, empty where the event names
-- nobody and its device has no owner. local_day is the person's day on the roster,
-- 1970-01-01 where the act lies on none: then it is nobody's on the roster. person_day
-- cannot tell, because it has the UTC day there.
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

-- What touched_hour held when the local days of an hour were last rebuilt.
CREATE TABLE IF NOT EXISTS rebuilt_hour
(
    hour DateTime('UTC'),
    rows UInt64,
    rebuilt_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(rebuilt_at)
ORDER BY hour;

-- The import whose aliases, periods and time zones the person-days were last rebuilt with: the newest row.
CREATE TABLE IF NOT EXISTS rebuilt_import
(
    import UUID,
    rebuilt_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY rebuilt_at;

-- Who was placed where in a period, as its published figures have it: one row per person on the
-- roster, with the rows by tool (any, category:…, tool) for which the person is eligible.
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

-- Weeks in which days were rebuilt, or that look back at such days.
CREATE TABLE IF NOT EXISTS touched_week
(
    period Date,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY period;

-- From what a week was last calculated: its newest row. A week is stale while it was touched later.
CREATE TABLE IF NOT EXISTS calculated_week
(
    period Date,
    calculated_at DateTime64(6, 'UTC'),
    touched_at DateTime64(6, 'UTC'),
    -- Hashes of what else its figures hang on, and of what its population was made from.
    basis String,
    placed String,
    -- Since when a small change of groups is held back, 1970 where none is.
    held_since DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(calculated_at)
ORDER BY period;

-- For which import, and for how many marks of the last 60 days in heard, weeks were last marked as
-- touched: the newest row.
CREATE TABLE IF NOT EXISTS observed
(
    import UUID,
    heard UInt64,
    observed_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY observed_at;

-- Who calculates and publishes: of the claims that have not run out, the oldest holds.
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

-- Published figures: the newest version of each period, replaced whole; what dashboards may read.
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
    -- Number of people, or its class such as 5-9.
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

-- Every final and corrected version ever published, for audit; not for dashboards.
CREATE TABLE IF NOT EXISTS figure_history AS figure
ENGINE = MergeTree
PARTITION BY toYYYYMM(period)
ORDER BY (grain, period, metric, tool, toString(dimensions));

-- One row per publication of a period.
CREATE TABLE IF NOT EXISTS publication
(
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
    period Date,
    published_at DateTime64(6, 'UTC'),
    state Enum8('provisional' = 1, 'final' = 2, 'corrected' = 3, 'unknown' = 4),
    watermark DateTime64(6, 'UTC'),
    -- Hash of all that was published, to tell a repetition from a correction.
    fingerprint String,
    minimum_group UInt32
)
ENGINE = MergeTree
ORDER BY (grain, period, published_at);
