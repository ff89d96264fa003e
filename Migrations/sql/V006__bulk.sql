-- Whether the first key is part of bulk work, which goes behind everybody who waits for one.
ALTER TABLE grant ADD COLUMN is_bulk INTEGER NOT NULL DEFAULT 0 CHECK (is_bulk IN (0, 1));

CREATE INDEX grant_bulk ON grant (access, problem_since_at) WHERE is_bulk = 1;
