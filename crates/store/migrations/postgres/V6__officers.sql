-- Who runs the server. The tables have the shape of those of approvals, and belong to the whole server,
-- which is tenant 1. ends_at: from when on nobody needs the row, in milliseconds.
-- kept_request: answers kept for idempotency keys.
CREATE TABLE administrator (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);

CREATE TABLE officer_token (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX officer_token_end ON officer_token (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE console_session (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX console_session_end ON console_session (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE kept_request (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX kept_request_end ON kept_request (ends_at) WHERE ends_at IS NOT NULL;
