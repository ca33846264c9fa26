//! What approvals need of the store: four kinds of rows that move, and the outbox.
//!
//! Rows are written through [`crate::ports::Change::approvals`] alone, compare-and-set like all
//! others, in the same commit as the user's standing and the event.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::device::Device;
use super::recent::Recent;
use super::session::Session;
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::{Id, TimedId};
use crate::ports::{Message, StoreError, Version, Versioned};

/// A compare-and-set of one row.
#[derive(Clone, Debug)]
pub struct Write<Key, Value> {
    /// What finds it.
    pub key: Key,
    /// The version that was read; 0: the row is new.
    pub expected: Version,
    /// What it becomes; nothing: it stays, but must be as it was read.
    pub next: Option<Value>,
}

/// The part of a change that is about approvals.
#[derive(Clone, Debug, Default)]
pub struct ApprovalWrites {
    /// Devices of the change's tenant.
    pub devices: Vec<Write<Id<Device>, Device>>,
    /// Sessions of the change's tenant.
    pub sessions: Vec<Write<Id<Session>, Session>>,
    /// Linking codes; they belong to the whole server, since a phone knows no tenant.
    pub linking_codes: Vec<Write<CodeDigest, LinkingCode>>,
    /// Counts of wrong guesses at linking codes, of the whole server.
    pub guesses: Vec<Write<CodeDigest, Guesses>>,
}

/// A keyed digest: of a linking code, or of where guesses come from.
pub type CodeDigest = [u8; 32];

/// A linking code that was drawn; the code itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkingCode {
    /// The tenant it was drawn for.
    pub tenant: Id<Tenant>,
    /// The user it links.
    pub user: Id<User>,
    /// The asker's own name for the user.
    pub user_external_id: String,
    /// The moment from which it opens nothing: its end, its use or its replacement.
    pub open_until: Timestamp,
}

/// Wrong guesses of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses {
    /// They.
    pub wrong: Recent,
    /// From when on none of them counts.
    pub forget_at: Timestamp,
}

/// Reads what is about approvals.
#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// A device, unlinked ones included.
    async fn device(
        &self,
        tenant: Id<Tenant>,
        id: Id<Device>,
    ) -> Result<Option<Versioned<Device>>, StoreError>;

    /// A session, closed ones included.
    async fn session(
        &self,
        tenant: Id<Tenant>,
        id: Id<Session>,
    ) -> Result<Option<Versioned<Session>>, StoreError>;

    /// The linking code with this digest, closed ones included.
    async fn linking_code(
        &self,
        digest: &CodeDigest,
    ) -> Result<Option<Versioned<LinkingCode>>, StoreError>;

    /// The linking codes of the server that are open at `now`; counted up to `most`.
    async fn open_linking_codes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError>;

    /// The wrong guesses from one place.
    async fn guesses(&self, place: &CodeDigest) -> Result<Option<Versioned<Guesses>>, StoreError>;
}

/// Messages on their way out.
///
/// A message is there until it was delivered. Those of one line leave one after the other, in the
/// order in which the changes that told them were written, whatever the clocks said: a later one is
/// given out only when no earlier one of its line is there that failed fewer than
/// [`super::delivery::TRIES_IN_LINE`] times and is not dead.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Gives out messages that are due, and nobody else gets them before `lease_until`.
    ///
    /// Of any number of concurrent claims, on one node or several, exactly one gets a message.
    /// Whoever does not settle in time has it given out again.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>, StoreError>;

    /// Writes down what became of messages that were claimed. One that was claimed by somebody else
    /// meanwhile, or is gone, is passed over.
    async fn settle(&self, settled: Vec<Settled>) -> Result<(), StoreError>;

    /// The messages of a kind that wait or are dead, oldest first, those after `after`.
    async fn waiting_messages(&self, listing: &Listing) -> Result<Vec<Waiting>, StoreError>;

    /// Lets a message leave at `now`, with all its tries before it; whether it was there.
    async fn redeliver(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// A wish for messages.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Their kind.
    pub kind: &'static str,
    /// The present moment.
    pub now: Timestamp,
    /// Until when nobody else gets them.
    pub lease_until: Timestamp,
    /// The most of one tenant.
    pub most_per_tenant: u32,
    /// The most of all.
    pub most: u32,
    /// Only those that were not tried yet.
    pub first_tries_only: bool,
    /// Tenants that get none, since enough of theirs are under way.
    pub pass_over: Vec<Id<Tenant>>,
    /// What tells this claim from all others: random.
    pub ticket: TimedId,
}

/// A message that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The message.
    pub message: Message,
    /// Tries that failed before.
    pub failed_tries: u32,
    /// The claim it was given out to.
    pub ticket: TimedId,
}

/// What became of a message that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The message.
    pub id: TimedId,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// The claim it was given out to.
    pub ticket: TimedId,
    /// What became of it.
    pub fate: Fate,
}

/// What becomes of a message after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived, or serves nobody any more; it is removed.
    Delivered,
    /// It is tried again. While the message keeps its line, the later ones of the line wait too.
    Again {
        /// When.
        at: Timestamp,
        /// What went wrong, for people.
        trouble: String,
    },
    /// It is not tried any more, and kept until somebody redelivers it or its time is over.
    Dead {
        /// When it was given up.
        at: Timestamp,
        /// What went wrong, for people.
        trouble: String,
    },
}

/// Which messages are to be listed.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// Their kind.
    pub kind: &'static str,
    /// Their tenant; nothing: all.
    pub tenant: Option<Id<Tenant>>,
    /// The user in whose line they stand, of that tenant; nothing: any.
    pub line: Option<Id<User>>,
    /// Only those that were given up.
    pub dead_only: bool,
    /// Those after this one.
    pub after: Option<TimedId>,
    /// The most of them.
    pub limit: u32,
}

/// A message that waits or is dead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The message; its `due_at` is when it is tried next.
    pub message: Message,
    /// Tries that failed.
    pub failed_tries: u32,
    /// When it was given up; nothing: it was not.
    pub dead_at: Option<Timestamp>,
    /// What went wrong last.
    pub trouble: Option<String>,
}
