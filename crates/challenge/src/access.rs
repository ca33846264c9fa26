//! Access tokens: who they stand for, how they look, how they are kept.
//!
//! A token is 30 bytes in standard base64 (40 characters): 4 bytes that tell the kind and tenant,
//! 8 bytes of time in milliseconds, 18 random bytes. Only a digest is stored.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::directory::{Client, Tenant, User};
use crate::id::Id;
use crate::rng::{self, Rng};

/// Bytes of a token before base64.
const TOKEN_LENGTH: usize = 30;

/// What finds a token in the store: its time, and a digest of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenKey {
    /// When it was issued, in milliseconds since the epoch: new rows are appended.
    pub issued_ms: i64,
    /// The first 16 bytes of the SHA-256 of the token.
    pub digest: [u8; 16],
}

/// An access token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// What finds it.
    pub key: TokenKey,
    /// The tenant it is for.
    pub tenant: Id<Tenant>,
    /// The client it was issued to.
    pub client: Id<Client>,
    /// The user it stands for; nothing: the client itself.
    pub user: Option<TokenUser>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// The user that a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUser {
    /// The user's id.
    pub id: Id<User>,
    /// The user's login name when the token was issued.
    pub login_name: String,
}

/// A token just issued: the only moment at which its text is known here.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token for the wire.
    pub text: String,
    /// Seconds it lives.
    pub lifetime_s: u32,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "IssuedToken(.., {} s)", self.lifetime_s)
    }
}

/// Who a token is issued to, and for whom.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The client it is issued to.
    pub client: Id<Client>,
    /// The user it stands for; nothing: the client itself.
    pub user: Option<TokenUser>,
}

/// Draws a token that lives `lifetime_s` seconds from `now`.
pub fn draw(
    holder: Holder,
    lifetime_s: u32,
    now: Timestamp,
    rng: &dyn Rng,
) -> (IssuedToken, AccessToken) {
    let Holder {
        tenant,
        client,
        user,
    } = holder;
    let mut raw = Vec::with_capacity(TOKEN_LENGTH);
    raw.extend_from_slice(&mark(tenant, client, user.is_some()));
    raw.extend_from_slice(&now.unix_ms().to_be_bytes());
    raw.extend_from_slice(&rng::bytes::<18>(rng));
    let text = BASE64.encode(&raw);
    let key = TokenKey {
        issued_ms: now.unix_ms(),
        digest: digest_of(&raw),
    };
    let expires_at = now.plus_s(lifetime_s);
    let token = AccessToken {
        key,
        tenant,
        client,
        user,
        expires_at,
        revoked: false,
    };
    (IssuedToken { text, lifetime_s }, token)
}

impl TokenKey {
    /// What finds the token with this text; nothing where the text is not a token's.
    pub fn of_unverified(text: &str) -> Option<Self> {
        let raw = raw_of_unverified(text)?;
        let time = raw.get(4..12)?.first_chunk::<8>()?;
        Some(Self {
            issued_ms: i64::from_be_bytes(*time),
            digest: digest_of(&raw),
        })
    }
}

/// The bytes of a token. A `+` that a careless form post turned into a space is taken as a `+`.
fn raw_of_unverified(text: &str) -> Option<Vec<u8>> {
    let repaired;
    let text = if text.contains(' ') {
        repaired = text.replace(' ', "+");
        repaired.as_str()
    } else {
        text
    };
    if text.len() != TOKEN_LENGTH / 3 * 4 {
        return None;
    }
    BASE64.decode(text.as_bytes()).ok()
}

/// The mark of a client's own tokens.
pub(crate) fn client_mark(tenant: Id<Tenant>, client: Id<Client>) -> [u8; 4] {
    mark(tenant, client, false)
}

/// The mark of the token with this text; nothing where the text is not a token's.
pub(crate) fn mark_of_unverified(text: &str) -> Option<[u8; 4]> {
    raw_of_unverified(text)?.first_chunk().copied()
}

/// Four bytes by which people can tell tokens apart, and by which the tenant of a client's token is
/// looked for where the request does not name it. They prove nothing.
fn mark(tenant: Id<Tenant>, client: Id<Client>, for_user: bool) -> [u8; 4] {
    let named = if for_user {
        format!("user {tenant}")
    } else {
        format!("client {tenant} {client}")
    };
    let whole = digest(&SHA256, named.as_bytes());
    whole.as_ref().first_chunk().copied().unwrap_or_default()
}

fn digest_of(raw: &[u8]) -> [u8; 16] {
    let whole = digest(&SHA256, raw);
    whole.as_ref().first_chunk().copied().unwrap_or_default()
}
