//! What moves about one user's phone: part of the user's standing, so that everything which may
//! happen once to a user is decided by one compare-and-set.

use serde::{Deserialize, Serialize};

use super::device::Device;
use super::recent::Recent;
use super::session::Session;
use crate::clock::Timestamp;
use crate::id::Id;

/// What moves about a user's phone and the approvals it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalStanding {
    /// The linked phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Id<Device>>,
    /// The digest of the linking code drawn last, in hexadecimal; an older one counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linking: Option<String>,
    /// The sessions that may still be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<PendingSession>,
    /// The sessions that were started of late.
    #[serde(skip_serializing_if = "Recent::is_empty")]
    pub starts: Recent,
    /// Until when nothing may be started, because the user said "this was not me".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
    /// The PIN that this server verifies: an Argon2id hash, sealed, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// A session that may still be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSession {
    /// The session.
    pub id: Id<Session>,
    /// The moment from which it is too late.
    pub answer_by: Timestamp,
}

impl ApprovalStanding {
    /// Whether there is nothing to be kept.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Forgets the sessions that cannot be decided at `now` any more.
    pub(crate) fn drop_expired(&mut self, now: Timestamp) {
        self.pending.retain(|pending| now < pending.answer_by);
    }

    /// Forgets a session that was decided.
    pub(crate) fn close(&mut self, session: Id<Session>) {
        self.pending.retain(|pending| pending.id != session);
    }
}
