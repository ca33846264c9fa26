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
    tenant INTEGER NOT NULL,
    span TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    door TEXT NOT NULL,
    issued INTEGER NOT NULL,
    answered_right INTEGER NOT NULL,
    answered_wrong INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    latency_0 INTEGER NOT NULL,
    latency_1 INTEGER NOT NULL,
    latency_2 INTEGER NOT NULL,
    latency_3 INTEGER NOT NULL,
    latency_4 INTEGER NOT NULL,
    latency_5 INTEGER NOT NULL,
    latency_6 INTEGER NOT NULL,
    latency_7 INTEGER NOT NULL,
    latency_8 INTEGER NOT NULL,
    latency_9 INTEGER NOT NULL,
    latency_10 INTEGER NOT NULL,
    latency_11 INTEGER NOT NULL,
    latency_12 INTEGER NOT NULL,
    PRIMARY KEY (tenant, span, from_ms, door)
) STRICT, WITHOUT ROWID;
CREATE INDEX traffic_age ON traffic (span, from_ms);

-- Finding who may be locked. failures: the most wrong answers in a row under one policy; 2147483647 for a
-- lock by an officer. It follows the body, and is written with it.
ALTER TABLE standing ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
UPDATE standing SET failures = CASE WHEN json_extract(body, '$.locked') THEN 2147483647
    ELSE coalesce((SELECT max(coalesce(json_extract(value, '$.failures'), 0))
        FROM json_each(body, '$.policies')), 0) END;
CREATE INDEX standing_failures ON standing (tenant, failures, user_id) WHERE failures > 0;

-- What the planner is to expect, as in the first schema.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('standing', 'standing_failures', '100000 10000 5000 1'),
    ('event', 'event_user', '1000000 100000 10 1'),
    ('event', 'event_kind', '1000000 100000 5000 1'),
    ('event', 'event_outcome', '1000000 10000 1000 1'),
    ('event', 'event_officer', '100000 10000 100 1'),
    ('approval_session', 'approval_session_newest', '1000000 100000 2 1'),
    ('traffic', 'traffic', '1000000 100000 50000 5 1'),
    ('traffic', 'traffic_age', '1000000 500000 100 1');
