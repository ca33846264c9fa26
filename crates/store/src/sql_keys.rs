//! The statements about master keys and about what is sealed: both databases understand them, and each
//! parameter is first named in its order.

pub(crate) const MASTER_KEYS: &str = "SELECT version, fingerprint, added_at, seals_since, resealed_at, \
     dropped_at, lasting FROM master_key ORDER BY version";
pub(crate) const ADD_KEY: &str = "INSERT INTO master_key (version, fingerprint, added_at, seals_since, \
     resealed_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
pub(crate) const HOLDERS: &str = "SELECT node, name, version, fingerprint, seals, seen_at FROM key_holder \
     WHERE seen_at >= $1 ORDER BY node, version";
pub(crate) const REMOVE_HOLDER: &str = "DELETE FROM key_holder WHERE node = $1";
pub(crate) const REMOVE_OLD_HOLDERS: &str = "DELETE FROM key_holder WHERE seen_at < $1";
pub(crate) const ADD_HOLDER: &str = "INSERT INTO key_holder (node, version, fingerprint, name, seals, \
     seen_at) VALUES ($1, $2, $3, $4, $5, $6)";
/// Takes the row that all who write the directory take first.
pub(crate) const RAISE_DIRECTORY: &str = "UPDATE directory_version SET version = version + 1";
/// Touches a row where there is any.
pub(crate) const EXPECT_NO_KEY: &str = "UPDATE master_key SET added_at = added_at";
/// One below a version that seals never begins to.
pub(crate) const BEGIN_SEALING: &str = "UPDATE master_key SET seals_since = $1 WHERE version = $2 \
     AND seals_since IS NULL AND dropped_at IS NULL AND NOT EXISTS (SELECT s.version FROM master_key s \
     WHERE s.version > master_key.version AND s.seals_since IS NOT NULL) \
     AND NOT EXISTS (SELECT h.node FROM key_holder h \
     WHERE h.seen_at >= $3 AND NOT EXISTS (SELECT k.node FROM key_holder k WHERE k.node = h.node \
     AND k.version = master_key.version AND k.fingerprint = master_key.fingerprint))";
pub(crate) const NOTE_RESEALED: &str =
    "UPDATE master_key SET resealed_at = $1 WHERE version = $2 AND resealed_at IS NULL";
/// Drops a version while the one that seals ($4) still is the one that what lasts is sealed under. A version that
/// never sealed may go before everything is sealed anew.
pub(crate) const DROP_KEY: &str = "UPDATE master_key SET dropped_at = $1, lasting = $2 \
     WHERE version = $3 AND dropped_at IS NULL AND version <> $4 \
     AND EXISTS (SELECT s.version FROM master_key s WHERE s.version = $4 AND s.seals_since IS NOT NULL \
     AND s.dropped_at IS NULL AND (s.resealed_at IS NOT NULL OR master_key.seals_since IS NULL)) \
     AND NOT EXISTS (SELECT n.version FROM master_key n WHERE n.version > $4 \
     AND n.seals_since IS NOT NULL AND n.dropped_at IS NULL) \
     AND NOT EXISTS (SELECT h.node FROM key_holder h WHERE h.seen_at >= $5 AND h.seals = 1 \
     AND h.version = master_key.version)";
/// Touches a row where this version was dropped.
pub(crate) const EXPECT_NOT_DROPPED: &str = "UPDATE master_key SET dropped_at = dropped_at \
     WHERE version = $1 AND dropped_at IS NOT NULL";
pub(crate) const MARKED_EVENTS: &str =
    "SELECT count(*) FROM event_unsealed WHERE refused = 0 AND substr(tag, 1, 4) = $1";
pub(crate) const COUNT: &str = "SELECT (SELECT count(*) FROM tenant) + (SELECT count(*) FROM site) \
     + (SELECT count(*) FROM server_setting) + (SELECT count(*) FROM authenticator) \
     + (SELECT count(*) FROM standing) + (SELECT count(*) FROM device) \
     + (SELECT count(*) FROM approval_session) + (SELECT count(*) FROM console_session) \
     + (SELECT count(*) FROM kept_request) + (SELECT count(*) FROM sign_up) \
     + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM master_key)";

pub(crate) const TENANTS: &str = "SELECT CAST(0 AS BIGINT), id, okay_secret, okay_callback_secret, \
     CAST(0 AS BIGINT), NULL FROM tenant WHERE CAST(0 AS BIGINT) >= $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const SITES: &str = "SELECT tenant, id, secret, NULL, CAST(0 AS BIGINT), NULL FROM site \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const SETTINGS: &str = "SELECT CAST(0 AS BIGINT), name, secret, NULL, CAST(0 AS BIGINT), NULL \
     FROM server_setting WHERE CAST(0 AS BIGINT) >= $1 AND name > $2 ORDER BY name LIMIT $3";
pub(crate) const AUTHENTICATORS: &str = "SELECT tenant, id, secret, pin, CAST(0 AS BIGINT), NULL \
     FROM authenticator WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const STANDINGS: &str = "SELECT tenant, user_id, NULL, NULL, version, body FROM standing \
     WHERE (tenant, user_id) > ($1, $2) ORDER BY tenant, user_id LIMIT $3";
pub(crate) const DEVICES: &str = "SELECT tenant, id, NULL, NULL, version, body FROM device \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const SESSIONS: &str = "SELECT tenant, id, NULL, NULL, version, body FROM approval_session \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const CONSOLE_SESSIONS: &str = "SELECT tenant, id, NULL, NULL, version, body \
     FROM console_session WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const KEPT_REQUESTS: &str = "SELECT tenant, id, NULL, NULL, version, body FROM kept_request \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const SIGN_UPS: &str = "SELECT tenant, id, NULL, NULL, version, body FROM sign_up \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const OUTBOX: &str = "SELECT tenant, id, NULL, NULL, CAST(0 AS BIGINT), body FROM outbox \
     WHERE (tenant, id) > ($1, $2) ORDER BY tenant, id LIMIT $3";
pub(crate) const KEYS: &str = "SELECT CAST(0 AS BIGINT), version, lasting, NULL, CAST(0 AS BIGINT), NULL \
     FROM master_key WHERE CAST(0 AS BIGINT) >= $1 AND version > $2 ORDER BY version LIMIT $3";

pub(crate) const PUT_OKAY_SECRET: &str = "UPDATE tenant SET okay_secret = $1 \
     WHERE CAST(0 AS BIGINT) = $2 AND id = $3 AND okay_secret = $4";
pub(crate) const PUT_OKAY_CALLBACK_SECRET: &str = "UPDATE tenant SET okay_callback_secret = $1 \
     WHERE CAST(0 AS BIGINT) = $2 AND id = $3 AND okay_callback_secret = $4";
pub(crate) const PUT_SITE_SECRET: &str =
    "UPDATE site SET secret = $1 WHERE tenant = $2 AND id = $3 AND secret = $4";
pub(crate) const PUT_SETTING_SECRET: &str = "UPDATE server_setting SET secret = $1 \
     WHERE CAST(0 AS BIGINT) = $2 AND name = $3 AND secret = $4";
pub(crate) const PUT_AUTHENTICATOR_SECRET: &str =
    "UPDATE authenticator SET secret = $1 WHERE tenant = $2 AND id = $3 AND secret = $4";
pub(crate) const PUT_AUTHENTICATOR_PIN: &str =
    "UPDATE authenticator SET pin = $1 WHERE tenant = $2 AND id = $3 AND pin = $4";
pub(crate) const PUT_LASTING: &str = "UPDATE master_key SET lasting = $1 \
     WHERE CAST(0 AS BIGINT) = $2 AND version = $3 AND lasting = $4";
pub(crate) const PUT_STANDING: &str = "UPDATE standing SET version = version + 1, body = $1 \
     WHERE tenant = $2 AND user_id = $3 AND version = $4";
pub(crate) const PUT_DEVICE: &str = "UPDATE device SET version = version + 1, body = $1 \
     WHERE tenant = $2 AND id = $3 AND version = $4";
pub(crate) const PUT_SESSION: &str = "UPDATE approval_session SET version = version + 1, body = $1 \
     WHERE tenant = $2 AND id = $3 AND version = $4";
pub(crate) const PUT_CONSOLE_SESSION: &str = "UPDATE console_session SET version = version + 1, \
     body = $1 WHERE tenant = $2 AND id = $3 AND version = $4";
pub(crate) const PUT_KEPT_REQUEST: &str = "UPDATE kept_request SET version = version + 1, body = $1 \
     WHERE tenant = $2 AND id = $3 AND version = $4";
pub(crate) const PUT_SIGN_UP: &str = "UPDATE sign_up SET version = version + 1, body = $1 \
     WHERE tenant = $2 AND id = $3 AND version = $4";
pub(crate) const PUT_MESSAGE: &str =
    "UPDATE outbox SET body = $1 WHERE tenant = $2 AND id = $3 AND body = $4";
