//! A session of an administrator at the console: what the cookie holds, and what is kept of it. Opening
//! and ending sessions is in `sessions.rs`.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{constant_time, hmac};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::administrator::{Administrator, Stage};
use super::officer::{Denied, Officer, Origin};
use crate::approval::ports::CodeDigest;
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::ports::{Version, Versioned};
use crate::secret::Sealed;

/// Seconds after which a session that nobody used ends.
pub const IDLE_S: u32 = 30 * 60;

/// Seconds after which a session ends, however busy.
pub const ABSOLUTE_S: u32 = 12 * 3600;

/// Seconds in which the one-time code must follow the password.
pub const HALF_S: u32 = 5 * 60;

/// A session just opened: the only moment at which its secret is known here.
#[derive(Debug)]
pub struct NewSession {
    /// What the cookie holds.
    pub secret: SecretString,
    /// What it owes.
    pub stage: Stage,
    /// When it ends, however busy.
    pub ends_at: Timestamp,
}

/// A session that a request came with.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who signs in; what they may is [`Session::officer`]'s to say.
    officer: Officer,
    /// The administrator.
    pub administrator: Administrator,
    /// What it owes.
    pub stage: Stage,
    /// When it ends if nobody uses it.
    pub idle_until: Timestamp,
    /// When it ends, however busy.
    pub ends_at: Timestamp,
    pub(super) digest: CodeDigest,
    pub(super) kept: KeptSession,
    pub(super) version: Version,
}

impl Session {
    pub(super) fn new(
        (officer, administrator): (Officer, Administrator),
        digest: CodeDigest,
        Versioned { version, value }: Versioned<KeptSession>,
    ) -> Self {
        Self {
            officer,
            administrator,
            stage: value.stage,
            idle_until: value.idle_until(),
            ends_at: value.ends_at,
            digest,
            kept: value,
            version,
        }
    }

    /// The same session, as it was read again.
    pub(super) fn kept_so(self, found: Versioned<KeptSession>) -> Self {
        Self::new((self.officer, self.administrator), self.digest, found)
    }

    /// Who signed in, once the session owes nothing.
    pub fn officer(&self) -> Result<&Officer, Denied> {
        match self.stage {
            Stage::Open => Ok(&self.officer),
            stage => Err(Denied::Owes(stage)),
        }
    }

    /// Who signs in, for the audit log.
    pub(super) fn whoever(&self) -> &Officer {
        &self.officer
    }

    /// Where the request came from.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            address: self.officer.address.clone(),
            correlation: self.officer.correlation.clone(),
        }
    }

    /// [`Denied::Owes`] unless the session is at this stage.
    pub(super) fn must_be_at(&self, stages: &[Stage]) -> Result<(), Denied> {
        if stages.contains(&self.stage) {
            Ok(())
        } else {
            Err(Denied::Owes(self.stage))
        }
    }
}

/// A session as its administrator sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    /// What it is called, to end it: it opens nothing.
    pub id: String,
    /// When the sign-in began.
    pub opened_at: Timestamp,
    /// When it was used last, to a minute.
    pub seen_at: Timestamp,
    /// The address the sign-in came from.
    pub address: Option<String>,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// What a session is called in a list: a part of its digest.
pub(super) fn name_of(digest: &CodeDigest) -> String {
    HEXLOWER.encode(digest).chars().take(16).collect()
}

/// A session as kept, under the SHA-256 of its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptSession {
    pub(super) administrator: Id<User>,
    pub(super) stage: Stage,
    /// Whether a link opened it: then a new password is owed.
    pub(super) by_link: bool,
    /// When the sign-in began.
    pub(super) opened_at: Timestamp,
    pub(super) seen_at: Timestamp,
    pub(super) ends_at: Timestamp,
    /// The address the sign-in came from.
    pub(super) address: Option<String>,
    /// The key of a second factor that was shown and gave no code yet, sealed.
    #[serde(with = "super::keys::sealed")]
    pub(super) drawn: Option<Sealed>,
}

impl KeptSession {
    pub(super) fn idle_until(&self) -> Timestamp {
        self.seen_at.plus_s(IDLE_S).min(self.ends_at)
    }

    /// Whether it is one at `now`.
    pub(super) fn is_good_at(&self, now: Timestamp) -> bool {
        now < self.idle_until()
    }

    /// From when on nobody needs it.
    pub fn keep_until(&self) -> Timestamp {
        self.ends_at
    }
}

/// What finds a session by its secret.
pub(super) fn digest_of(unverified_secret: &str) -> CodeDigest {
    let whole = digest(&SHA256, unverified_secret.as_bytes());
    whole.as_ref().try_into().unwrap_or_default()
}

/// The token that stands in the forms of a session: an HMAC under its secret, so that a page of others
/// cannot know it.
pub fn csrf_token(session_secret: &str) -> String {
    BASE64URL_NOPAD.encode(csrf(session_secret).as_ref())
}

/// Whether a form came with its session's token, decided in constant time.
pub fn csrf_matches(session_secret: &str, unverified_token: &str) -> bool {
    let Ok(given) = BASE64URL_NOPAD.decode(unverified_token.as_bytes()) else {
        return false;
    };
    constant_time::verify_slices_are_equal(csrf(session_secret).as_ref(), &given).is_ok()
}

fn csrf(session_secret: &str) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, session_secret.as_bytes());
    hmac::sign(&key, b"countersign console form v1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_is_its_own_sessions_alone() {
        let token = csrf_token("one");
        assert!(csrf_matches("one", &token));
        assert!(!csrf_matches("other", &token));
        let cut = &token[1..];
        for strange in ["", "x", cut, &format!("{token}A"), &token.to_lowercase()] {
            assert!(!csrf_matches("one", strange), "{strange}");
        }
    }
}
