-- Accounts that visitors asked for, until their address is confirmed. The table has the shape of those of
-- officers, and belongs to the whole server, which is tenant 1. ends_at: from when on nobody needs the row,
-- in milliseconds.
CREATE TABLE sign_up (
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    ends_at INTEGER,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_up_end ON sign_up (ends_at) WHERE ends_at IS NOT NULL;

-- What the planner is to expect, as in the first schema.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('sign_up', 'sign_up', '10000 10000 1'),
    ('sign_up', 'sign_up_end', '10000 2');
