-- All that GET /v1/key reads stands in the row of its token, so that one descent of one tree finds
-- it. The tables that it is read from stay what they were: triggers copy, and nothing else writes
-- these columns.
ALTER TABLE lookup_token ADD COLUMN access TEXT;
ALTER TABLE lookup_token ADD COLUMN plan_id TEXT;
ALTER TABLE lookup_token ADD COLUMN plan_version INTEGER;
-- The generation to show, and the newest that was.
ALTER TABLE lookup_token ADD COLUMN generation INTEGER;
ALTER TABLE lookup_token ADD COLUMN shown_generation INTEGER;
ALTER TABLE lookup_token ADD COLUMN key_salt BLOB;
ALTER TABLE lookup_token ADD COLUMN key_master_id TEXT;
ALTER TABLE lookup_token ADD COLUMN key_digest BLOB;
ALTER TABLE lookup_token ADD COLUMN key_last_four TEXT;
ALTER TABLE lookup_token ADD COLUMN key_created_at INTEGER;
ALTER TABLE lookup_token ADD COLUMN key_shown_at INTEGER;
ALTER TABLE lookup_token ADD COLUMN key_ended_at INTEGER;
ALTER TABLE lookup_token ADD COLUMN previous_until_at INTEGER;
ALTER TABLE lookup_token ADD COLUMN previous_last_four TEXT;

-- What a subscription's tokens show.
CREATE VIEW showing AS
SELECT
    due.subscription_id, due.access, due.plan_id, due.plan_version, due.generation,
    due.shown_generation, key.salt, key.master_key_id, key.digest, key.last_four, key.created_at,
    key.shown_at, key.ended_at, due.previous_until_at, previous.last_four AS previous_last_four
FROM (
    SELECT
        subscription_id, access, plan_id, plan_version, shown_generation, previous_until_at,
        -- Until the key of a rotation is shown, the one that it replaces is.
        CASE WHEN overlap_seconds > 0 AND shown_generation > 0
            THEN min(shown_generation, generation) ELSE generation END AS generation,
        CASE WHEN previous_until_at > 0 THEN generation - 1 END AS previous_generation
    FROM grant
) AS due
LEFT JOIN api_key AS key
    ON key.subscription_id = due.subscription_id AND key.generation = due.generation
LEFT JOIN api_key AS previous
    ON previous.subscription_id = due.subscription_id
    AND previous.generation = due.previous_generation;

UPDATE lookup_token SET (
    access, plan_id, plan_version, generation, shown_generation, key_salt, key_master_id,
    key_digest, key_last_four, key_created_at, key_shown_at, key_ended_at, previous_until_at,
    previous_last_four
) = (
    SELECT
        access, plan_id, plan_version, generation, shown_generation, salt, master_key_id, digest,
        last_four, created_at, shown_at, ended_at, previous_until_at, previous_last_four
    FROM showing WHERE showing.subscription_id = lookup_token.subscription_id
);

CREATE TRIGGER grant_inserted AFTER INSERT ON grant
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

CREATE TRIGGER grant_updated AFTER UPDATE ON grant
WHEN (OLD.access, OLD.plan_id, OLD.plan_version, OLD.generation,
    OLD.shown_generation, OLD.overlap_seconds, OLD.previous_until_at) IS NOT (NEW.access, NEW.plan_id, NEW.plan_version, NEW.generation,
    NEW.shown_generation, NEW.overlap_seconds, NEW.previous_until_at)
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

CREATE TRIGGER api_key_inserted AFTER INSERT ON api_key
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

CREATE TRIGGER api_key_updated AFTER UPDATE ON api_key
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

CREATE TRIGGER lookup_token_inserted AFTER INSERT ON lookup_token
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
    WHERE lookup_token.digest = NEW.digest;
END;

DROP INDEX grant_lookup;
