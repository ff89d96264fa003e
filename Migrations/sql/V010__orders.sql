-- The provider's id of the order that made a subscription, where the order does not name it.
ALTER TABLE subscription ADD COLUMN order_id TEXT;

CREATE INDEX subscription_order ON subscription (order_id, provider, mode)
WHERE order_id IS NOT NULL;
