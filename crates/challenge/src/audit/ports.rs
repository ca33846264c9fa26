//! What the audit log's chain needs of the store: what waits to be sealed, the links and their ends, and
//! the means to cut and to erase. Appending is not here: events come with the changes they tell.

use async_trait::async_trait;

use super::Event;
use super::chain::{Chain, Digest, Erased, Opening, Salt, Stamp, Tag};
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::{Id, TimedId};
use crate::ports::StoreError;

/// Keeps the chain of the audit log. Never in the path of an answer.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// With what events are marked from now on as they are appended.
    fn stamp_with(&self, stamp: Stamp);

    /// The chain's ends; nothing before its first link.
    async fn chain(&self) -> Result<Option<Chain>, StoreError>;

    /// Events that wait to be sealed, by id, those after this place or all; those that were refused are
    /// left out.
    async fn waiting(&self, after: Option<Place>, limit: u32) -> Result<Vec<Waiting>, StoreError>;

    /// Events that nothing marked and nobody sealed, by id: those of an older version.
    async fn unmarked(&self, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Lets events wait for ever: they are not what this server appended, or are gone.
    async fn refuse(&self, events: Vec<Place>) -> Result<(), StoreError>;

    /// Events that were refused, by id, those after this place or all.
    async fn refused(&self, after: Option<Place>, limit: u32) -> Result<Vec<Waiting>, StoreError>;

    /// Lets events wait to be sealed again that were refused.
    async fn take_back(&self, events: Vec<Place>) -> Result<(), StoreError>;

    /// Adds links to the chain, all or none.
    ///
    /// [`StoreError::Conflict`] where the head is not the expected one any more, or the events that were
    /// to be taken are not exactly those that wait: of any number of nodes one seals.
    async fn seal(&self, sealing: &Sealing) -> Result<(), StoreError>;

    /// The links after the one with this number, in their order, each with its event.
    async fn links(&self, after: u64, limit: u32) -> Result<Vec<Link>, StoreError>;

    /// Events in the order of tenants and ids, those after this place or all: where each is sealed.
    async fn sealed_at(
        &self,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Vec<(Place, Option<u64>)>, StoreError>;

    /// One event with all that is known of its place in the chain.
    async fn found(&self, place: Place) -> Result<Option<Found>, StoreError>;

    /// Events that waited to be sealed and are gone, at most `limit`.
    async fn gone(&self, limit: u32) -> Result<Vec<Place>, StoreError>;

    /// Removes the oldest links with their events, all or none.
    ///
    /// [`StoreError::Conflict`] where the chain begins elsewhere by now.
    async fn cut(&self, cutting: &Cutting) -> Result<(), StoreError>;

    /// A tenant's events by id, those after `after` and before `before`.
    async fn events_between(
        &self,
        tenant: Id<Tenant>,
        ids: (TimedId, TimedId),
        limit: u32,
    ) -> Result<Vec<Written>, StoreError>;

    /// Writes an event without its personal part, in the stead of the one with this salt.
    ///
    /// [`StoreError::Conflict`] where it has another one, or none any more.
    async fn erase_event(
        &self,
        without: &Event,
        (salt, erased): (&Salt, &Erased),
    ) -> Result<(), StoreError>;

    /// Events whose personal part was erased, in the order of tenants and ids, those after this place or
    /// all.
    async fn erased(&self, after: Option<Place>, limit: u32) -> Result<Vec<Written>, StoreError>;

    /// Puts another signature under what was erased of an event.
    ///
    /// [`StoreError::Conflict`] where something else stands there.
    async fn sign_erased(
        &self,
        place: Place,
        (old, new): (&Erased, &Erased),
    ) -> Result<(), StoreError>;

    /// Puts other signatures under the ends of a chain that does not move by it.
    ///
    /// [`StoreError::Conflict`] where the ends are not the expected ones any more.
    async fn sign_ends(&self, expected: &Chain, chain: &Chain) -> Result<(), StoreError>;

    /// Erasures whose events are not all erased, by tenants and users, those after this one or all.
    /// **Whoever has the database can ask for one**: see [`Keyring::erasure_fits`].
    ///
    /// [`Keyring::erasure_fits`]: crate::secret::Keyring::erasure_fits
    async fn erasures(
        &self,
        after: Option<(Id<Tenant>, Id<User>)>,
        limit: u32,
    ) -> Result<Vec<Erasure>, StoreError>;

    /// Forgets an erasure, and with it the names that it was looked for by.
    async fn end_erasure(&self, tenant: Id<Tenant>, user: Id<User>) -> Result<(), StoreError>;
}

/// Where an event stands: its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its tenant.
    pub tenant: Id<Tenant>,
    /// Its id.
    pub id: TimedId,
}

impl Place {
    /// An event's.
    pub fn of(event: &Event) -> Self {
        Self {
            tenant: event.tenant,
            id: event.id,
        }
    }
}

/// An event as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The event.
    pub event: Event,
    /// How its personal part is known to the chain; nothing: it is of an older version and not sealed.
    pub opening: Option<Opening>,
}

/// An event that was read, or why it cannot be.
pub type Read = Result<Written, String>;

/// An event that waits to be sealed.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Where it stands.
    pub place: Place,
    /// What shows that this server appended it.
    pub tag: Tag,
    /// Whether it has its place in the chain already: then somebody put it there again.
    pub is_sealed: bool,
    /// The event; nothing: it is gone.
    pub event: Option<Read>,
}

/// A link, and the event that it seals.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its number; the first is 1.
    pub number: u64,
    /// Where its event stands.
    pub place: Place,
    /// The link.
    pub link: Digest,
    /// The event; nothing: it is gone.
    pub event: Option<Read>,
}

/// What is known of an event's place in the chain.
#[derive(Clone, Debug)]
pub struct Found {
    /// The event.
    pub event: Read,
    /// Its number, if it is sealed.
    pub number: Option<u64>,
    /// The tag that it waits with, and whether it was refused.
    pub waits: Option<(Tag, bool)>,
}

/// A new link.
#[derive(Clone, Copy, Debug)]
pub struct NewLink {
    /// Where its event stands.
    pub place: Place,
    /// The link.
    pub link: Digest,
}

/// Links to be added.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The number of the head as it was read; nothing: there was no chain.
    pub expected: Option<u64>,
    /// The chain as it becomes.
    pub chain: Chain,
    /// The links, in their order, up to the new head.
    pub links: Vec<NewLink>,
    /// Where the events come from.
    pub taken: Taken,
}

/// Where the events of new links come from.
#[derive(Clone, Debug)]
pub enum Taken {
    /// From those that wait: all up to the last one, by id.
    Waiting,
    /// From those that nothing marked: their salts, in the order of the links.
    Unmarked(Vec<Salt>),
}

/// Links to be removed.
#[derive(Clone, Debug)]
pub struct Cutting {
    /// The number after which the chain begins, as it was read.
    pub expected: u64,
    /// The chain as it becomes.
    pub chain: Chain,
    /// The events that go.
    pub events: Vec<Place>,
}

/// A user whose data is being erased from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The tenant.
    pub tenant: Id<Tenant>,
    /// The user.
    pub user: Id<User>,
    /// What the user was called: login name, external id, display name, e-mail address, phone number.
    pub names: Vec<String>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// What shows that this server asked for it.
    pub tag: Tag,
}
