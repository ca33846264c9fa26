-- Searching the audit log: by user, by kind, by what went wrong, and by who runs the server. Each is
-- the tenant's part of the log in the order of time, as the primary key is.
-- officer: the officer's name, where an officer did it; nothing in rows of an older version.
ALTER TABLE event ADD COLUMN officer TEXT;
CREATE INDEX event_user ON event (tenant, user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX event_kind ON event (tenant, kind, id);
CREATE INDEX event_outcome ON event (tenant, outcome, id) WHERE outcome <> 'done';
CREATE INDEX event_officer ON event (tenant, officer, id) WHERE officer IS NOT NULL;

-- The sessions of a tenant by the moment until which they may be decided.
CREATE INDEX approval_session_newest ON approval_session (tenant, ends_at, id);

-- What was counted for a tenant (1: the whole server) and a way in, in a minute or an hour. latency_N:
-- requests whose answer began within the N-th bound of the domain and not within the one before it.
CREATE TABLE traffic (
    tenant BIGINT NOT NULL,
    span TEXT NOT NULL,
    from_ms BIGINT NOT NULL,
    door TEXT NOT NULL,
    issued BIGINT NOT NULL,
    answered_right BIGINT NOT NULL,
    answered_wrong BIGINT NOT NULL,
    locked BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    latency_0 BIGINT NOT NULL,
    latency_1 BIGINT NOT NULL,
    latency_2 BIGINT NOT NULL,
    latency_3 BIGINT NOT NULL,
    latency_4 BIGINT NOT NULL,
    latency_5 BIGINT NOT NULL,
    latency_6 BIGINT NOT NULL,
    latency_7 BIGINT NOT NULL,
    latency_8 BIGINT NOT NULL,
    latency_9 BIGINT NOT NULL,
    latency_10 BIGINT NOT NULL,
    latency_11 BIGINT NOT NULL,
    latency_12 BIGINT NOT NULL,
    PRIMARY KEY (tenant, span, from_ms, door)
);
CREATE INDEX traffic_age ON traffic (span, from_ms);

-- Finding who may be locked. failures: the most wrong answers in a row under one policy; 2147483647 for a
-- lock by an officer. It follows the body, and is written with it.
ALTER TABLE standing ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
UPDATE standing SET failures = CASE WHEN (body::jsonb ->> 'locked')::boolean THEN 2147483647
    ELSE coalesce((SELECT max(coalesce((tally.value ->> 'failures')::bigint, 0))
        FROM jsonb_each(body::jsonb -> 'policies') AS tally), 0) END;
CREATE INDEX standing_failures ON standing (tenant, failures, user_id) WHERE failures > 0;

-- Login names in the order of their bytes, as the other database has them: names with one beginning stand
-- together.
ALTER TABLE user_account ALTER COLUMN login_name TYPE TEXT COLLATE "C";
