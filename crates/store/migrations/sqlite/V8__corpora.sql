-- Corpora of images. A corpus shows one edition; an edition whose time is up is seen by nobody and is removed.
-- The body is the domain's JSON.
CREATE TABLE corpus (
    tenant INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    edition INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

-- An edition has no end while it is shown, and 0 once it ended for good and its rows are being removed. What the
-- corpus is in it stays with it, for what was issued.
CREATE TABLE corpus_edition (
    tenant INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    ends_at INTEGER,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, corpus, edition)
) STRICT, WITHOUT ROWID;
CREATE INDEX corpus_edition_end ON corpus_edition (ends_at) WHERE ends_at IS NOT NULL;

-- An image but for its bytes, which are large and seldom wanted: so that all of an edition can be read.
CREATE TABLE corpus_image (
    tenant INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    digest BLOB NOT NULL,
    file TEXT NOT NULL,
    known TEXT,
    settled_at INTEGER,
    length INTEGER NOT NULL,
    PRIMARY KEY (tenant, corpus, edition, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE corpus_bytes (
    tenant INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (tenant, corpus, edition, ordinal)
) STRICT;

-- What a visitor said of an image, once. It belongs to the image's content, whatever the edition.
CREATE TABLE annotation (
    tenant INTEGER NOT NULL,
    corpus INTEGER NOT NULL,
    digest BLOB NOT NULL,
    voice BLOB NOT NULL,
    about TEXT NOT NULL,
    said TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (tenant, corpus, digest, voice)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('corpus', 'corpus', '100 10 1'),
    ('corpus', 'sqlite_autoindex_corpus_2', '100 10 1'),
    ('corpus_edition', 'corpus_edition', '200 20 2 1'),
    ('corpus_edition', 'corpus_edition_end', '100 1'),
    ('corpus_image', 'corpus_image', '1000000 100000 20000 10000 1'),
    ('corpus_bytes', 'sqlite_autoindex_corpus_bytes_1', '1000000 100000 20000 10000 1'),
    ('annotation', 'annotation', '10000000 1000000 100000 10 1');
