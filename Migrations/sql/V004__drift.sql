-- What the last comparison of the platform with the grants found.
CREATE TABLE drift_report (
    started_at INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    compared INTEGER NOT NULL,
    differences INTEGER NOT NULL,
    only_row INTEGER NOT NULL DEFAULT 1 UNIQUE CHECK (only_row = 1)
) STRICT;
