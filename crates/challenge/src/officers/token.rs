//! Bearer tokens of the management API: how they look, and how they are kept.
//!
//! A token is `cst_` and 64 small letters and digits (base32 of an 8-byte id and 32 random bytes). An
//! HMAC of it is kept, under a key derived from the master key.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::keys::Kept;
use super::role::{Reach, Role};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;

/// What every token begins with, so that people and secret scanners know one.
pub const PREFIX: &str = "cst_";

/// Days a token lives that nobody said anything about.
pub const DAYS: u32 = 365;

/// The most days a token may live.
pub const DAYS_MAX: u32 = 3650;

/// The most characters of a token's name.
pub const NAME_MAX: usize = 64;

/// Good tokens of one reach at most: of one tenant, or of the whole server.
pub const TOKENS_MAX: usize = 100;

/// Seconds for which a token that ended stays in the list: 30 days.
const LISTED_S: u32 = 30 * 24 * 3600;

/// A token, as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The token's id.
    pub id: Id<Token>,
    /// What people call it.
    pub name: String,
    /// What for.
    pub role: Role,
    /// How far.
    pub reach: Reach,
    /// The officer who made it.
    pub made_by: String,
    /// The administrator behind whoever made it: the officer's own id, or that of the one behind the token
    /// by which it was made; nothing: the command line.
    #[serde(default)]
    pub owner: Option<Id<User>>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    pub(super) mac: Kept,
}

impl Token {
    /// Whether it is neither expired nor revoked at `now`.
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// From when on nobody needs the row: some time after its end, so that lists tell of it.
    pub fn keep_until(&self) -> Timestamp {
        let end = self.revoked_at.unwrap_or(self.expires_at);
        end.min(self.expires_at).plus_s(LISTED_S)
    }
}

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// What for.
    pub role: Role,
    /// How far.
    pub reach: Reach,
    /// Days it lives, 1 to [`DAYS_MAX`]; nothing: [`DAYS`].
    pub days: Option<u32>,
}

/// A token just made: the only moment at which its text is known here.
#[derive(Debug)]
pub struct MadeToken {
    /// The text for the `Authorization` header.
    pub text: SecretString,
    /// What was kept.
    pub token: Token,
}
