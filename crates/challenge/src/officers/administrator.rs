//! An administrator: a user of the tenant [`super::CONSOLE`], and what is more about one who runs the
//! server. The password and the one-time codes are the user's, verified as every user's.

use serde::{Deserialize, Serialize};

use super::keys::Kept;
use super::role::{Reach, Role};
use crate::approval::ports::CodeDigest;
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;

/// Sessions that an administrator has at a time, those left out that owe something; a further one ends
/// the oldest.
pub const SESSIONS_MAX: usize = 20;

/// Sessions that owe something before they are open, which an administrator has at a time; a further one
/// ends the oldest of them, and never an open one: whoever has the password alone keeps nobody out.
pub const OWING_MAX: usize = 20;

/// An administrator, as kept. The id is the user's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Administrator {
    /// The user's id.
    pub id: Id<User>,
    /// The name to sign in with.
    pub login_name: String,
    /// What for.
    pub role: Role,
    /// How far.
    pub reach: Reach,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was removed; the name can be given anew.
    pub removed_at: Option<Timestamp>,
    /// Whether there is a second factor that gave a code once.
    pub has_factor: bool,
    /// Whether it signed up by itself and never set up a second factor: it may be sent another way in.
    #[serde(default)]
    pub(super) signed_up: bool,
    /// The recovery codes that were not used.
    pub(super) recovery: Vec<Kept>,
    /// The sign-in link that was made last, while it was not followed.
    pub(super) link: Option<OpenLink>,
    /// The sessions, the oldest first; at most [`SESSIONS_MAX`] open ones and [`OWING_MAX`] others.
    pub(super) sessions: Vec<OpenSession>,
}

impl Administrator {
    /// The recovery codes that are left.
    pub fn recovery_codes_left(&self) -> usize {
        self.recovery.len()
    }

    /// Until when a sign-in link waits to be followed; nothing: none does.
    pub fn invited_until(&self) -> Option<Timestamp> {
        self.link.as_ref().map(|link| link.expires_at)
    }

    /// Whether the administrator is one still.
    pub fn is_there(&self) -> bool {
        self.removed_at.is_none()
    }

    /// Whether this is one of the sessions that did not end.
    pub(super) fn has_session(&self, digest: &CodeDigest) -> bool {
        self.sessions
            .iter()
            .any(|session| session.digest == *digest)
    }

    /// Has a session take its place among the others, in the stead of another one perhaps.
    pub(super) fn take_session(&mut self, session: OpenSession, now: Timestamp) {
        self.sessions.retain(|one| now < one.ends_at);
        let (owes, most) = if session.owes {
            (true, OWING_MAX)
        } else {
            (false, SESSIONS_MAX)
        };
        let alike = self.sessions.iter().filter(|one| one.owes == owes);
        let mut over = (alike.count() + 1).saturating_sub(most);
        self.sessions.retain(|one| {
            let stays = one.owes != owes || over == 0;
            over -= usize::from(!stays);
            stays
        });
        self.sessions.push(session);
    }

    /// Ends one session.
    pub(super) fn end_session(&mut self, digest: &CodeDigest) {
        self.sessions.retain(|one| one.digest != *digest);
    }

    /// Whether it is one of those who govern the server.
    pub(super) fn governs(&self) -> bool {
        self.is_there() && self.role == Role::Admin && self.reach == Reach::Server
    }
}

/// A sign-in link that was not followed yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenLink {
    pub(super) mac: Kept,
    pub(super) expires_at: Timestamp,
}

/// A session of an administrator, as the administrator's row knows it: one that is not in it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenSession {
    pub(super) digest: CodeDigest,
    pub(super) ends_at: Timestamp,
    /// Whether it owes something before it is open.
    #[serde(default)]
    pub(super) owes: bool,
}

/// What a session owes before it may do anything else, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A one-time code or a recovery code.
    Code,
    /// A password to be chosen: the session was opened by a link.
    Password,
    /// A second factor to be set up.
    Factor,
    /// Nothing: it is open.
    Open,
}
