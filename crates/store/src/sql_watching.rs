//! The statements of what is watched: both databases understand them, and each parameter is first named
//! in its order.
//!
//! The search of the audit log is a read along one index, whichever narrows most; what else is asked for
//! is compared in `watching`, a bounded number of events at a time.

pub(crate) const EVENTS_OF_TENANT: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 AND id < $2 AND id >= $3 \
     ORDER BY tenant DESC, id DESC LIMIT $4";
pub(crate) const EVENTS_OF_USER: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 AND id < $2 AND id >= $3 AND user_id = $4 \
     ORDER BY tenant DESC, user_id DESC, id DESC LIMIT $5";
pub(crate) const EVENTS_OF_KIND: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 AND id < $2 AND id >= $3 AND kind = $4 \
     ORDER BY tenant DESC, kind DESC, id DESC LIMIT $5";
/// Its second condition is that of the index `event_outcome`, as it stands.
pub(crate) const EVENTS_OF_OUTCOME: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 AND id < $2 AND id >= $3 AND outcome = $4 \
     AND outcome <> 'done' ORDER BY tenant DESC, outcome DESC, id DESC LIMIT $5";
pub(crate) const EVENTS_OF_OFFICER: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 AND id < $2 AND id >= $3 AND officer = $4 \
     ORDER BY tenant DESC, officer DESC, id DESC LIMIT $5";

/// One step along the primary key for each tenant, however many events it has.
pub(crate) const TENANTS_OF_EVENTS: &str = "WITH RECURSIVE known (tenant) AS ( \
     SELECT min(tenant) FROM event UNION ALL \
     SELECT (SELECT min(tenant) FROM event WHERE event.tenant > known.tenant) FROM known \
     WHERE known.tenant IS NOT NULL) SELECT tenant FROM known WHERE tenant IS NOT NULL";

pub(crate) const CHALLENGES: &str = "SELECT id, state, body FROM challenge \
     WHERE tenant = $1 AND id < $2 AND id >= $3 ORDER BY tenant DESC, id DESC LIMIT $4";
pub(crate) const KEPT: &str = "SELECT id, state, body FROM challenge WHERE tenant = $1 AND id = $2";
pub(crate) const SESSIONS: &str = "SELECT version, body FROM approval_session \
     WHERE tenant = $1 AND (ends_at, id) < ($2, $3) AND ends_at > $4 \
     ORDER BY ends_at DESC, id DESC LIMIT $5";
pub(crate) const DEVICES: &str = "SELECT version, body FROM device \
     WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const LINKED_DEVICES: &str = "SELECT version, body FROM device \
     WHERE tenant = $1 AND id > $2 AND ends_at IS NULL ORDER BY id LIMIT $3";
pub(crate) const WAITING_MESSAGES_OF_LINE: &str = "SELECT id, tenant, kind, line, body, due_at, \
     failed_tries, dead_at, trouble FROM outbox WHERE kind = $1 \
     AND (dead_at IS NOT NULL OR CAST($2 AS BIGINT) = 0) AND id > $3 AND tenant = $4 \
     AND line = $5 ORDER BY id LIMIT $6";

pub(crate) const ADD_TRAFFIC: &str = "INSERT INTO traffic (tenant, span, from_ms, door, issued, answered_right, answered_wrong, \
     locked, refused, requests, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, \
     latency_6, latency_7, latency_8, latency_9, latency_10, latency_11, latency_12) VALUES ($1, \
     $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
     $22, $23) ON CONFLICT (tenant, span, from_ms, door) DO UPDATE SET issued = traffic.issued + \
     excluded.issued, answered_right = traffic.answered_right + excluded.answered_right, \
     answered_wrong = traffic.answered_wrong + excluded.answered_wrong, locked = traffic.locked + \
     excluded.locked, refused = traffic.refused + excluded.refused, requests = traffic.requests + \
     excluded.requests, latency_0 = traffic.latency_0 + excluded.latency_0, latency_1 = \
     traffic.latency_1 + excluded.latency_1, latency_2 = traffic.latency_2 + excluded.latency_2, \
     latency_3 = traffic.latency_3 + excluded.latency_3, latency_4 = traffic.latency_4 + \
     excluded.latency_4, latency_5 = traffic.latency_5 + excluded.latency_5, latency_6 = \
     traffic.latency_6 + excluded.latency_6, latency_7 = traffic.latency_7 + excluded.latency_7, \
     latency_8 = traffic.latency_8 + excluded.latency_8, latency_9 = traffic.latency_9 + \
     excluded.latency_9, latency_10 = traffic.latency_10 + excluded.latency_10, latency_11 = \
     traffic.latency_11 + excluded.latency_11, latency_12 = traffic.latency_12 + \
     excluded.latency_12";
pub(crate) const TRAFFIC: &str = "SELECT tenant, span, from_ms, door, issued, answered_right, answered_wrong, locked, refused, \
     requests, latency_0, latency_1, latency_2, latency_3, latency_4, latency_5, latency_6, \
     latency_7, latency_8, latency_9, latency_10, latency_11, latency_12 FROM traffic WHERE \
     tenant = $1 AND span = $2 AND from_ms >= $3 ORDER BY from_ms, door";
pub(crate) const ENDED_TRAFFIC: &str = "SELECT tenant, span, from_ms, door FROM traffic \
     WHERE span = $1 AND from_ms <= $2 ORDER BY from_ms LIMIT $3";
pub(crate) const REMOVE_TRAFFIC: &str =
    "DELETE FROM traffic WHERE tenant = $1 AND span = $2 AND from_ms = $3 AND door = $4";
