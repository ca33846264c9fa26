//! A session of an administrator at the console: what the cookie holds, and what is kept of it.

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::administrator::{Administrator, Stage};
use super::officer::Officer;
use crate::approval::ports::CodeDigest;
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
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
    /// Who signed in. While the session owes something the officer may do nothing: see
    /// [`Session::officer`].
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
}

impl Session {
    pub(super) fn new(officer: Officer, administrator: Administrator, found: Found) -> Self {
        let Found { digest, kept } = found;
        Self {
            officer,
            administrator,
            stage: kept.stage,
            idle_until: kept.idle_until(),
            ends_at: kept.ends_at,
            digest,
        }
    }

    /// Who signed in, once the session owes nothing.
    pub fn officer(&self) -> Result<&Officer, super::Denied> {
        match self.stage {
            Stage::Open => Ok(&self.officer),
            stage => Err(super::Denied::Owes(stage)),
        }
    }

    /// Who is signing in, for the audit log and for greeting.
    pub(super) fn whoever(&self) -> &Officer {
        &self.officer
    }
}

/// A session as it was found in the store.
pub(super) struct Found {
    pub(super) digest: CodeDigest,
    pub(super) kept: KeptSession,
}

/// A session as kept, under the SHA-256 of its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptSession {
    pub(super) administrator: Id<User>,
    pub(super) stage: Stage,
    pub(super) era: u32,
    pub(super) opened_at: Timestamp,
    pub(super) seen_at: Timestamp,
    pub(super) ends_at: Timestamp,
    /// Whether it was signed out, or another took its place.
    pub(super) is_over: bool,
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
        !self.is_over && now < self.idle_until()
    }

    /// From when on nobody needs it.
    pub fn keep_until(&self) -> Timestamp {
        if self.is_over {
            self.seen_at
        } else {
            self.ends_at
        }
    }
}

/// What finds a session by its secret.
pub(super) fn digest_of(unverified_secret: &str) -> CodeDigest {
    let whole = digest(&SHA256, unverified_secret.as_bytes());
    whole.as_ref().try_into().unwrap_or_default()
}
