-- Times are milliseconds since 1970. Ids of ours are 26 lower-case base32 characters.
-- Tables without rowid are those that GET /v1/key reads: one descent finds the whole row.

CREATE TABLE installation (
    id TEXT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    platform_origin TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    random_key_refused_at INTEGER,
    live_key_answered_at INTEGER,
    -- One database belongs to one platform in one mode.
    only_row INTEGER NOT NULL DEFAULT 1 UNIQUE CHECK (only_row = 1)
) STRICT;

CREATE TABLE plan (
    id TEXT NOT NULL PRIMARY KEY,
    retired_at INTEGER
) STRICT;

CREATE TABLE plan_version (
    plan_id TEXT NOT NULL REFERENCES plan (id),
    version INTEGER NOT NULL CHECK (version > 0),
    -- As the catalogue writes a plan, every default spelt out.
    definition TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (plan_id, version)
) STRICT;

CREATE TABLE customer (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    provider_id TEXT NOT NULL,
    email TEXT COLLATE NOCASE,
    created_at INTEGER NOT NULL,
    UNIQUE (provider_id, provider, mode)
) STRICT;

CREATE INDEX customer_email ON customer (email) WHERE email IS NOT NULL;

CREATE TABLE subscription (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    provider_id TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customer (id),
    status TEXT CHECK (status IN (
        'incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused',
        'canceled'
    )),
    -- When the event happened that set the status, by the provider's clock.
    status_at INTEGER,
    is_uncertain INTEGER NOT NULL CHECK (is_uncertain IN (0, 1)),
    plan_id TEXT,
    plan_version INTEGER,
    price TEXT,
    period_end_at INTEGER,
    paid_through_at INTEGER,
    checkout_payment TEXT CHECK (checkout_payment IN ('paid', 'pending', 'failed')),
    trial_end_at INTEGER,
    cancel_at INTEGER,
    is_collection_paused INTEGER NOT NULL CHECK (is_collection_paused IN (0, 1)),
    past_due_since_at INTEGER,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    next_decision_at INTEGER,
    CHECK ((plan_id IS NULL) = (plan_version IS NULL)),
    UNIQUE (provider_id, provider, mode),
    FOREIGN KEY (plan_id, plan_version) REFERENCES plan_version (plan_id, version)
) STRICT;

CREATE INDEX subscription_customer ON subscription (customer_id);
CREATE INDEX subscription_plan ON subscription (plan_id, plan_version, status)
WHERE plan_id IS NOT NULL;
CREATE INDEX subscription_decision ON subscription (next_decision_at)
WHERE next_decision_at IS NOT NULL;

CREATE TABLE inbox (
    number INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('live', 'test')),
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    occurred_at INTEGER,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL
    CHECK (state IN ('pending', 'applied', 'ignored', 'parked', 'unparsed')),
    need_kind TEXT CHECK (need_kind IN (
        'unknown_price', 'ambiguous', 'other_mode', 'malformed', 'refetch', 'unknown_status'
    )),
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

CREATE INDEX inbox_state ON inbox (state, number);
CREATE INDEX inbox_need ON inbox (need_kind, number) WHERE need_kind IS NOT NULL;
CREATE INDEX inbox_subscription ON inbox (subscription_id, number)
WHERE subscription_id IS NOT NULL;

CREATE TABLE hold (
    id TEXT NOT NULL PRIMARY KEY,
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    kind TEXT NOT NULL CHECK (kind IN ('revoked', 'suspended')),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    lifted_at INTEGER
) STRICT;

CREATE INDEX hold_subscription ON hold (subscription_id, created_at);

CREATE TABLE grant (
    subscription_id TEXT NOT NULL PRIMARY KEY REFERENCES subscription (id),
    access TEXT NOT NULL CHECK (access IN ('none', 'active', 'suspended', 'ended')),
    reason TEXT NOT NULL,
    plan_id TEXT,
    plan_version INTEGER,
    generation INTEGER NOT NULL CHECK (generation >= 0),
    changed_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    next_attempt_at INTEGER,
    problem_kind TEXT CHECK (problem_kind IN ('retriable', 'needs_staff', 'permanent')),
    problem_sentence TEXT,
    problem_since_at INTEGER,
    -- What is known to exist on the platform, as JSON; the columns after it repeat the parts of
    -- it that are searched for.
    observed TEXT NOT NULL,
    role_id INTEGER,
    shown_generation INTEGER NOT NULL,
    -- Whether it goes before others, and whether a revocation awaits its proof.
    is_urgent INTEGER NOT NULL CHECK (is_urgent IN (0, 1)),
    is_unproved INTEGER NOT NULL CHECK (is_unproved IN (0, 1)),
    CHECK ((plan_id IS NULL) = (plan_version IS NULL)),
    CHECK ((problem_kind IS NULL) = (problem_sentence IS NULL)),
    CHECK ((problem_kind IS NULL) = (problem_since_at IS NULL)),
    FOREIGN KEY (plan_id, plan_version) REFERENCES plan_version (plan_id, version)
) STRICT;

-- All that GET /v1/key needs of a grant.
CREATE INDEX grant_lookup ON grant (
    subscription_id, access, plan_id, plan_version, generation, shown_generation
);
CREATE INDEX grant_due ON grant (is_urgent, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX grant_problem ON grant (problem_since_at) WHERE problem_since_at IS NOT NULL;
CREATE INDEX grant_unproved ON grant (changed_at) WHERE is_unproved = 1;
CREATE INDEX grant_role ON grant (role_id) WHERE role_id IS NOT NULL;

-- The apps of a grant by the platform's id, for staff who have only that.
CREATE TABLE grant_app (
    app_id INTEGER NOT NULL,
    subscription_id TEXT NOT NULL REFERENCES grant (subscription_id),
    PRIMARY KEY (app_id, subscription_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX grant_app_subscription ON grant_app (subscription_id);

CREATE TABLE attempt (
    number INTEGER PRIMARY KEY,
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    step TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT,
    problem TEXT CHECK (problem IN ('retriable', 'needs_staff', 'permanent'))
) STRICT;

CREATE INDEX attempt_subscription ON attempt (subscription_id, number);

-- All of a key but the key itself.
CREATE TABLE api_key (
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    generation INTEGER NOT NULL CHECK (generation > 0),
    salt BLOB NOT NULL CHECK (length(salt) = 16),
    master_key_id TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    last_four TEXT NOT NULL CHECK (length(last_four) = 4),
    created_at INTEGER NOT NULL,
    shown_at INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (subscription_id, generation)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_last_four ON api_key (last_four);
CREATE INDEX api_key_master ON api_key (master_key_id) WHERE ended_at IS NULL;

CREATE TABLE claim (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    reference_digest BLOB NOT NULL CHECK (length(reference_digest) = 32),
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    salt BLOB NOT NULL,
    used_at INTEGER,
    idempotency_digest BLOB,
    -- When staff made another claim in its place, after which nothing makes it good again.
    ended_at INTEGER,
    UNIQUE (reference_digest, provider)
) STRICT;

CREATE INDEX claim_subscription ON claim (subscription_id);

CREATE TABLE lookup_token (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    id TEXT NOT NULL UNIQUE,
    subscription_id TEXT NOT NULL REFERENCES subscription (id),
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revealed_generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX lookup_token_subscription ON lookup_token (subscription_id);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    recorded_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subscription_id TEXT REFERENCES subscription (id),
    details TEXT NOT NULL
) STRICT;

CREATE INDEX audit_subscription ON audit (subscription_id, number)
WHERE subscription_id IS NOT NULL;
