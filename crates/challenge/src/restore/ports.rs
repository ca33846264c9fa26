//! What restoring needs of the store: all standings, and what a marking writes beside rows.

use async_trait::async_trait;

use crate::approval::Session;
use crate::approval::ports::Write;
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::Id;
use crate::ports::{StoreError, Versioned};
use crate::standing::Standing;

/// Reads what is marked.
#[async_trait]
pub trait Standings: Send + Sync {
    /// The standings of a tenant's users by ascending id, those after `after`.
    async fn standings(
        &self,
        tenant: Id<Tenant>,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<(Id<User>, Versioned<Standing>)>, StoreError>;
}

/// A session that is moved.
pub type SessionWrite = Write<Id<Session>, Session>;

/// The part of a change of the directory that ends what was open in a backup.
#[derive(Clone, Debug, Default)]
pub struct RestoreWrites {
    /// Approval sessions that were open, or approved and not used.
    pub sessions: Vec<(Id<Tenant>, SessionWrite)>,
    /// Ends of what needs no row to be remembered; nothing: they stay.
    pub ends: Option<Ends>,
}

/// All challenges, visits, access tokens, sessions at the console, linking codes, accounts that were asked
/// for and answers kept for idempotency keys are removed; and of the outbox what is said here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The moment of the restore.
    pub at: Timestamp,
    /// The kind of messages that are given up, to be sent again by hand.
    pub given_up: &'static str,
    /// What is told of them.
    pub trouble: &'static str,
    /// The kinds of messages that are removed: whoever gets one could do nothing with it.
    pub removed: Vec<&'static str>,
}
