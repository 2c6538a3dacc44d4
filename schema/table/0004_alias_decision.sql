-- What IT decided on aliases that `uptake roster suggest` proposed, for ever: the newest row of an alias
-- stands. Every import of people puts the accepted ones in force beside those of its file.
CREATE TABLE IF NOT EXISTS alias_decision
(
    decided_at DateTime64(6, 'UTC'),
    alias String,
    person String,
    accepted Bool
)
ENGINE = MergeTree
ORDER BY (alias, decided_at);

-- Whether the alias is in force by such a decision, and not by the file.
ALTER TABLE alias_version ADD COLUMN IF NOT EXISTS accepted Bool;
