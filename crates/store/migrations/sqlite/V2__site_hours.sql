-- What was counted for a website in an hour, by the hour in which its challenges were issued.
CREATE TABLE site_hour (
    tenant INTEGER NOT NULL,
    site INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    issued INTEGER NOT NULL,
    answered_right INTEGER NOT NULL,
    answered_wrong INTEGER NOT NULL,
    checked INTEGER NOT NULL,
    answer_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, site, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX site_hour_age ON site_hour (from_ms);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('site_hour', 'site_hour', '1000000 100000 10000 1'),
    ('site_hour', 'site_hour_age', '1000000 100');
