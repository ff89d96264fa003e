-- The two promises, a row each time one was kept: how long it took from the payment to the proved
-- key, and from the decision to revoke to the first proof that the key is refused. Rows are only
-- ever added, so that whoever has counted up to a number goes on from there.
CREATE TABLE kept_promise (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('payment', 'revocation')),
    began_at INTEGER NOT NULL,
    kept_at INTEGER NOT NULL
) STRICT;

INSERT INTO kept_promise (kind, began_at, kept_at)
SELECT 'payment', min(inbox.received_at), api_key.shown_at FROM api_key
JOIN inbox ON inbox.subscription_id = api_key.subscription_id
    AND inbox.handled_at = api_key.created_at
WHERE api_key.shown_at IS NOT NULL
GROUP BY api_key.subscription_id, api_key.generation
ORDER BY api_key.shown_at;

INSERT INTO kept_promise (kind, began_at, kept_at)
SELECT
    'revocation', min(changed_at, json_extract(observed, '$.revocation.startedAt')),
    json_extract(observed, '$.revocation.provedAt')
FROM grant
WHERE access = 'ended' AND json_extract(observed, '$.revocation.provedAt') IS NOT NULL
ORDER BY json_extract(observed, '$.revocation.provedAt');
