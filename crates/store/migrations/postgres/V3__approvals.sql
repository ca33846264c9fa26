-- What moves about approvals on a phone. The four tables have one shape, and are written by one code.
-- ends_at: from when on nobody needs the row, in milliseconds; of a linking code: from when on it
-- opens nothing. Codes and guesses belong to the whole server, which is tenant 1.
CREATE TABLE device (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX device_end ON device (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE approval_session (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX approval_session_end ON approval_session (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE linking_code (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX linking_code_end ON linking_code (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE linking_guess (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX linking_guess_end ON linking_guess (ends_at) WHERE ends_at IS NOT NULL;

-- A message in the outbox waits in a line (a user's), at a place that grows with every change of that
-- user; it is given out under a ticket until its lease is over, and kept when it was given up.
ALTER TABLE outbox ADD COLUMN line BIGINT;
ALTER TABLE outbox ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN failed_tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN ticket BYTEA NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN dead_at BIGINT;
ALTER TABLE outbox ADD COLUMN trouble TEXT;
DROP INDEX outbox_due;
CREATE INDEX outbox_ready ON outbox (kind, tenant, due_at, id) WHERE dead_at IS NULL;
CREATE INDEX outbox_line ON outbox (tenant, line, place) WHERE line IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
