-- What stands still. The body is the domain's JSON; what is sealed stands apart from it.
CREATE TABLE directory_version (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO directory_version (one, version) VALUES (1, 1);

CREATE TABLE tenant (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    okay_id INTEGER UNIQUE,
    okay TEXT,
    okay_secret BLOB,
    okay_callback_secret BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BLOB,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BLOB,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE site (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_in_server TEXT UNIQUE,
    secret BLOB,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_account (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    id INTEGER NOT NULL,
    login_name TEXT NOT NULL,
    external_id TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, login_name),
    UNIQUE (tenant, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE authenticator (
    tenant INTEGER NOT NULL,
    id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    serial TEXT NOT NULL,
    device_id TEXT NOT NULL,
    secret BLOB NOT NULL,
    pin BLOB,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, serial),
    FOREIGN KEY (tenant, user_id) REFERENCES user_account (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX authenticator_user ON authenticator (tenant, user_id);
CREATE INDEX authenticator_device ON authenticator (tenant, device_id);

-- What moves. Narrow rows, and no foreign keys: every write here is in the path of a request.
CREATE TABLE standing (
    tenant INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id)
) STRICT, WITHOUT ROWID;

-- ends_at: from when on it is closed or expired, in milliseconds.
CREATE TABLE challenge (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_token (
    tenant INTEGER NOT NULL,
    issued_ms INTEGER NOT NULL,
    digest BLOB NOT NULL,
    client_id INTEGER NOT NULL,
    user_id INTEGER,
    login_name TEXT,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (tenant, issued_ms, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_token_expiry ON access_token (expires_at);

CREATE TABLE spent (
    tenant INTEGER NOT NULL,
    digest BLOB NOT NULL,
    keep_until INTEGER,
    PRIMARY KEY (tenant, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_expiry ON spent (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE event (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    user_id INTEGER,
    detail TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    tenant INTEGER NOT NULL,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due_at, id);

-- What the planner is to expect: few tenants, each with many rows of everything. Without it a new
-- database looks as if a tenant had ten rows, and walking all of them as good as using an index.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tenant', 'tenant', '10 1'),
    ('user_account', 'user_account', '1000000 100000 1'),
    ('user_account', 'sqlite_autoindex_user_account_2', '1000000 100000 1'),
    ('user_account', 'sqlite_autoindex_user_account_3', '1000000 100000 1'),
    ('authenticator', 'authenticator', '1000000 100000 1'),
    ('authenticator', 'sqlite_autoindex_authenticator_2', '1000000 100000 1'),
    ('authenticator', 'authenticator_user', '1000000 100000 2'),
    ('authenticator', 'authenticator_device', '1000000 100000 2'),
    ('standing', 'standing', '1000000 100000 1'),
    ('challenge', 'challenge', '1000000 100000 1'),
    ('access_token', 'access_token', '1000000 100000 2 1'),
    ('access_token', 'access_token_expiry', '1000000 2'),
    ('spent', 'spent', '1000000 100000 1'),
    ('spent', 'spent_expiry', '1000000 2'),
    ('event', 'event', '1000000 100000 1');
