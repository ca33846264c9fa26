//! What watching needs of the store: the audit log by what is looked for, pages of what moves, and
//! counts that are added to.

use async_trait::async_trait;

use super::search::{Found, Search};
use super::traffic::{Span, TrafficRow};
use crate::approval::{Device, Session};
use crate::clock::Timestamp;
use crate::directory::Tenant;
use crate::id::{Id, TimedId};
use crate::lifecycle::{Challenge, Phase, State};
use crate::ports::{StoreError, Versioned};
use crate::visitor::Visit;

/// Reads for whoever watches, and keeps what was counted. Never in the path of an answer.
#[async_trait]
pub trait Watching: Send + Sync {
    /// Why the database may forget what it acknowledged, as it was set up when it was opened; nothing
    /// where it does not.
    fn durability_problem(&self) -> Option<String>;

    /// The events of a tenant that are looked for, newest first, at most `search.limit`.
    ///
    /// What narrows the search most is looked up by an index, the rest is compared event by event;
    /// after [`Search::look`] events the search stops and says how far it came.
    async fn search(&self, tenant: Id<Tenant>, search: &Search) -> Result<Found, StoreError>;

    /// Those whose events there are: tenants, removed ones too, and the whole server ([`Id::SERVER`]).
    async fn tenants_with_events(&self) -> Result<Vec<Id<Tenant>>, StoreError>;

    /// The challenges of a tenant, newest first: those issued before `before`, and not before `from`.
    ///
    /// After [`ChallengePage::look`] of them it stops, as [`Self::search`] does.
    async fn challenges(
        &self,
        tenant: Id<Tenant>,
        page: &ChallengePage,
    ) -> Result<KeptPage, StoreError>;

    /// One challenge, closed ones included.
    async fn kept(&self, tenant: Id<Tenant>, id: TimedId) -> Result<Option<Kept>, StoreError>;

    /// The approval sessions of a tenant, those that may be decided longest first.
    async fn sessions(
        &self,
        tenant: Id<Tenant>,
        page: &SessionPage,
    ) -> Result<Vec<Versioned<Session>>, StoreError>;

    /// The devices of a tenant in the order of their ids as text.
    async fn devices(
        &self,
        tenant: Id<Tenant>,
        page: &DevicePage,
    ) -> Result<Vec<Device>, StoreError>;

    /// Adds counts to what is stored of these tenants, spans and doors, all or nothing.
    async fn add_traffic(&self, rows: Vec<TrafficRow>) -> Result<(), StoreError>;

    /// Removes at most `limit` rows of each span that are older than is kept; gives their number.
    async fn sweep_traffic(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// What was counted for a tenant in the spans of this length from `from` on, oldest first.
    async fn traffic(
        &self,
        tenant: Id<Tenant>,
        span: Span,
        from: Timestamp,
    ) -> Result<Vec<TrafficRow>, StoreError>;
}

/// A challenge as it is kept: a user's, or a visitor's that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A user's.
    User(Challenge),
    /// A visitor's.
    Visitor(Visit),
}

impl Kept {
    /// The challenge's id.
    pub fn id(&self) -> TimedId {
        match self {
            Self::User(challenge) => challenge.id,
            Self::Visitor(visit) => visit.id,
        }
    }

    /// Whether it may still be answered at a moment.
    pub fn is_open(&self, moment: Timestamp) -> bool {
        let phase = match self {
            Self::User(challenge) => challenge.phase_at(moment),
            Self::Visitor(visit) => visit.phase_at(moment),
        };
        matches!(phase, Phase::Is(State::Open { .. }))
    }
}

/// A page of challenges.
#[derive(Clone, Copy, Debug)]
pub struct ChallengePage {
    /// Only those whose id is smaller; nothing: all.
    pub before: Option<TimedId>,
    /// Only those issued at or after this moment.
    pub from: Option<Timestamp>,
    /// Only those that are open at this moment.
    pub open_at: Option<Timestamp>,
    /// The most of them.
    pub limit: u32,
    /// The most that are looked at.
    pub look: u32,
}

/// What was found of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPage {
    /// The challenges, newest first.
    pub kept: Vec<Kept>,
    /// Where to go on: older ones were not looked at. Nothing: there are none.
    pub came_to: Option<TimedId>,
}

/// A page of approval sessions.
#[derive(Clone, Copy, Debug)]
pub struct SessionPage {
    /// Only those after this one, in the order of the list.
    pub after: Option<(Timestamp, Id<Session>)>,
    /// Only those that may be decided after this moment; nothing: all.
    pub answer_after: Option<Timestamp>,
    /// The most of them.
    pub limit: u32,
}

/// A page of devices.
#[derive(Clone, Copy, Debug)]
pub struct DevicePage {
    /// Only those after this one, in the order of the list.
    pub after: Option<Id<Device>>,
    /// Only those that are linked.
    pub linked_only: bool,
    /// The most of them.
    pub limit: u32,
}
