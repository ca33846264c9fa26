//! The statements of the audit log's chain: both databases understand them, and each parameter is first
//! named in its order.

use std::sync::LazyLock;

pub(crate) const ADD_UNSEALED: &str =
    "INSERT INTO event_unsealed (refused, id, tenant, tag) VALUES (0, $1, $2, $3)";
pub(crate) const CHAIN: &str = "SELECT began_at, unmarked_until, head_number, head_link, head_at, \
     head_key, head_signature, cut_number, cut_link, cut_at, cut_key, cut_signature FROM audit_chain";
/// Those that wait, or those that were refused.
pub(crate) const WAITING: &str = "SELECT w.id, w.tenant, w.tag, l.number, e.id, e.tenant, e.at, e.kind, \
     e.outcome, e.user_id, e.detail, e.salt, e.erased \
     FROM (SELECT id, tenant, tag FROM event_unsealed WHERE refused = $1 AND (id, tenant) > ($2, $3) \
         ORDER BY id, tenant LIMIT $4) w \
     LEFT JOIN event_link l ON l.tenant = w.tenant AND l.id = w.id \
     LEFT JOIN event e ON e.tenant = w.tenant AND e.id = w.id ORDER BY w.id, w.tenant";
/// Its first condition is that of the index `event_unmarked`, as it stands. What is sealed had a salt, which
/// somebody took away.
pub(crate) const UNMARKED: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail FROM event \
     WHERE salt IS NULL AND erased IS NULL AND NOT EXISTS \
         (SELECT l.number FROM event_link l WHERE l.tenant = event.tenant AND l.id = event.id) \
     ORDER BY id, tenant LIMIT $1";
/// Puts an event among those that were refused if it waited, and the other way round.
pub(crate) const TURN_WAITING: &str = "INSERT INTO event_unsealed (refused, id, tenant, tag) \
     SELECT 1 - refused, id, tenant, tag FROM event_unsealed \
     WHERE refused = $1 AND id = $2 AND tenant = $3 ON CONFLICT DO NOTHING";
pub(crate) const DROP_WAITING: &str =
    "DELETE FROM event_unsealed WHERE refused = $1 AND id = $2 AND tenant = $3";
pub(crate) const TAKE_WAITING: &str =
    "DELETE FROM event_unsealed WHERE refused = 0 AND (id, tenant) <= ($1, $2)";
pub(crate) const SALT_EVENT: &str = "UPDATE event SET salt = $1 \
     WHERE tenant = $2 AND id = $3 AND salt IS NULL AND erased IS NULL";
pub(crate) const BEGIN_CHAIN: &str = "INSERT INTO audit_chain (began_at, unmarked_until, head_number, \
     head_link, head_at, head_key, head_signature, one) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) \
     ON CONFLICT DO NOTHING";
pub(crate) const MOVE_HEAD: &str = "UPDATE audit_chain SET began_at = $1, unmarked_until = $2, \
     head_number = $3, head_link = $4, head_at = $5, head_key = $6, head_signature = $7 \
     WHERE head_number = $8";
pub(crate) const SIGN_ENDS: &str = "UPDATE audit_chain SET head_key = $1, head_signature = $2, \
     cut_key = $3, cut_signature = $4 WHERE head_number = $5 AND head_signature = $6 AND cut_number = $7";
pub(crate) const MOVE_CUT: &str = "UPDATE audit_chain SET cut_number = $1, cut_link = $2, cut_at = $3, \
     cut_key = $4, cut_signature = $5 WHERE cut_number = $6";
pub(crate) const LINKS: &str = "SELECT w.number, w.tenant, w.id, w.link, e.id, e.tenant, e.at, \
     e.kind, e.outcome, e.user_id, e.detail, e.salt, e.erased \
     FROM (SELECT number, tenant, id, link FROM event_link WHERE number > $1 \
         ORDER BY number LIMIT $2) w \
     LEFT JOIN event e ON e.tenant = w.tenant AND e.id = w.id ORDER BY w.number";
pub(crate) const SEALED_AT: &str = "SELECT w.tenant, w.id, l.number \
     FROM (SELECT tenant, id FROM event WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3) w \
     LEFT JOIN event_link l ON l.tenant = w.tenant AND l.id = w.id ORDER BY w.tenant, w.id";
pub(crate) const FOUND_EVENT: &str = "SELECT l.number, u.tag, u.refused, e.id, e.tenant, e.at, e.kind, \
     e.outcome, e.user_id, e.detail, e.salt, e.erased FROM event e \
     LEFT JOIN event_link l ON l.tenant = e.tenant AND l.id = e.id \
     LEFT JOIN event_unsealed u ON u.refused IN (0, 1) AND u.id = e.id AND u.tenant = e.tenant \
     WHERE e.tenant = $1 AND e.id = $2";
pub(crate) const GONE: &str = "SELECT u.tenant, u.id FROM event_unsealed u WHERE NOT EXISTS \
     (SELECT e.id FROM event e WHERE e.tenant = u.tenant AND e.id = u.id) LIMIT $1";
pub(crate) const CUT_LINKS: &str = "DELETE FROM event_link WHERE number <= $1";
pub(crate) const REMOVE_EVENT: &str = "DELETE FROM event WHERE tenant = $1 AND id = $2";
pub(crate) const EVENTS_BETWEEN: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail, salt, \
     erased FROM event WHERE tenant = $1 AND id > $2 AND id < $3 ORDER BY tenant, id LIMIT $4";
pub(crate) const ERASE_EVENT: &str = "UPDATE event SET detail = $1, salt = NULL, erased = $2 \
     WHERE tenant = $3 AND id = $4 AND salt = $5";
/// Its first condition is that of the index `event_erased`, as it stands.
pub(crate) const ERASED: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail, salt, erased \
     FROM event WHERE erased IS NOT NULL AND (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const SIGN_ERASED: &str =
    "UPDATE event SET erased = $1 WHERE tenant = $2 AND id = $3 AND erased = $4";
pub(crate) const ADD_ERASURE: &str = "INSERT INTO erasure (tenant, user_id, names, asked_at, tag) \
     VALUES ($1, $2, $3, $4, $5)";
pub(crate) const ERASURES: &str = "SELECT tenant, user_id, names, asked_at, tag FROM erasure \
     WHERE (tenant, user_id) > ($1, $2) ORDER BY tenant, user_id LIMIT $3";
pub(crate) const END_ERASURE: &str = "DELETE FROM erasure WHERE tenant = $1 AND user_id = $2";

/// Links that one statement adds.
pub(crate) const LINKS_AT_ONCE: usize = 64;

const ADD_LINKS: &str = "INSERT INTO event_link (number, tenant, id, link) VALUES ";

/// Adds one link.
pub(crate) const ADD_LINK: &str =
    "INSERT INTO event_link (number, tenant, id, link) VALUES ($1, $2, $3, $4)";

/// Adds [`LINKS_AT_ONCE`] links.
pub(crate) static ADD_MANY_LINKS: LazyLock<String> = LazyLock::new(|| {
    let row = |row: usize| {
        let first = row * 4 + 1;
        let columns: Vec<_> = (first..first + 4)
            .map(|place| format!("${place}"))
            .collect();
        format!("({})", columns.join(", "))
    };
    let rows: Vec<_> = (0..LINKS_AT_ONCE).map(row).collect();
    format!("{ADD_LINKS}{}", rows.join(", "))
});
