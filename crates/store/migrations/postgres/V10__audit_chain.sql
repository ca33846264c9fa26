-- The audit log sealed into a chain. An event is appended with its salt, and waits with its tag; sealing
-- gives it a number and a link. Events of an older version have neither, and are sealed after the upgrade.
-- salt: with what the event's personal part is committed; erased: what is left when it was erased.
ALTER TABLE event ADD COLUMN salt BYTEA;
ALTER TABLE event ADD COLUMN erased BYTEA;
CREATE INDEX event_unmarked ON event (id, tenant) WHERE salt IS NULL AND erased IS NULL;
CREATE INDEX event_erased ON event (tenant, id) WHERE erased IS NOT NULL;

-- refused: 1 where it is not what this server appended, is sealed already, or is gone.
CREATE TABLE event_unsealed (
    refused BIGINT NOT NULL,
    id BYTEA NOT NULL,
    tenant BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    PRIMARY KEY (refused, id, tenant)
);

CREATE TABLE event_link (
    number BIGINT NOT NULL PRIMARY KEY,
    tenant BIGINT NOT NULL,
    id BYTEA NOT NULL,
    link BYTEA NOT NULL,
    UNIQUE (tenant, id)
);

-- Both ends of the chain, signed. cut_number 0: it was never cut.
CREATE TABLE audit_chain (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    began_at BIGINT NOT NULL,
    unmarked_until BIGINT NOT NULL,
    head_number BIGINT NOT NULL,
    head_link BYTEA NOT NULL,
    head_at BIGINT NOT NULL,
    head_key BIGINT NOT NULL,
    head_signature BYTEA NOT NULL,
    cut_number BIGINT NOT NULL DEFAULT 0,
    cut_link BYTEA,
    cut_at BIGINT,
    cut_key BIGINT,
    cut_signature BYTEA
);

-- Users whose data is being erased from the log, and the names by which it is looked for meanwhile. tag: what
-- shows that the server asked for it.
CREATE TABLE erasure (
    tenant BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    names TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, user_id)
);
