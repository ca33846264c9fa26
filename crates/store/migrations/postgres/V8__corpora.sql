-- Corpora of images. A corpus shows one edition; an edition whose time is up is seen by nobody and is removed.
-- The body is the domain's JSON.
CREATE TABLE corpus (
    tenant BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    edition BIGINT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
);

-- An edition has no end while it is shown, and 0 once it ended for good and its rows are being removed. What the
-- corpus is in it stays with it, for what was issued.
CREATE TABLE corpus_edition (
    tenant BIGINT NOT NULL,
    corpus BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    ends_at BIGINT,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, corpus, edition)
);
CREATE INDEX corpus_edition_end ON corpus_edition (ends_at) WHERE ends_at IS NOT NULL;

-- An image but for its bytes, which are large and seldom wanted: so that all of an edition can be read.
CREATE TABLE corpus_image (
    tenant BIGINT NOT NULL,
    corpus BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    file TEXT NOT NULL,
    known TEXT,
    settled_at BIGINT,
    length BIGINT NOT NULL,
    PRIMARY KEY (tenant, corpus, edition, ordinal)
);

CREATE TABLE corpus_bytes (
    tenant BIGINT NOT NULL,
    corpus BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (tenant, corpus, edition, ordinal)
);

-- What a visitor said of an image, once. It belongs to the image's content, whatever the edition.
CREATE TABLE annotation (
    tenant BIGINT NOT NULL,
    corpus BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    voice BYTEA NOT NULL,
    about TEXT NOT NULL,
    said TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant, corpus, digest, voice)
);
