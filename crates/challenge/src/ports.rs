//! What the domain needs of the outside: a store that commits a change whole or not at all.
//!
//! Implemented in the crate `store`, for SQLite and for PostgreSQL; both pass one contract suite.

use async_trait::async_trait;

use crate::access::{AccessToken, TokenKey};
use crate::approval::ports::{ApprovalStore, ApprovalWrites, Outbox};
use crate::audit::Event;
use crate::audit::ports::AuditLog;
use crate::clock::Timestamp;
use crate::corpus::{Annotation, CorpusStore};
pub use crate::directory::provision::Provision;
use crate::directory::provision::{Parts, parts};
use crate::directory::{
    Authenticator, AuthenticatorKey, Client, ServerSetting, Site, Tenant, User, UserKey,
};
use crate::id::{Id, TimedId};
use crate::lifecycle::Challenge;
use crate::officers::ports::{OfficerStore, OfficerWrites};
use crate::policy::Policy;
use crate::restore::ports::Standings;
use crate::rotation::ports::KeyStore;
use crate::standing::Standing;
use crate::visitor::{SiteHour, Visit, VisitWrite};
use crate::watching::ports::Watching;

/// How often a row was written; 0: there is no such row.
pub type Version = i64;

/// A row as read, with the version that a change must name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The version it had.
    pub version: Version,
    /// What it held.
    pub value: T,
}

/// Why a store did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, written, or did not answer in time. Nothing was acknowledged;
    /// a change that was under way may still be written. The text is for the log.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// Somebody else wrote a row first. Nothing was written: read again and decide again.
    #[error("another request was faster")]
    Conflict,
    /// Something that may be spent once was spent before ([`Change::spent`]). Nothing was written.
    #[error("already spent")]
    AlreadySpent,
    /// A row holds what cannot be: a bug or a damaged database. Nothing was written.
    #[error("table {table}, row {row}: {problem}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's id.
        row: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Seconds for which the hours of a site are kept: 400 days, so that a year can be compared to the last.
pub const SITE_HOURS_KEPT_S: u32 = 400 * 24 * 3600;

/// Keeps everything. Reads never wait for writes.
#[async_trait]
pub trait Store:
    ApprovalStore
    + AuditLog
    + CorpusStore
    + KeyStore
    + OfficerStore
    + Outbox
    + Standings
    + Watching
    + 'static
{
    /// What moves about a user; nothing where there is no such user.
    async fn standing(
        &self,
        tenant: Id<Tenant>,
        user: Id<User>,
    ) -> Result<Option<Versioned<Standing>>, StoreError>;

    /// A challenge.
    async fn challenge(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Challenge>>, StoreError>;

    /// An access token, revoked and expired ones included.
    async fn access_token(
        &self,
        tenant: Id<Tenant>,
        key: &TokenKey,
    ) -> Result<Option<AccessToken>, StoreError>;

    /// What was kept of a visitor's challenge; nothing before its first answer.
    async fn visit(
        &self,
        tenant: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Visit>>, StoreError>;

    /// Whether a mark was set that is still kept: one whose time is up is no mark any more.
    async fn is_spent(
        &self,
        tenant: Id<Tenant>,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Adds counts to what is stored of these sites and hours, all or nothing.
    async fn add_site_hours(&self, hours: Vec<SiteHour>) -> Result<(), StoreError>;

    /// What was counted for a site in the hours from `from` on, oldest first.
    async fn site_hours(
        &self,
        tenant: Id<Tenant>,
        site: Id<Site>,
        from: Timestamp,
    ) -> Result<Vec<SiteHour>, StoreError>;

    /// Writes a change whole, or nothing of it; when it returns `Ok`, the change is on disk.
    ///
    /// **Contract.** Of any number of concurrent changes that name the same row at the same
    /// version, or spend the same mark, exactly one is written. The others get
    /// [`StoreError::Conflict`] or [`StoreError::AlreadySpent`]. A change that loses takes no other
    /// change with it. A process killed at any moment loses no change it answered `Ok`, and a change
    /// it did not answer is there whole or not at all.
    async fn commit(&self, change: Change) -> Result<(), StoreError>;

    /// A number that grows with every change of the directory.
    async fn directory_version(&self) -> Result<u64, StoreError>;

    /// All tenants with their clients, policies and sites.
    async fn tenants(&self) -> Result<Vec<TenantRows>, StoreError>;

    /// The settings of the whole server.
    async fn server_settings(&self) -> Result<Vec<ServerSetting>, StoreError>;

    /// A user with all authenticators, revoked ones included.
    async fn user(
        &self,
        tenant: Id<Tenant>,
        key: UserKey<'_>,
    ) -> Result<Option<(User, Vec<Authenticator>)>, StoreError>;

    /// An authenticator.
    async fn authenticator(
        &self,
        tenant: Id<Tenant>,
        key: AuthenticatorKey<'_>,
    ) -> Result<Option<Authenticator>, StoreError>;

    /// The authenticators on a device.
    async fn authenticators_on(
        &self,
        tenant: Id<Tenant>,
        device_id: &str,
    ) -> Result<Vec<Authenticator>, StoreError>;

    /// Users by ascending id, those after `after`, with all their authenticators.
    async fn users(
        &self,
        tenant: Id<Tenant>,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError>;

    /// Users by login name, compared byte by byte: those from `from` on, with all their authenticators.
    async fn users_from(
        &self,
        tenant: Id<Tenant>,
        from: &str,
        limit: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError>;

    /// Users of whom at least so many answers were wrong in a row under some policy, or whom an
    /// officer locked ([`Standing::LOCKED`]), by that number and by id: those after `after`.
    ///
    /// Whether they are locked now is the domain's to say: a lock may be over, and the policy other.
    async fn failing_users(
        &self,
        tenant: Id<Tenant>,
        failures: u32,
        page: (Option<(u32, Id<User>)>, u32),
    ) -> Result<Vec<FailingUser>, StoreError>;

    /// Writes a change of the directory in one transaction, and raises the directory's version.
    ///
    /// [`StoreError::Conflict`] where the version is not `expected_version` any more, or a name
    /// that must be unique is taken.
    async fn provision(&self, change: Provision) -> Result<(), StoreError>;

    /// Writes what [`Store::provision`] would of all parts together, as one change, without holding all of
    /// it in memory; gives whether it was written, which it is not where the parts are given up. As
    /// long as the parts are being asked for, nothing is locked.
    ///
    /// A part makes users and authenticators of one tenant, whose ids follow each other with nothing
    /// else between them, begins standings and tells events. A standing that moves meanwhile
    /// gets what the part begins in it, and keeps what it was moved to.
    async fn take_in(
        &self,
        expected_version: u64,
        parts: &mut dyn Parts,
    ) -> Result<bool, StoreError> {
        let Some(whole) = parts::whole(expected_version, parts).await? else {
            return Ok(false);
        };
        self.provision(whole).await?;
        Ok(true)
    }

    /// Whether somebody is writing users of this tenant whom nobody sees yet ([`Store::take_in`]): it cannot be
    /// removed meanwhile. Never, of a store that writes everything at once.
    async fn is_filled(&self, _tenant: Id<Tenant>) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// The newest events of a tenant, newest first.
    async fn events(&self, tenant: Id<Tenant>, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Removes at most `limit` rows of each kind that serve nobody any more: access tokens that
    /// expired, spent marks past their time, challenges and visits that were closed or expired by
    /// `before`, hours of sites older than [`SITE_HOURS_KEPT_S`], and of approvals and officers what is past
    /// the time that it says itself; dead messages after theirs; editions of corpora whose time is up.
    /// Gives the number of rows removed.
    async fn sweep(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Whether the store can be read and written now.
    async fn check(&self) -> Result<(), StoreError>;

    /// What the store is and how durable, in one line for people.
    fn describe(&self) -> String;
}

/// A user of whom answers were wrong, as found by them.
#[derive(Clone, Debug)]
pub struct FailingUser {
    /// How many in a row under one policy, [`Standing::LOCKED`] for a lock by an officer.
    pub failures: u32,
    /// The user.
    pub user: User,
    /// All the user's authenticators.
    pub authenticators: Vec<Authenticator>,
}

/// A tenant with all that is small about it.
#[derive(Clone, Debug)]
pub struct TenantRows {
    /// The tenant.
    pub tenant: Tenant,
    /// Its clients.
    pub clients: Vec<Client>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// Its sites.
    pub sites: Vec<Site>,
}

/// One change of what moves: compare-and-sets, inserts, and the event that tells it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The tenant all rows belong to.
    pub tenant: Id<Tenant>,
    /// The user's standing: expected as read, and perhaps written.
    pub standing: Option<StandingWrite>,
    /// Challenges: expected as read, and perhaps written.
    pub challenges: Vec<ChallengeWrite>,
    /// A visitor's challenge: expected as read, and written.
    pub visit: Option<VisitWrite>,
    /// What a visitor said of images. A second word of the same visitor on the same image is passed over.
    pub annotations: Vec<Annotation>,
    /// Marks that may be set once.
    pub spent: Vec<SpentMark>,
    /// An access token to be added.
    pub token: Option<AccessToken>,
    /// An access token to be revoked.
    pub revoked: Option<TokenKey>,
    /// What is about approvals.
    pub approvals: ApprovalWrites,
    /// What is about officers.
    pub officers: OfficerWrites,
    /// Messages for others.
    pub messages: Vec<Message>,
    /// What happened. There is no change without.
    pub event: Event,
}

impl Change {
    /// A change that only tells that something happened.
    pub fn telling(event: Event) -> Self {
        Self {
            tenant: event.tenant,
            standing: None,
            challenges: Vec::new(),
            visit: None,
            annotations: Vec::new(),
            spent: Vec::new(),
            token: None,
            revoked: None,
            approvals: ApprovalWrites::default(),
            officers: OfficerWrites::default(),
            messages: Vec::new(),
            event,
        }
    }
}

/// A compare-and-set of a user's standing.
#[derive(Clone, Debug)]
pub struct StandingWrite {
    /// The user.
    pub user: Id<User>,
    /// The version that was read; the row must still have it.
    pub expected: Version,
    /// What it becomes; nothing: it stays, but must be as it was read.
    pub next: Option<Standing>,
}

/// A compare-and-set of a challenge.
#[derive(Clone, Debug)]
pub struct ChallengeWrite {
    /// The challenge's id.
    pub id: TimedId,
    /// The version that was read; 0: the challenge is new.
    pub expected: Version,
    /// What it becomes; nothing: it stays, but must be as it was read.
    pub next: Option<Challenge>,
}

/// Something that is spent once, known by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentMark {
    /// SHA-256 of what was spent.
    pub digest: [u8; 32],
    /// When the mark may be forgotten; nothing: never.
    pub keep_until: Option<Timestamp>,
}

/// A message that waits to leave (a callback, an e-mail).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The message's id; sorts by time.
    pub id: TimedId,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// What kind of message it is.
    pub kind: String,
    /// The user whose messages leave one after the other; nothing: it waits for no other. A message
    /// in a line is written with the user's standing, whose version is its place in the line.
    pub line: Option<Id<User>>,
    /// What it says; the sender of that kind knows how to read it.
    pub body: String,
    /// When it is to leave.
    pub due_at: Timestamp,
}

impl Message {
    /// The same messages with their ids in the order in which they stand: those of one line and one
    /// change leave by their ids, which are otherwise random within a millisecond.
    pub fn in_order(mut messages: Vec<Self>) -> Vec<Self> {
        let mut ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        ids.sort_unstable();
        for (message, id) in messages.iter_mut().zip(ids) {
            message.id = id;
        }
        messages
    }
}
