-- JSON: the last payments that came, by which a refund knows its period and parts their whole.
ALTER TABLE subscription ADD COLUMN receipts TEXT NOT NULL DEFAULT '[]';
