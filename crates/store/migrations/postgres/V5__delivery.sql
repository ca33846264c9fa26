-- What every node has to know and no tenant owns. The body is the domain's JSON; what is sealed stands apart
-- from it.
CREATE TABLE server_setting (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    secret BYTEA
);
