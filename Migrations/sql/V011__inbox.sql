-- As before, but for how the CHECKs are written: for a list of three words or more SQLite makes a
-- table of its own whenever it checks a row, which cost more than half of an insert.
CREATE TABLE inbox_new (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL
    CHECK (
        state = 'pending' OR state = 'applied' OR state = 'ignored' OR state = 'parked'
        OR state = 'unparsed'
    ),
    need_kind TEXT CHECK (
        need_kind = 'unknown_price' OR need_kind = 'ambiguous' OR need_kind = 'other_mode'
        OR need_kind = 'malformed' OR need_kind = 'refetch' OR need_kind = 'unknown_status'
    ),
    need_subject TEXT,
    need_reason TEXT,
    note TEXT,
    subscription_id TEXT REFERENCES subscription (id),
    handled_at INTEGER,
    -- Last, so that the columns before it are read without its overflow pages.
    body BLOB NOT NULL,
    CHECK ((need_kind IS NULL) = (need_subject IS NULL)),
    CHECK ((need_kind IS NULL) = (need_reason IS NULL)),
    UNIQUE (event_id, provider, mode)
) STRICT;

INSERT INTO inbox_new (
    number, provider, mode, event_id, type, occurred_at, received_at, state, need_kind,
    need_subject, need_reason, note, subscription_id, handled_at, body
)
SELECT
    number, provider, mode, event_id, type, occurred_at, received_at, state, need_kind,
    need_subject, need_reason, note, subscription_id, handled_at, body
FROM inbox ORDER BY number;

DROP TABLE inbox;
ALTER TABLE inbox_new RENAME TO inbox;

CREATE INDEX inbox_state ON inbox (state, number);
CREATE INDEX inbox_need ON inbox (need_kind, number) WHERE need_kind IS NOT NULL;
CREATE INDEX inbox_subscription ON inbox (subscription_id, number)
WHERE subscription_id IS NOT NULL;
