-- What the whole life of a subscription needs besides its sign-up.

ALTER TABLE customer ADD COLUMN deleted_at INTEGER;

-- What a pause of collection means is its behavior; a row of before says nothing of it.
ALTER TABLE subscription DROP COLUMN is_collection_paused;
ALTER TABLE subscription ADD COLUMN collection_pause TEXT
CHECK (collection_pause IN ('keep_as_draft', 'mark_uncollectible', 'void'));
ALTER TABLE subscription ADD COLUMN collection_resumes_at INTEGER;
ALTER TABLE subscription ADD COLUMN quantity INTEGER;
ALTER TABLE subscription ADD COLUMN period_start_at INTEGER;
ALTER TABLE subscription ADD COLUMN is_period_covered INTEGER NOT NULL DEFAULT 0
CHECK (is_period_covered IN (0, 1));
ALTER TABLE subscription ADD COLUMN days_until_due INTEGER NOT NULL DEFAULT 0;
-- JSON: the ends of the last paid periods by price; reversals of money.
ALTER TABLE subscription ADD COLUMN paid_periods TEXT NOT NULL DEFAULT '{}';
ALTER TABLE subscription ADD COLUMN reversals TEXT NOT NULL DEFAULT '[]';
ALTER TABLE subscription ADD COLUMN paid_at INTEGER;
ALTER TABLE subscription ADD COLUMN settled_at INTEGER;
ALTER TABLE subscription ADD COLUMN fetched_at INTEGER;

CREATE TABLE reconciliation (
    provider TEXT NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    -- The provider's id of the last subscription that was compared.
    cursor TEXT,
    compared INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
