-- People over time, all metrics, and the rights of those who are measured.

-- Prompts beside the acts, so that act_day alone says who did what on which day of the roster.
-- The days that are not closed are rebuilt once, to fill the column.
ALTER TABLE act_day ADD COLUMN IF NOT EXISTS prompts UInt32;

TRUNCATE TABLE IF EXISTS rebuilt_hour;

-- Days of a person are kept for the twelve weeks of the tiers and a year's comparison.
ALTER TABLE person_day MODIFY TTL day + INTERVAL 15 MONTH;

ALTER TABLE act_day MODIFY TTL day + INTERVAL 15 MONTH;

ALTER TABLE population MODIFY TTL period + INTERVAL 15 MONTH;

-- What is to be calculated again, and from what it was calculated last: days, and weeks with the
-- 28 days that end with them. They take the place of touched_week and calculated_week, whose
-- weeks are simply calculated once more.
CREATE TABLE IF NOT EXISTS touched_period
(
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
    period Date,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY (grain, period);

-- The newest row of a period counts. It is stale while it was touched later.
CREATE TABLE IF NOT EXISTS calculated_period
(
    grain Enum8('day' = 1, 'week' = 2, '28d' = 3),
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
ORDER BY (grain, period);

DROP TABLE IF EXISTS touched_week;

DROP TABLE IF EXISTS calculated_week;

-- Where pseudonyms began anew: what was published of weeks before the day stands as it is, and
-- history begins with the day. The newest row counts.
CREATE TABLE IF NOT EXISTS identity_epoch
(
    since Date,
    begun_at DateTime64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY begun_at;

-- Every state of a user or group that an identity provider sent over SCIM, the newest row of an id
-- counts. person is the pseudonym of the user name. What would identify anybody is in sealed alone,
-- encrypted with a key made from the identity key, which no table holds.
CREATE TABLE IF NOT EXISTS scim_resource
(
    changed_at DateTime64(6, 'UTC'),
    kind Enum8('user' = 1, 'group' = 2),
    id UUID,
    person String,
    deleted Bool,
    sealed String
)
ENGINE = MergeTree
ORDER BY (kind, id, changed_at);

-- An import of people is joined of the people file and of what the identity provider sent. csv and
-- scim are the ids under which the rows of each lie as they came, zeros where there are none; with
-- them goes a hash of each. In the rows of scim one that ends before it begins says since when the
-- provider answers for a person. added, altered and removed count persons, against the import before.
ALTER TABLE roster_import ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS csv UUID,
    ADD COLUMN IF NOT EXISTS scim UUID,
    ADD COLUMN IF NOT EXISTS csv_fingerprint String,
    ADD COLUMN IF NOT EXISTS scim_fingerprint String,
    ADD COLUMN IF NOT EXISTS added UInt64,
    ADD COLUMN IF NOT EXISTS altered UInt64,
    ADD COLUMN IF NOT EXISTS removed UInt64;

-- Who read or changed what is held about persons, and why: a row per command, request or query.
CREATE TABLE IF NOT EXISTS audit
(
    at DateTime64(6, 'UTC'),
    -- Who: the account of the operating system, the name of a token, or the person's own link.
    actor LowCardinality(String),
    -- How: command, web, scim or sql.
    via LowCardinality(String),
    action LowCardinality(String),
    -- About whom, empty where it is about many.
    person String,
    tables Array(LowCardinality(String)),
    rows UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY at
TTL toDateTime(at) + INTERVAL 24 MONTH;

-- Persons who were erased, by a hash of each of their pseudonyms: what was received before that
-- moment is not stored again, though the topic be replayed.
CREATE TABLE IF NOT EXISTS erased
(
    hash String,
    receipt UUID,
    erased_at DateTime64(6, 'UTC'),
    -- Whether an import took the person in again since, by an explicit wish.
    back Bool
)
ENGINE = ReplacingMergeTree(erased_at)
ORDER BY hash;

-- What an erasure took out of which table, without a word on whom.
CREATE TABLE IF NOT EXISTS erase_receipt
(
    receipt UUID,
    erased_at DateTime64(6, 'UTC'),
    tables Array(LowCardinality(String)),
    rows Array(UInt64)
)
ENGINE = ReplacingMergeTree(erased_at)
ORDER BY receipt;

-- Links with which a person sees their own record once, and the short sessions that they open, by a
-- hash of the secret.
CREATE TABLE IF NOT EXISTS ledger_link
(
    hash String,
    kind Enum8('link' = 1, 'session' = 2),
    person String,
    created_at DateTime64(6, 'UTC'),
    expires_at DateTime64(6, 'UTC'),
    used_at DateTime64(6, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY hash
TTL toDateTime(expires_at) + INTERVAL 1 DAY;
