//! What the stores in memory let be watched: their events, searched by comparing each. What is promised
//! about the rest, and about the chain that events are sealed into, is in the contract suite of the crate
//! `store`.

use async_trait::async_trait;
use challenge::approval::{Device, Session};
use challenge::audit::Event;
use challenge::audit::chain::{Chain, Erased, Salt, Stamp};
use challenge::audit::ports::{
    AuditLog, Cutting, Erasure, Found as FoundEvent, Link, Place, Sealing, Waiting, Written,
};
use challenge::clock::Timestamp;
use challenge::directory::{Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::ports::{Store, StoreError, Versioned};
use challenge::watching::ports::{
    ChallengePage, DevicePage, Kept, KeptPage, SessionPage, Watching,
};
use challenge::watching::{Found, Search, Span, TrafficRow};

use crate::memory_store::MemoryStore;
use crate::provision::memory::Memory;

fn unwatched<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable(
        "this store is not watched".to_owned(),
    ))
}

fn found(events: Vec<Event>, tenant: Id<Tenant>, search: &Search) -> Found {
    let mut events = events;
    events.retain(|event| event.tenant == tenant && search.fits(event));
    events.sort_by_key(|event| std::cmp::Reverse(event.id));
    let limit = usize::try_from(search.limit).unwrap();
    let came_to = (events.len() > limit).then(|| events[limit - 1].id);
    events.truncate(limit);
    Found { events, came_to }
}

macro_rules! watched {
    ($store:ty) => {
        #[async_trait]
        impl Watching for $store {
            fn durability_problem(&self) -> Option<String> {
                Some("everything is in memory".to_owned())
            }

            async fn search(
                &self,
                tenant: Id<Tenant>,
                search: &Search,
            ) -> Result<Found, StoreError> {
                let events = self.events(tenant, u32::MAX).await?;
                Ok(found(events, tenant, search))
            }

            async fn tenants_with_events(&self) -> Result<Vec<Id<Tenant>>, StoreError> {
                let tenants = self.tenants().await?;
                Ok(tenants.iter().map(|rows| rows.tenant.id).collect())
            }

            async fn challenges(
                &self,
                _: Id<Tenant>,
                _: &ChallengePage,
            ) -> Result<KeptPage, StoreError> {
                unwatched()
            }

            async fn kept(&self, _: Id<Tenant>, _: TimedId) -> Result<Option<Kept>, StoreError> {
                unwatched()
            }

            async fn sessions(
                &self,
                _: Id<Tenant>,
                page: &SessionPage,
            ) -> Result<Vec<Versioned<Session>>, StoreError> {
                Ok(self.listed_sessions(page))
            }

            async fn devices(
                &self,
                _: Id<Tenant>,
                _: &DevicePage,
            ) -> Result<Vec<Device>, StoreError> {
                unwatched()
            }

            async fn add_traffic(&self, _: Vec<TrafficRow>) -> Result<(), StoreError> {
                unwatched()
            }

            async fn sweep_traffic(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
                unwatched()
            }

            async fn traffic(
                &self,
                _: Id<Tenant>,
                _: Span,
                _: Timestamp,
            ) -> Result<Vec<TrafficRow>, StoreError> {
                unwatched()
            }
        }
    };
}

macro_rules! unsealed {
    ($store:ty) => {
        #[async_trait]
        impl AuditLog for $store {
            fn stamp_with(&self, _: Stamp) {}

            async fn chain(&self) -> Result<Option<Chain>, StoreError> {
                unwatched()
            }

            async fn waiting(&self, _: Option<Place>, _: u32) -> Result<Vec<Waiting>, StoreError> {
                unwatched()
            }

            async fn refused(&self, _: Option<Place>, _: u32) -> Result<Vec<Waiting>, StoreError> {
                unwatched()
            }

            async fn take_back(&self, _: Vec<Place>) -> Result<(), StoreError> {
                unwatched()
            }

            async fn erased(&self, _: Option<Place>, _: u32) -> Result<Vec<Written>, StoreError> {
                unwatched()
            }

            async fn sign_erased(&self, _: Place, _: (&Erased, &Erased)) -> Result<(), StoreError> {
                unwatched()
            }

            async fn sign_ends(&self, _: &Chain, _: &Chain) -> Result<(), StoreError> {
                unwatched()
            }

            async fn unmarked(&self, _: u32) -> Result<Vec<Event>, StoreError> {
                unwatched()
            }

            async fn refuse(&self, _: Vec<Place>) -> Result<(), StoreError> {
                unwatched()
            }

            async fn seal(&self, _: &Sealing) -> Result<(), StoreError> {
                unwatched()
            }

            async fn links(&self, _: u64, _: u32) -> Result<Vec<Link>, StoreError> {
                unwatched()
            }

            async fn sealed_at(
                &self,
                _: Option<Place>,
                _: u32,
            ) -> Result<Vec<(Place, Option<u64>)>, StoreError> {
                unwatched()
            }

            async fn found(&self, _: Place) -> Result<Option<FoundEvent>, StoreError> {
                unwatched()
            }

            async fn gone(&self, _: u32) -> Result<Vec<Place>, StoreError> {
                unwatched()
            }

            async fn cut(&self, _: &Cutting) -> Result<(), StoreError> {
                unwatched()
            }

            async fn events_between(
                &self,
                _: Id<Tenant>,
                _: (TimedId, TimedId),
                _: u32,
            ) -> Result<Vec<Written>, StoreError> {
                unwatched()
            }

            async fn erase_event(&self, _: &Event, _: (&Salt, &Erased)) -> Result<(), StoreError> {
                unwatched()
            }

            async fn erasures(
                &self,
                _: Option<(Id<Tenant>, Id<User>)>,
                _: u32,
            ) -> Result<Vec<Erasure>, StoreError> {
                unwatched()
            }

            async fn end_erasure(&self, _: Id<Tenant>, _: Id<User>) -> Result<(), StoreError> {
                unwatched()
            }
        }
    };
}

unsealed!(MemoryStore);
unsealed!(Memory);

watched!(MemoryStore);
watched!(Memory);
