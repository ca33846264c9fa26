-- The audit log sealed into a chain. An event is appended with its salt, and waits with its tag; sealing
-- gives it a number and a link. Events of an older version have neither, and are sealed after the upgrade.
-- salt: with what the event's personal part is committed; erased: what is left when it was erased.
ALTER TABLE event ADD COLUMN salt BLOB;
ALTER TABLE event ADD COLUMN erased BLOB;
CREATE INDEX event_unmarked ON event (id, tenant) WHERE salt IS NULL AND erased IS NULL;
CREATE INDEX event_erased ON event (tenant, id) WHERE erased IS NOT NULL;

-- refused: 1 where it is not what this server appended, is sealed already, or is gone.
CREATE TABLE event_unsealed (
    refused INTEGER NOT NULL,
    id BLOB NOT NULL,
    tenant INTEGER NOT NULL,
    tag BLOB NOT NULL,
    PRIMARY KEY (refused, id, tenant)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_link (
    number INTEGER NOT NULL PRIMARY KEY,
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    link BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;

-- Both ends of the chain, signed. cut_number 0: it was never cut.
CREATE TABLE audit_chain (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    began_at INTEGER NOT NULL,
    unmarked_until INTEGER NOT NULL,
    head_number INTEGER NOT NULL,
    head_link BLOB NOT NULL,
    head_at INTEGER NOT NULL,
    head_key INTEGER NOT NULL,
    head_signature BLOB NOT NULL,
    cut_number INTEGER NOT NULL DEFAULT 0,
    cut_link BLOB,
    cut_at INTEGER,
    cut_key INTEGER,
    cut_signature BLOB
) STRICT;

-- Users whose data is being erased from the log, and the names by which it is looked for meanwhile. tag: what
-- shows that the server asked for it.
CREATE TABLE erasure (
    tenant INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    names TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    tag BLOB NOT NULL,
    PRIMARY KEY (tenant, user_id)
) STRICT, WITHOUT ROWID;

-- What the planner is to expect, as in the first schema.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('event', 'event_unmarked', '1000 1 1'),
    ('event', 'event_erased', '1000 500 1'),
    ('event_unsealed', 'event_unsealed', '1000 500 1 1'),
    ('event_link', 'sqlite_autoindex_event_link_1', '1000000 100000 1');
