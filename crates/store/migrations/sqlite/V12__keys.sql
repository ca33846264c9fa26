-- The versions of the master key, and which node holds which; the keys themselves are in no database.
-- fingerprint: tells a key from another of the same version, and nothing about it. seals_since: NULL for a
-- version that only opens so far. lasting: what outlives a dropped version, sealed under a later one.
-- All moments are milliseconds since 1970.
CREATE TABLE master_key (
    version INTEGER NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    added_at INTEGER NOT NULL,
    seals_since INTEGER,
    resealed_at INTEGER,
    dropped_at INTEGER,
    lasting BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE key_holder (
    node BLOB NOT NULL,
    version INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    name TEXT NOT NULL,
    seals INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (node, version)
) STRICT, WITHOUT ROWID;
