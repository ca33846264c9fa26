-- What moves about approvals on a phone. The four tables have one shape, and are written by one code.
-- ends_at: from when on nobody needs the row, in milliseconds; of a linking code: from when on it
-- opens nothing. Codes and guesses belong to the whole server, which is tenant 1.
CREATE TABLE device (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_end ON device (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE approval_session (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX approval_session_end ON approval_session (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE linking_code (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX linking_code_end ON linking_code (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE linking_guess (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX linking_guess_end ON linking_guess (ends_at) WHERE ends_at IS NOT NULL;

-- A message in the outbox waits in a line (a user's), at a place that grows with every change of that
-- user; it is given out under a ticket until its lease is over, and kept when it was given up.
ALTER TABLE outbox ADD COLUMN line INTEGER;
ALTER TABLE outbox ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN failed_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN ticket BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN dead_at INTEGER;
ALTER TABLE outbox ADD COLUMN trouble TEXT;
DROP INDEX outbox_due;
CREATE INDEX outbox_ready ON outbox (kind, tenant, due_at, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_line ON outbox (tenant, line, place) WHERE line IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;

-- What the planner is to expect, as in the first schema.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('device', 'device', '1000000 100000 1'),
    ('device', 'device_end', '1000 2'),
    ('approval_session', 'approval_session', '1000000 100000 1'),
    ('approval_session', 'approval_session_end', '1000000 2'),
    ('linking_code', 'linking_code', '10000 10000 1'),
    ('linking_code', 'linking_code_end', '10000 2'),
    ('linking_guess', 'linking_guess', '10000 10000 1'),
    ('linking_guess', 'linking_guess_end', '10000 2'),
    ('outbox', 'outbox', '1000000 100000 1'),
    ('outbox', 'outbox_ready', '1000000 500000 50000 2 1'),
    ('outbox', 'outbox_line', '1000000 100000 4 1'),
    ('outbox', 'outbox_dead', '1000 2');
