-- The versions of the master key, and which node holds which; the keys themselves are in no database.
-- fingerprint: tells a key from another of the same version, and nothing about it. seals_since: NULL for a
-- version that only opens so far. lasting: what outlives a dropped version, sealed under a later one.
-- All moments are milliseconds since 1970.
CREATE TABLE master_key (
    version BIGINT NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    added_at BIGINT NOT NULL,
    seals_since BIGINT,
    resealed_at BIGINT,
    dropped_at BIGINT,
    lasting BYTEA
);

CREATE TABLE key_holder (
    node BYTEA NOT NULL,
    version BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    name TEXT NOT NULL,
    seals BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (node, version)
);
