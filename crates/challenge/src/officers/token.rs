//! Bearer tokens of the management API: how they look, and how they are kept.
//!
//! A token is `cst_` and 64 small letters and digits (base32 of an 8-byte id and 32 random bytes). An
//! HMAC of it is kept, under a key derived from the master key.

use data_encoding::BASE32_NOPAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::keys::Kept;
use super::role::{Reach, Role};
use crate::clock::Timestamp;
use crate::id::Id;
use crate::rng::{self, Rng};

/// What every token begins with, so that people and secret scanners know one.
pub const PREFIX: &str = "cst_";

/// Random bytes of a token.
const SECRET_LENGTH: usize = 32;

/// Days a token lives that nobody said anything about.
pub const DAYS: u32 = 365;

/// The most days a token may live.
pub const DAYS_MAX: u32 = 3650;

/// The most characters of a token's name.
pub const NAME_MAX: usize = 64;

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

/// Draws the text of a token.
pub(super) fn draw(id: Id<Token>, rng: &dyn Rng) -> SecretString {
    let mut raw = id.number().to_be_bytes().to_vec();
    raw.extend_from_slice(&rng::bytes::<SECRET_LENGTH>(rng));
    let text = BASE32_NOPAD.encode(&raw).to_ascii_lowercase();
    format!("{PREFIX}{text}").into()
}

/// Which token a text says that it is; nothing where it is no token's.
pub(super) fn id_of_unverified(text: &str) -> Option<Id<Token>> {
    let body = text.strip_prefix(PREFIX)?;
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if !body.bytes().all(small) {
        return None;
    }
    let raw = BASE32_NOPAD
        .decode(body.to_ascii_uppercase().as_bytes())
        .ok()?;
    let (id, secret) = raw.split_first_chunk::<8>()?;
    (secret.len() == SECRET_LENGTH).then(|| Id::from_number(i64::from_be_bytes(*id)))?
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::rng::DangerCountingRng;

    #[test]
    fn a_token_says_its_id_and_what_is_cut_or_changed_says_nothing() {
        let id = Id::from_number(77).unwrap();
        let text = draw(id, &DangerCountingRng::default());
        let text = text.expose_secret();
        assert_eq!(text.len(), 68);
        assert_eq!(id_of_unverified(text), Some(id));
        for strange in [
            &text[..67],
            &text[1..],
            "",
            "cst_",
            &text.to_uppercase(),
            &format!("{text}a"),
        ] {
            assert_eq!(id_of_unverified(strange), None, "{strange}");
        }
    }
}
