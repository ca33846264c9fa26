-- What stands still. The body is the domain's JSON; what is sealed stands apart from it.
CREATE TABLE directory_version (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL
);
INSERT INTO directory_version (one, version) VALUES (1, 1);

CREATE TABLE tenant (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    okay_id BIGINT UNIQUE,
    okay TEXT,
    okay_secret BYTEA,
    okay_callback_secret BYTEA
);

CREATE TABLE client (
    tenant BIGINT NOT NULL REFERENCES tenant (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BYTEA,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
);

CREATE TABLE policy (
    tenant BIGINT NOT NULL REFERENCES tenant (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BYTEA,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
);

CREATE TABLE site (
    tenant BIGINT NOT NULL REFERENCES tenant (id),
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BYTEA,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
);

CREATE TABLE user_account (
    tenant BIGINT NOT NULL REFERENCES tenant (id),
    id BIGINT NOT NULL,
    login_name TEXT NOT NULL,
    external_id TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, login_name),
    UNIQUE (tenant, external_id)
);

CREATE TABLE authenticator (
    tenant BIGINT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    serial TEXT NOT NULL,
    device_id TEXT NOT NULL,
    secret BYTEA NOT NULL,
    pin BYTEA,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, serial),
    FOREIGN KEY (tenant, user_id) REFERENCES user_account (tenant, id)
);
CREATE INDEX authenticator_user ON authenticator (tenant, user_id);
CREATE INDEX authenticator_device ON authenticator (tenant, device_id);

-- A fill factor leaves room for the next version of a row on its own page (a HOT update).
-- What moves. Narrow rows, and no foreign keys: every write here is in the path of a request.
CREATE TABLE standing (
    tenant BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id)
) WITH (fillfactor = 60);

-- ends_at: from when on it is closed or expired, in milliseconds.
CREATE TABLE challenge (
    tenant BIGINT NOT NULL,
    id BYTEA NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    ends_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (fillfactor = 60);

CREATE TABLE access_token (
    tenant BIGINT NOT NULL,
    issued_ms BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    client_id BIGINT NOT NULL,
    user_id BIGINT,
    login_name TEXT,
    expires_at BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, issued_ms, digest)
);
CREATE INDEX access_token_expiry ON access_token (expires_at);

CREATE TABLE spent (
    tenant BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    keep_until BIGINT,
    PRIMARY KEY (tenant, digest)
);
CREATE INDEX spent_expiry ON spent (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE event (
    tenant BIGINT NOT NULL,
    id BYTEA NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id BIGINT,
    detail TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE outbox (
    tenant BIGINT NOT NULL,
    id BYTEA NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX outbox_due ON outbox (due_at, id);
