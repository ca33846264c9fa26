-- What was counted for a website in an hour, by the hour in which its challenges were issued.
CREATE TABLE site_hour (
    tenant BIGINT NOT NULL,
    site BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    issued BIGINT NOT NULL,
    answered_right BIGINT NOT NULL,
    answered_wrong BIGINT NOT NULL,
    checked BIGINT NOT NULL,
    answer_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, site, from_ms)
);
CREATE INDEX site_hour_age ON site_hour (from_ms);
