-- The month whose calls are paid for: counters of monthly limits are begun anew for each.
ALTER TABLE grant ADD COLUMN allowance_at INTEGER;
-- How long the generation before lives on once this one is shown; NULL where it does not.
ALTER TABLE grant ADD COLUMN overlap_seconds INTEGER CHECK (overlap_seconds > 0);
-- Until when the generation before lives, once that is certain.
ALTER TABLE grant ADD COLUMN previous_until_at INTEGER;

-- 0 takes a key down, 1 brings a first key, 2 is everything else.
ALTER TABLE grant ADD COLUMN priority INTEGER NOT NULL DEFAULT 2 CHECK (priority IN (0, 1, 2));
UPDATE grant SET priority = CASE
    WHEN access = 'ended' OR is_unproved = 1 THEN 0
    WHEN is_urgent = 1 THEN 1
    ELSE 2
END;
DROP INDEX grant_due;
ALTER TABLE grant DROP COLUMN is_urgent;
CREATE INDEX grant_due ON grant (priority, next_attempt_at) WHERE next_attempt_at IS NOT NULL;

DROP INDEX grant_lookup;
CREATE INDEX grant_lookup ON grant (
    subscription_id, access, plan_id, plan_version, generation, shown_generation, overlap_seconds,
    previous_until_at
);
