//! The statements that both databases understand, each parameter first named in its order.

pub(crate) const STANDING: &str =
    "SELECT version, body FROM standing WHERE tenant = $1 AND user_id = $2";
pub(crate) const CHALLENGE: &str =
    "SELECT version, state, body FROM challenge WHERE tenant = $1 AND id = $2";
pub(crate) const TOKEN: &str = "SELECT client_id, user_id, login_name, expires_at, revoked \
     FROM access_token WHERE tenant = $1 AND issued_ms = $2 AND digest = $3";
pub(crate) const KEPT_MARK: &str = "SELECT tenant FROM spent WHERE tenant = $1 AND digest = $2 \
     AND (keep_until IS NULL OR keep_until > $3)";
pub(crate) const ADD_SITE_HOUR: &str = "INSERT INTO site_hour \
     (tenant, site, from_ms, issued, answered_right, answered_wrong, checked, answer_ms) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, site, from_ms) DO UPDATE SET \
     issued = site_hour.issued + excluded.issued, \
     answered_right = site_hour.answered_right + excluded.answered_right, \
     answered_wrong = site_hour.answered_wrong + excluded.answered_wrong, \
     checked = site_hour.checked + excluded.checked, \
     answer_ms = site_hour.answer_ms + excluded.answer_ms";
pub(crate) const SITE_HOURS: &str = "SELECT tenant, site, from_ms, issued, answered_right, \
     answered_wrong, checked, answer_ms FROM site_hour \
     WHERE tenant = $1 AND site = $2 AND from_ms >= $3 ORDER BY from_ms";
pub(crate) const EVENTS: &str = "SELECT id, tenant, at, kind, outcome, user_id, detail \
     FROM event WHERE tenant = $1 ORDER BY tenant DESC, id DESC LIMIT $2";
pub(crate) const DEVICE: &str = "SELECT version, body FROM device WHERE tenant = $1 AND id = $2";
pub(crate) const SESSION: &str =
    "SELECT version, body FROM approval_session WHERE tenant = $1 AND id = $2";
pub(crate) const LINKING_CODE: &str =
    "SELECT version, body FROM linking_code WHERE tenant = $1 AND id = $2";
pub(crate) const GUESSES: &str =
    "SELECT version, body FROM linking_guess WHERE tenant = $1 AND id = $2";
pub(crate) const OPEN_LINKING_CODES: &str = "SELECT count(*) FROM \
     (SELECT ends_at FROM linking_code WHERE ends_at > $1 LIMIT $2) AS open";

pub(crate) const ADMINISTRATOR: &str =
    "SELECT version, body FROM administrator WHERE tenant = $1 AND id = $2";
pub(crate) const OFFICER_TOKEN: &str =
    "SELECT version, body FROM officer_token WHERE tenant = $1 AND id = $2";
pub(crate) const CONSOLE_SESSION: &str =
    "SELECT version, body FROM console_session WHERE tenant = $1 AND id = $2";
pub(crate) const SIGN_UP: &str = "SELECT version, body FROM sign_up WHERE tenant = $1 AND id = $2";
pub(crate) const KEPT_REQUEST: &str =
    "SELECT version, body FROM kept_request WHERE tenant = $1 AND id = $2";
pub(crate) const ADMINISTRATORS: &str = "SELECT version, body FROM administrator \
     WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const OFFICER_TOKENS: &str = "SELECT version, body FROM officer_token \
     WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
pub(crate) const ADD_ADMINISTRATOR: &str = "INSERT INTO administrator \
     (ends_at, body, tenant, id, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
pub(crate) const MOVE_ADMINISTRATOR: &str = "UPDATE administrator SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
pub(crate) const ADD_OFFICER_TOKEN: &str = "INSERT INTO officer_token \
     (ends_at, body, tenant, id, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
pub(crate) const MOVE_OFFICER_TOKEN: &str = "UPDATE officer_token SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
pub(crate) const ADD_CONSOLE_SESSION: &str = "INSERT INTO console_session \
     (ends_at, body, tenant, id, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
pub(crate) const MOVE_CONSOLE_SESSION: &str = "UPDATE console_session SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
pub(crate) const ADD_SIGN_UP: &str = "INSERT INTO sign_up \
     (ends_at, body, tenant, id, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
pub(crate) const MOVE_SIGN_UP: &str = "UPDATE sign_up SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";
pub(crate) const ADD_KEPT_REQUEST: &str = "INSERT INTO kept_request \
     (ends_at, body, tenant, id, version) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
pub(crate) const MOVE_KEPT_REQUEST: &str = "UPDATE kept_request SET version = version + 1, \
     ends_at = $1, body = $2 WHERE tenant = $3 AND id = $4 AND version = $5";

pub(crate) const DIRECTORY_VERSION: &str = "SELECT version FROM directory_version";
pub(crate) const RAISE_DIRECTORY_VERSION: &str =
    "UPDATE directory_version SET version = version + 1 WHERE version = $1";
/// Writes without changing anything: it fails where a commit would.
pub(crate) const PROBE: &str = "UPDATE directory_version SET version = version";

pub(crate) const SERVER_SETTINGS: &str =
    "SELECT name, body, secret FROM server_setting ORDER BY name";
pub(crate) const PUT_SERVER_SETTING: &str = "INSERT INTO server_setting (name, body, secret) \
     VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET body = excluded.body, \
     secret = excluded.secret";

pub(crate) const TENANTS: &str = "SELECT id, name, display_name, okay_id, okay, okay_secret, \
     okay_callback_secret FROM tenant ORDER BY id";
pub(crate) const CLIENTS: &str =
    "SELECT tenant, id, name, secret, body FROM client ORDER BY tenant, id";
pub(crate) const POLICIES: &str =
    "SELECT tenant, id, name, secret, body FROM policy ORDER BY tenant, id";
pub(crate) const SITES: &str =
    "SELECT tenant, id, name, secret, body FROM site ORDER BY tenant, id";

pub(crate) const USER_BY_ID: &str = "SELECT u.tenant, u.id, u.login_name, u.body, \
     a.id, a.serial, a.secret, a.pin, a.body \
     FROM user_account u LEFT JOIN authenticator a ON a.tenant = u.tenant AND a.user_id = u.id \
     WHERE u.tenant = $1 AND u.id = $2 ORDER BY u.id, a.id";
pub(crate) const USER_BY_LOGIN_NAME: &str = "SELECT u.tenant, u.id, u.login_name, u.body, \
     a.id, a.serial, a.secret, a.pin, a.body \
     FROM user_account u LEFT JOIN authenticator a ON a.tenant = u.tenant AND a.user_id = u.id \
     WHERE u.tenant = $1 AND u.login_name = $2 ORDER BY u.id, a.id";
pub(crate) const USER_BY_EXTERNAL_ID: &str = "SELECT u.tenant, u.id, u.login_name, u.body, \
     a.id, a.serial, a.secret, a.pin, a.body \
     FROM user_account u LEFT JOIN authenticator a ON a.tenant = u.tenant AND a.user_id = u.id \
     WHERE u.tenant = $1 AND u.external_id = $2 ORDER BY u.id, a.id";
pub(crate) const USERS: &str = "SELECT u.tenant, u.id, u.login_name, u.body, \
     a.id, a.serial, a.secret, a.pin, a.body \
     FROM (SELECT tenant, id, login_name, body FROM user_account \
         WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3) u \
     LEFT JOIN authenticator a ON a.tenant = u.tenant AND a.user_id = u.id ORDER BY u.id, a.id";
pub(crate) const USERS_FROM: &str = "SELECT u.tenant, u.id, u.login_name, u.body, \
     a.id, a.serial, a.secret, a.pin, a.body \
     FROM (SELECT tenant, id, login_name, body FROM user_account \
         WHERE tenant = $1 AND login_name >= $2 ORDER BY login_name LIMIT $3) u \
     LEFT JOIN authenticator a ON a.tenant = u.tenant AND a.user_id = u.id \
     ORDER BY u.login_name, a.id";
/// Names who may be locked by a partial index, whose condition stands here as it stands there.
pub(crate) const FAILING_USERS: &str = "SELECT failures, user_id FROM standing \
     WHERE tenant = $1 AND failures > 0 AND (failures, user_id) > ($2, $3) \
     ORDER BY failures, user_id LIMIT $4";
pub(crate) const AUTHENTICATOR_BY_ID: &str = "SELECT tenant, id, serial, secret, pin, body \
     FROM authenticator WHERE tenant = $1 AND id = $2";
pub(crate) const AUTHENTICATOR_BY_SERIAL: &str = "SELECT tenant, id, serial, secret, pin, body \
     FROM authenticator WHERE tenant = $1 AND serial = $2";
pub(crate) const AUTHENTICATORS_ON: &str = "SELECT tenant, id, serial, secret, pin, body \
     FROM authenticator WHERE tenant = $1 AND device_id = $2 ORDER BY id";

pub(crate) const PUT_TENANT: &str = "INSERT INTO tenant \
     (id, name, display_name, okay_id, okay, okay_secret, okay_callback_secret) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
     display_name = excluded.display_name, okay_id = excluded.okay_id, okay = excluded.okay, \
     okay_secret = excluded.okay_secret, okay_callback_secret = excluded.okay_callback_secret";
pub(crate) const PUT_CLIENT: &str = "INSERT INTO client \
     (tenant, id, name, name_in_server, secret, body) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, \
     name_in_server = excluded.name_in_server, secret = excluded.secret, body = excluded.body";
pub(crate) const PUT_POLICY: &str = "INSERT INTO policy \
     (tenant, id, name, name_in_server, secret, body) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, \
     name_in_server = excluded.name_in_server, secret = excluded.secret, body = excluded.body";
pub(crate) const PUT_SITE: &str = "INSERT INTO site \
     (tenant, id, name, name_in_server, secret, body) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, \
     name_in_server = excluded.name_in_server, secret = excluded.secret, body = excluded.body";
pub(crate) const PUT_USER: &str = "INSERT INTO user_account \
     (tenant, id, login_name, external_id, body) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (tenant, id) DO UPDATE SET login_name = excluded.login_name, \
     external_id = excluded.external_id, body = excluded.body";
pub(crate) const PUT_AUTHENTICATOR: &str = "INSERT INTO authenticator \
     (tenant, id, user_id, serial, device_id, secret, pin, body) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, id) DO UPDATE SET \
     user_id = excluded.user_id, serial = excluded.serial, device_id = excluded.device_id, \
     secret = excluded.secret, pin = excluded.pin, body = excluded.body";
/// Nor where there are users, nor while tokens are being taken in, whose users nobody sees yet.
pub(crate) const REMOVE_TENANT: &str = "DELETE FROM tenant WHERE id = $1 \
     AND NOT EXISTS (SELECT 1 FROM corpus WHERE tenant = $1) \
     AND NOT EXISTS (SELECT 1 FROM user_account WHERE tenant = $1) \
     AND NOT EXISTS (SELECT 1 FROM server_setting WHERE name = 'intake')";
pub(crate) const REMOVE_CLIENT: &str = "DELETE FROM client WHERE tenant = $1 AND id = $2";
pub(crate) const REMOVE_POLICY: &str = "DELETE FROM policy WHERE tenant = $1 AND id = $2";
pub(crate) const REMOVE_SITE: &str = "DELETE FROM site WHERE tenant = $1 AND id = $2";

pub(crate) const ADD_STANDING: &str =
    "INSERT INTO standing (tenant, user_id, version, body, failures) VALUES ($1, $2, 1, $3, $4)";
pub(crate) const MOVE_STANDING: &str = "UPDATE standing SET version = version + 1, body = $1, \
     failures = $2 WHERE tenant = $3 AND user_id = $4 AND version = $5";
/// Touches one row where the version is as expected.
pub(crate) const EXPECT_STANDING: &str =
    "UPDATE standing SET version = version WHERE tenant = $1 AND user_id = $2 AND version = $3";
/// Touches no row where there is no such standing.
pub(crate) const EXPECT_NO_STANDING: &str =
    "UPDATE standing SET version = version WHERE tenant = $1 AND user_id = $2";
pub(crate) const ADD_EVENT: &str = "INSERT INTO event \
     (tenant, id, at, kind, outcome, user_id, officer, detail, salt) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(crate) const ENDED_TOKENS: &str = "SELECT tenant, issued_ms, digest FROM access_token \
     WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
pub(crate) const REMOVE_TOKEN: &str =
    "DELETE FROM access_token WHERE tenant = $1 AND issued_ms = $2 AND digest = $3";
pub(crate) const ENDED_MARKS: &str =
    "SELECT tenant, digest FROM spent WHERE keep_until <= $1 ORDER BY keep_until LIMIT $2";
pub(crate) const REMOVE_MARK: &str = "DELETE FROM spent WHERE tenant = $1 AND digest = $2";
/// Ids sort by time, so what has ended stands at the front of its tenant's range, and needs no
/// index that every request would have to write.
/// The tenants are those that have some, whether they are there or were removed: found one after the
/// other in the index.
pub(crate) const ENDED_CHALLENGES: &str = "WITH RECURSIVE t (id) AS (SELECT min(tenant) FROM challenge \
     UNION ALL SELECT (SELECT min(n.tenant) FROM challenge n WHERE n.tenant > t.id) FROM t \
     WHERE t.id IS NOT NULL) \
     SELECT c.tenant, c.id FROM t CROSS JOIN challenge c \
     WHERE c.tenant = t.id AND c.id < $1 AND c.ends_at <= $2 LIMIT $3";
pub(crate) const ENDED_DEVICES: &str =
    "SELECT tenant, id FROM device WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_DEVICE: &str = "DELETE FROM device WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_SESSIONS: &str =
    "SELECT tenant, id FROM approval_session WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_SESSION: &str =
    "DELETE FROM approval_session WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_CODES: &str =
    "SELECT tenant, id FROM linking_code WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_CODE: &str = "DELETE FROM linking_code WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_GUESSES: &str =
    "SELECT tenant, id FROM linking_guess WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_GUESSES: &str = "DELETE FROM linking_guess WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_OFFICER_TOKENS: &str =
    "SELECT tenant, id FROM officer_token WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_OFFICER_TOKEN: &str =
    "DELETE FROM officer_token WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_CONSOLE_SESSIONS: &str =
    "SELECT tenant, id FROM console_session WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_CONSOLE_SESSION: &str =
    "DELETE FROM console_session WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_SIGN_UPS: &str =
    "SELECT tenant, id FROM sign_up WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_SIGN_UP: &str = "DELETE FROM sign_up WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_KEPT_REQUESTS: &str =
    "SELECT tenant, id FROM kept_request WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2";
pub(crate) const REMOVE_KEPT_REQUEST: &str =
    "DELETE FROM kept_request WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_MESSAGES: &str =
    "SELECT tenant, id FROM outbox WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2";
pub(crate) const REMOVE_MESSAGE: &str = "DELETE FROM outbox WHERE tenant = $1 AND id = $2";
pub(crate) const REMOVE_CHALLENGE: &str = "DELETE FROM challenge WHERE tenant = $1 AND id = $2";
pub(crate) const ENDED_SITE_HOURS: &str = "SELECT tenant, site, from_ms FROM site_hour \
     WHERE from_ms <= $1 ORDER BY from_ms LIMIT $2";
pub(crate) const REMOVE_SITE_HOUR: &str =
    "DELETE FROM site_hour WHERE tenant = $1 AND site = $2 AND from_ms = $3";

/// Asked of each tenant by its own part of the index: one with many messages hides no other.
pub(crate) const TENANTS_WITH_MESSAGES: &str = "SELECT t.id FROM tenant t WHERE EXISTS \
     (SELECT o.id FROM outbox o WHERE o.kind = $1 AND o.tenant = t.id AND o.dead_at IS NULL \
         AND o.due_at <= $2 AND o.lease_until <= $2) ORDER BY t.id";
pub(crate) const READY_MESSAGES: &str = "SELECT o.id, o.tenant, o.kind, o.line, o.body, o.due_at, \
     o.failed_tries, o.lease_until, o.ticket FROM outbox o \
     WHERE o.kind = $1 AND o.tenant = $2 AND o.dead_at IS NULL \
         AND o.due_at <= $3 AND o.lease_until <= $3 \
         AND (o.line IS NULL OR NOT EXISTS (SELECT e.id FROM outbox e WHERE e.tenant = o.tenant \
             AND e.line = o.line AND e.place < o.place AND e.failed_tries < $4 \
             AND e.dead_at IS NULL)) \
     ORDER BY o.due_at, o.id LIMIT $5";
/// Its conditions are those of the index `outbox_first`, as they stand: no retry is looked at.
pub(crate) const TENANTS_WITH_FIRST_TRIES: &str = "SELECT t.id FROM tenant t WHERE EXISTS \
     (SELECT o.id FROM outbox o WHERE o.kind = $1 AND o.tenant = t.id AND o.dead_at IS NULL \
         AND o.failed_tries = 0 \
         AND o.due_at <= $2 AND o.lease_until <= $2) ORDER BY t.id";
/// As [`TENANTS_WITH_FIRST_TRIES`].
pub(crate) const READY_FIRST_TRIES: &str = "SELECT o.id, o.tenant, o.kind, o.line, o.body, o.due_at, \
     o.failed_tries, o.lease_until, o.ticket FROM outbox o \
     WHERE o.kind = $1 AND o.tenant = $2 AND o.dead_at IS NULL \
         AND o.failed_tries = 0 \
         AND o.due_at <= $3 AND o.lease_until <= $3 \
         AND (o.line IS NULL OR NOT EXISTS (SELECT e.id FROM outbox e WHERE e.tenant = o.tenant \
             AND e.line = o.line AND e.place < o.place AND e.failed_tries < $4 \
             AND e.dead_at IS NULL)) \
     ORDER BY o.due_at, o.id LIMIT $5";
pub(crate) const TAKE_MESSAGE: &str = "UPDATE outbox SET lease_until = $1, ticket = $2 \
     WHERE tenant = $3 AND id = $4 AND lease_until = $5 AND ticket = $6 AND dead_at IS NULL";
pub(crate) const TICKET: &str = "SELECT ticket FROM outbox WHERE tenant = $1 AND id = $2";
pub(crate) const REMOVE_DELIVERED: &str = "DELETE FROM outbox \
     WHERE tenant = $1 AND id = $2 AND ticket = $3 AND lease_until <> 0";
pub(crate) const TRY_AGAIN: &str = "UPDATE outbox SET due_at = $1, trouble = $2, \
     failed_tries = failed_tries + 1, lease_until = 0 \
     WHERE tenant = $3 AND id = $4 AND ticket = $5 AND lease_until <> 0";
pub(crate) const GIVE_UP: &str = "UPDATE outbox SET dead_at = $1, trouble = $2, \
     failed_tries = failed_tries + 1, lease_until = 0 \
     WHERE tenant = $3 AND id = $4 AND ticket = $5 AND lease_until <> 0";
/// The later ones of a line wait with the first one, as long as it keeps the line after this try:
/// so none of them is looked at in vain.
pub(crate) const HOLD_UP_LINE: &str = "UPDATE outbox SET due_at = $1 FROM \
     (SELECT tenant AS of_tenant, line AS held, place AS first FROM outbox WHERE tenant = $2 \
         AND id = $3 AND ticket = $4 AND lease_until <> 0 AND failed_tries + 1 < $5) AS head \
     WHERE tenant = of_tenant AND line = held AND place > first AND due_at < $1";
pub(crate) const REDELIVER: &str = "UPDATE outbox SET due_at = $1, failed_tries = 0, dead_at = NULL, \
     lease_until = 0 WHERE tenant = $2 AND id = $3";
pub(crate) const WAITING_MESSAGES: &str = "SELECT id, tenant, kind, line, body, due_at, \
     failed_tries, dead_at, trouble FROM outbox WHERE kind = $1 \
     AND (dead_at IS NOT NULL OR CAST($2 AS BIGINT) = 0) AND id > $3 ORDER BY id LIMIT $4";
pub(crate) const WAITING_MESSAGES_OF: &str = "SELECT id, tenant, kind, line, body, due_at, \
     failed_tries, dead_at, trouble FROM outbox WHERE kind = $1 \
     AND (dead_at IS NOT NULL OR CAST($2 AS BIGINT) = 0) AND id > $3 AND tenant = $4 \
     ORDER BY id LIMIT $5";

pub(crate) const CORPORA: &str = "SELECT id, tenant, name, edition, body, version FROM corpus \
     WHERE tenant = $1 ORDER BY name";
pub(crate) const ADD_CORPUS: &str = "INSERT INTO corpus (tenant, id, name, edition, version, body) \
     VALUES ($1, $2, $3, $4, 1, $5)";
pub(crate) const REPLACE_EDITION: &str = "UPDATE corpus SET edition = $1, version = version + 1, \
     body = $2 WHERE tenant = $3 AND id = $4 AND edition = $5";
pub(crate) const REMOVE_CORPUS: &str = "DELETE FROM corpus WHERE tenant = $1 AND id = $2";
pub(crate) const RAISE_CORPUS: &str =
    "UPDATE corpus SET version = version + 1 WHERE tenant = $1 AND id = $2";
pub(crate) const STAGE_EDITION: &str = "INSERT INTO corpus_edition (tenant, corpus, edition, ends_at, name, body) \
     VALUES ($1, $2, $3, $4, $5, $6)";
pub(crate) const EDITION: &str = "SELECT corpus, tenant, name, edition, body \
     FROM corpus_edition WHERE tenant = $1 AND corpus = $2 AND edition = $3";
pub(crate) const END_SHOWN_EDITION: &str = "UPDATE corpus_edition SET ends_at = $1 \
     WHERE tenant = $2 AND corpus = $3 AND ends_at IS NULL";
pub(crate) const SHOW_EDITION: &str = "UPDATE corpus_edition SET ends_at = NULL \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ends_at > $4";
pub(crate) const STAGE_IMAGE: &str = "INSERT INTO corpus_image \
     (tenant, corpus, edition, ordinal, digest, file, known, settled_at, length) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
pub(crate) const STAGE_BYTES: &str = "INSERT INTO corpus_bytes \
     (tenant, corpus, edition, ordinal, bytes) VALUES ($1, $2, $3, $4, $5)";
pub(crate) const CORPUS_IMAGES: &str = "SELECT ordinal, digest, file, known, settled_at, length \
     FROM corpus_image WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ordinal >= $4 \
     ORDER BY ordinal LIMIT $5";
pub(crate) const IMAGE_BYTES: &str = "SELECT bytes FROM corpus_bytes \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ordinal = $4";
pub(crate) const SETTLE_IMAGE: &str = "UPDATE corpus_image SET known = $1, settled_at = $2 \
     WHERE tenant = $3 AND corpus = $4 AND edition = $5 AND ordinal = $6 AND settled_at IS NULL";
pub(crate) const TALLIES_OF: &str = "SELECT digest, about, said, count(*), max(at) \
     FROM annotation WHERE tenant = $1 AND corpus = $2 AND digest = $3 \
     GROUP BY digest, about, said ORDER BY digest, about, said";
pub(crate) const TALLIES: &str = "SELECT digest, about, said, count(*), max(at) \
     FROM annotation WHERE tenant = $1 AND corpus = $2 AND digest IN \
     (SELECT DISTINCT digest FROM annotation WHERE tenant = $1 AND corpus = $2 AND digest > $3 \
         ORDER BY digest LIMIT $4) \
     GROUP BY digest, about, said ORDER BY digest, about, said";
/// Those whose time is up, and that can still be published by who does not know it yet.
pub(crate) const ENDED_EDITIONS: &str = "SELECT tenant, corpus, edition, ends_at \
     FROM corpus_edition WHERE ends_at > 0 AND ends_at <= $1 LIMIT $2";
/// From then on it cannot be published, and its rows can be removed.
pub(crate) const END_EDITION: &str = "UPDATE corpus_edition SET ends_at = 0 \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ends_at = $4";
pub(crate) const ENDED_BYTES: &str = "SELECT b.tenant, b.corpus, b.edition, b.ordinal \
     FROM corpus_edition e JOIN corpus_bytes b \
     ON b.tenant = e.tenant AND b.corpus = e.corpus AND b.edition = e.edition \
     WHERE e.ends_at = 0 LIMIT $1";
pub(crate) const REMOVE_BYTES: &str = "DELETE FROM corpus_bytes \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ordinal = $4";
pub(crate) const ENDED_IMAGES: &str = "SELECT i.tenant, i.corpus, i.edition, i.ordinal \
     FROM corpus_edition e JOIN corpus_image i \
     ON i.tenant = e.tenant AND i.corpus = e.corpus AND i.edition = e.edition \
     WHERE e.ends_at = 0 LIMIT $1";
pub(crate) const REMOVE_IMAGE: &str = "DELETE FROM corpus_image \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ordinal = $4";
/// What visitors said of the images of a corpus that is not there any more, as long as one of its editions is.
pub(crate) const ENDED_WORDS: &str = "SELECT a.tenant, a.corpus, a.digest, a.voice \
     FROM corpus_edition e JOIN annotation a ON a.tenant = e.tenant AND a.corpus = e.corpus \
     WHERE e.ends_at = 0 AND NOT EXISTS (SELECT 1 FROM corpus c \
         WHERE c.tenant = e.tenant AND c.id = e.corpus) LIMIT $1";
pub(crate) const REMOVE_WORD: &str = "DELETE FROM annotation \
     WHERE tenant = $1 AND corpus = $2 AND digest = $3 AND voice = $4";
/// Those whose images are all removed, and, where the corpus is gone, what was said of them.
pub(crate) const EMPTY_EDITIONS: &str = "SELECT e.tenant, e.corpus, e.edition \
     FROM corpus_edition e WHERE e.ends_at = 0 \
     AND NOT EXISTS (SELECT 1 FROM corpus_image i \
         WHERE i.tenant = e.tenant AND i.corpus = e.corpus AND i.edition = e.edition) \
     AND NOT EXISTS (SELECT 1 FROM corpus_bytes b \
         WHERE b.tenant = e.tenant AND b.corpus = e.corpus AND b.edition = e.edition) \
     AND (EXISTS (SELECT 1 FROM corpus c WHERE c.tenant = e.tenant AND c.id = e.corpus) \
         OR NOT EXISTS (SELECT 1 FROM annotation a \
             WHERE a.tenant = e.tenant AND a.corpus = e.corpus)) LIMIT $1";
pub(crate) const REMOVE_EDITION: &str = "DELETE FROM corpus_edition \
     WHERE tenant = $1 AND corpus = $2 AND edition = $3 AND ends_at = 0";
