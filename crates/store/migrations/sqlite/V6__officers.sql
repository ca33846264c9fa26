-- Who runs the server. The tables have the shape of those of approvals, and belong to the whole server,
-- which is tenant 1. ends_at: from when on nobody needs the row, in milliseconds.
-- kept_request: answers kept for idempotency keys.
CREATE TABLE administrator (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE officer_token (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX officer_token_end ON officer_token (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE console_session (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX console_session_end ON console_session (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE kept_request (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_request_end ON kept_request (ends_at) WHERE ends_at IS NOT NULL;

-- What the planner is to expect, as in the first schema.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('administrator', 'administrator', '10000 10000 1'),
    ('officer_token', 'officer_token', '10000 10000 1'),
    ('officer_token', 'officer_token_end', '10000 2'),
    ('console_session', 'console_session', '10000 10000 1'),
    ('console_session', 'console_session_end', '10000 2'),
    ('kept_request', 'kept_request', '10000 10000 1'),
    ('kept_request', 'kept_request_end', '10000 2');
