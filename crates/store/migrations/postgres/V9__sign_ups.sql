-- Accounts that visitors asked for, until their address is confirmed. The table has the shape of those of
-- officers, and belongs to the whole server, which is tenant 1. ends_at: from when on nobody needs the row,
-- in milliseconds.
CREATE TABLE sign_up (
    tenant BIGINT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    ends_at BIGINT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);
CREATE INDEX sign_up_end ON sign_up (ends_at) WHERE ends_at IS NOT NULL;
