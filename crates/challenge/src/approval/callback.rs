//! A callback: what is told to whoever asked, as it waits in the outbox.

use serde::{Deserialize, Serialize};

use super::session::{Answered, Session};
use crate::directory::User;
use crate::id::Id;

/// The kind of messages that hold a [`Callback`].
pub(crate) const CALLBACKS: &str = "okay.callback";

/// The kind of messages that hold a [`Chore`].
pub(super) const CHORES: &str = "okay.chore";

/// The kind of messages that tell a phone of a session ([`super::push`]).
pub(crate) const PUSHES: &str = "okay.push";

/// What is told to a tenant. How it is put on the wire, and signed, is the protocol's matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// The asker's own name for the user it is about.
    pub user_external_id: String,
    /// What is told.
    pub told: Told,
}

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A phone was linked (101).
    Linked,
    /// A session was answered (102; 104 for device information).
    Answered {
        /// The session.
        session: Id<Session>,
        /// The answer. Digits are in clear here, and sealed in the outbox.
        answer: Answered,
    },
    /// A session ended without an answer: it expired, was cancelled, or the last attempt was wrong
    /// (102 with an error).
    Ended {
        /// The session.
        session: Id<Session>,
    },
    /// The user unlinked the phone (103).
    Unlinked,
}

/// Something the server owes itself, to be done when the message is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Chore {
    /// To tell that a session ended, if it expired.
    TellExpiry {
        /// The session.
        session: Id<Session>,
        /// The user who is asked.
        user: Id<User>,
    },
    /// To forget the digits that were typed in a session.
    ForgetDigits {
        /// The session.
        session: Id<Session>,
    },
}
