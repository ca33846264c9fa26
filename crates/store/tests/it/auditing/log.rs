//! A log that two nodes with one clock append to and seal.

use std::collections::BTreeMap;
use std::sync::Arc;

use challenge::audit::chain::End;
use challenge::audit::check::{Report, Tools, Wrong, check};
use challenge::audit::{Event, EventKind};
use challenge::clock::ManualClock;
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::{Change, Store};
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;

use crate::support::*;
use crate::verifying::OsBytes;

/// The tenant whose events are appended.
pub(crate) const TENANT: i64 = 41;

pub(crate) struct Log {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) nodes: [Arc<Verifier>; 2],
}

impl Log {
    pub(crate) async fn on(place: &Place) -> Self {
        Self::with_keys(place, [(1, [7; 32])].into()).await
    }

    /// A log whose nodes have these master keys.
    pub(crate) async fn with_keys(place: &Place, keys: BTreeMap<u32, [u8; 32]>) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let keys = (&clock, &keys);
        let nodes = [node(place, keys).await, node(place, keys).await];
        Self { clock, nodes }
    }

    /// The same log, whose nodes were restarted: they know nothing of it.
    pub(crate) async fn restarted(&self, place: &Place) -> Self {
        let keys = [(1, [7; 32])].into();
        let keys = (&self.clock, &keys);
        let nodes = [node(place, keys).await, node(place, keys).await];
        let clock = Arc::clone(&self.clock);
        Self { clock, nodes }
    }

    /// Appends an event, and tells why it is not sealed, and the log not cut.
    pub(crate) async fn refusal(&self) -> String {
        self.append().await;
        self.clock.advance_s(2);
        let node = &self.nodes[0];
        let refused = node.seal_events().await.unwrap_err().to_string();
        let uncut = node.cut_events(NOW.plus_s(1000)).await.unwrap_err();
        assert_eq!(refused, uncut.to_string());
        refused
    }

    /// A log of so many events, one a second, all sealed: event 1 is the oldest.
    pub(crate) async fn sealed(place: &Place, events: u32) -> Self {
        let log = Self::on(place).await;
        for _ in 0..events {
            log.append().await;
        }
        log.seal().await;
        log
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &**self.nodes[0].store()
    }

    /// Appends an event with texts, and lets a second go by.
    pub(crate) async fn append(&self) -> Event {
        let event = self.event();
        let change = Change::telling(event.clone());
        self.store().commit(change).await.unwrap();
        self.clock.advance_s(1);
        event
    }

    /// An event of now.
    pub(crate) fn event(&self) -> Event {
        let mut event = event_at(tenant(), self.nodes[0].now());
        event.kind = EventKind::Password;
        event.detail.named_user = Some("ann".into());
        event.detail.address = Some("192.0.2.7".into());
        event
    }

    /// Seals all that waits and is old enough; gives the number of events, and of those refused.
    pub(crate) async fn seal(&self) -> (u64, u64) {
        self.clock.advance_s(2);
        let (mut events, mut refused) = (0, 0);
        loop {
            let sealed = self.nodes[0].seal_events().await.unwrap();
            if (sealed.events, sealed.refused) == (0, 0) {
                return (events, refused);
            }
            events += sealed.events;
            refused += sealed.refused;
        }
    }

    pub(crate) async fn check(&self) -> Report {
        self.check_with(None).await
    }

    pub(crate) async fn check_with(&self, pinned: Option<End>) -> Report {
        let tools = Tools {
            log: &**self.nodes[0].store(),
            keyring: self.nodes[0].keyring(),
            pinned,
            now: self.nodes[0].now(),
            progress: &|_, _| {},
        };
        check(&tools).await.unwrap()
    }

    /// The faults: the number of each event, and in a word what is wrong.
    pub(crate) async fn faults(&self) -> Vec<(Option<u64>, &'static str)> {
        let report = self.check().await;
        assert_eq!(report.fault_count, report.faults.len() as u64);
        let faults = report.faults.iter();
        faults
            .map(|fault| (fault.number, word(&fault.what)))
            .collect()
    }
}

pub(crate) fn tenant() -> Id<Tenant> {
    id(TENANT)
}

fn word(what: &Wrong) -> &'static str {
    match what {
        Wrong::Removed => "removed",
        Wrong::Changed => "changed",
        Wrong::Added => "added",
        Wrong::Refused => "refused",
        Wrong::Unlinked => "unlinked",
        Wrong::End(_) => "end",
    }
}

async fn node(
    place: &Place,
    (clock, keys): (&Arc<ManualClock>, &BTreeMap<u32, [u8; 32]>),
) -> Arc<Verifier> {
    let ports = Ports {
        store: place.open().await,
        clock: Arc::clone(clock) as _,
        rng: Arc::new(OsBytes),
        keyring: Keyring::new(keys.clone()).unwrap(),
        mint: Arc::new(InlineMint(OsBytes)),
    };
    Arc::new(Verifier::start(ports).await.unwrap())
}
