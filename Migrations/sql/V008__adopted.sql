-- An app that was there before and was taken over: its key is in no row, but it can be found by
-- what is left of it here, and look-ups tell of it.
ALTER TABLE grant ADD COLUMN adopted_key_digest BLOB CHECK (length(adopted_key_digest) = 32);
ALTER TABLE grant ADD COLUMN adopted_last_four TEXT CHECK (length(adopted_last_four) <= 4);
CREATE INDEX grant_adopted_digest ON grant (adopted_key_digest)
WHERE adopted_key_digest IS NOT NULL;
CREATE INDEX grant_adopted_last_four ON grant (adopted_last_four)
WHERE adopted_last_four IS NOT NULL;

-- As before, and: generation 0 is the key of an app that was taken over, of which only the last
-- four characters are known.
DROP VIEW showing;
CREATE VIEW showing AS
SELECT
    due.subscription_id, due.access, due.plan_id, due.plan_version, due.generation,
    due.shown_generation, key.salt, key.master_key_id, key.digest,
    CASE WHEN due.generation = 0 THEN due.adopted_last_four ELSE key.last_four END AS last_four,
    key.created_at, key.shown_at, key.ended_at, due.previous_until_at,
    CASE WHEN due.previous_generation = 0 THEN due.adopted_last_four
        ELSE previous.last_four END AS previous_last_four
FROM (
    SELECT
        subscription_id, access, plan_id, plan_version, shown_generation, previous_until_at,
        adopted_last_four,
        -- Until the key of a rotation is shown, the one that it replaces is.
        CASE WHEN overlap_seconds > 0
                AND (shown_generation > 0 OR adopted_last_four IS NOT NULL)
            THEN min(shown_generation, generation) ELSE generation END AS generation,
        CASE WHEN previous_until_at > 0 THEN generation - 1 END AS previous_generation
    FROM grant
) AS due
LEFT JOIN api_key AS key
    ON key.subscription_id = due.subscription_id AND key.generation = due.generation
LEFT JOIN api_key AS previous
    ON previous.subscription_id = due.subscription_id
    AND previous.generation = due.previous_generation;

DROP TRIGGER grant_updated;
CREATE TRIGGER grant_updated AFTER UPDATE ON grant
WHEN (OLD.access, OLD.plan_id, OLD.plan_version, OLD.generation, OLD.shown_generation,
    OLD.overlap_seconds, OLD.previous_until_at, OLD.adopted_last_four) IS NOT (NEW.access,
    NEW.plan_id, NEW.plan_version, NEW.generation, NEW.shown_generation, NEW.overlap_seconds,
    NEW.previous_until_at, NEW.adopted_last_four)
BEGIN
    UPDATE lookup_token SET (
        access, plan_id, plan_version, generation, shown_generation, key_salt, key_master_id,
        key_digest, key_last_four, key_created_at, key_shown_at, key_ended_at, previous_until_at,
        previous_last_four
    ) = (
        SELECT
            access, plan_id, plan_version, generation, shown_generation, salt, master_key_id, digest,
            last_four, created_at, shown_at, ended_at, previous_until_at, previous_last_four
        FROM showing WHERE showing.subscription_id = lookup_token.subscription_id
    )
    WHERE lookup_token.subscription_id = NEW.subscription_id;
END;
