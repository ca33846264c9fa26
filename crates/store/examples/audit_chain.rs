//! Measures what the audit log's chain costs: commits with and without it, how fast a backlog is sealed
//! and how fast a log is verified, and how long an upgrade takes.
//!
//! `cargo run --release -p store --example audit_chain -- sqlite:/tmp/chain.db [EVENTS]`, or a
//! `postgres://` URL of an empty database. The events are appended as an older version does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use challenge::audit::check::{Tools, check};
use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::{Clock, Timestamp};
use challenge::directory::{Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::ports::{Change, StandingWrite, Store};
use challenge::rng::{DangerCountingRng, Rng};
use challenge::secret::Keyring;
use challenge::standing::{Standing, Tally};
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use store::{Options, StoreUrl};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Callers that commit at once.
const CALLERS: usize = 64;

/// Seconds of each measurement of commits.
const SECONDS: u64 = 8;

/// A clock that goes as time does, from a moment on: what is old enough is sealed.
struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        let ms = i64::try_from(self.0.elapsed().as_millis()).expect("a small number");
        Timestamp::from_unix_ms(1_800_000_000_000 + ms)
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("usage: audit_chain URL [EVENTS]");
    let url: StoreUrl = url.parse().expect("the first argument is a store's URL");
    let events = arguments.next().map_or(1_000_000, |number| {
        number.parse().expect("the second argument is a number")
    });
    let rng = Arc::new(DangerCountingRng::default());
    let clock = Arc::new(Running(Instant::now()));
    let plain = open(&url).await;
    println!("{}", plain.describe());
    let begun = Instant::now();
    append(&plain, &rng, &clock, events).await;
    println!(
        "{events} events appended as before in {:.0?}",
        begun.elapsed()
    );
    let node = node(&url, (&clock, &rng)).await;
    let marked = Arc::clone(node.store());
    println!("commits/s of {CALLERS} callers, each a standing and an event, in turn:");
    for _ in 0..3 {
        let without = commits(&plain, &rng, &clock).await;
        let with = commits(&marked, &rng, &clock).await;
        let (stop, sealing) = sealing(&node);
        let sealed = commits(&marked, &rng, &clock).await;
        stop.store(true, Ordering::Relaxed);
        let events = sealing.await.expect("sealing does not panic");
        println!(
            "  without {without}, marked {with}, marked and sealed {sealed} ({events} sealed)"
        );
    }
    let begun = Instant::now();
    let sealed = seal_all(&node).await;
    let rate = per_second(sealed, begun.elapsed());
    println!("{sealed} events sealed, {rate}/s");
    let begun = Instant::now();
    let tools = Tools {
        log: &*marked,
        keyring: node.keyring(),
        pinned: None,
        now: node.now(),
        progress: &|_, _| {},
    };
    let report = check(&tools).await.expect("the log is read");
    assert!(report.is_whole(), "{:?}", report.faults);
    let rate = per_second(report.sealed, begun.elapsed());
    println!(
        "{} events verified in {:.1?}, {rate}/s",
        report.sealed,
        begun.elapsed()
    );
}

async fn open(url: &StoreUrl) -> Arc<dyn Store> {
    let store = store::open(url, &Options::default()).await;
    store.expect("the store opens")
}

async fn node(
    url: &StoreUrl,
    (clock, rng): (&Arc<Running>, &Arc<DangerCountingRng>),
) -> Arc<Verifier> {
    let keyring = Keyring::new(BTreeMap::from([(1, [7; 32])]));
    let ports = Ports {
        store: open(url).await,
        clock: Arc::clone(clock) as _,
        rng: Arc::clone(rng) as _,
        keyring: keyring.expect("there is a key"),
        mint: Arc::new(InlineMint(DangerCountingRng::default())),
    };
    Arc::new(Verifier::start(ports).await.expect("the directory is read"))
}

async fn append(
    store: &Arc<dyn Store>,
    rng: &Arc<DangerCountingRng>,
    clock: &Running,
    events: u64,
) {
    let mut number = 0;
    while number < events {
        let mut group = JoinSet::new();
        for _ in 0..512.min(events - number) {
            let (store, event) = (Arc::clone(store), event(clock.now(), &**rng));
            group.spawn(async move { store.commit(Change::telling(event)).await });
            number += 1;
        }
        for written in group.join_all().await {
            written.expect("an event is new");
        }
    }
}

/// Commits a second.
async fn commits(
    store: &Arc<dyn Store>,
    rng: &Arc<DangerCountingRng>,
    clock: &Arc<Running>,
) -> u64 {
    let (stop, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        let (store, rng, clock) = (Arc::clone(store), Arc::clone(rng), Arc::clone(clock));
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        tasks.spawn(async move {
            let (user, mut version) = (Id::<User>::random(&*rng), 0);
            while !stop.load(Ordering::Relaxed) {
                let mut event = event(clock.now(), &*rng);
                event.user = Some(user);
                let tally = Tally {
                    total_succeeded: 1 + count.load(Ordering::Relaxed),
                    ..Tally::default()
                };
                let next = Standing {
                    policies: [("AT_CUSTOTP".to_owned(), tally)].into(),
                    ..Standing::default()
                };
                let standing = StandingWrite {
                    user,
                    expected: version,
                    next: Some(next),
                };
                let change = Change {
                    standing: Some(standing),
                    ..Change::telling(event)
                };
                store.commit(change).await.expect("nobody else moves it");
                version += 1;
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    stop.store(true, Ordering::Relaxed);
    tasks.join_all().await;
    per_second(count.load(Ordering::Relaxed), begun.elapsed())
}

/// Seals as a server does: a batch, and a pause as long, until it is told to stop. Gives the number.
fn sealing(node: &Arc<Verifier>) -> (Arc<AtomicBool>, tokio::task::JoinHandle<u64>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (node, stopped) = (Arc::clone(node), Arc::clone(&stop));
    let task = tokio::spawn(async move {
        let mut all = 0;
        while !stopped.load(Ordering::Relaxed) {
            let begun = Instant::now();
            // A server tries again as well where the store is too busy.
            let sealed = node.seal_events().await.unwrap_or_default();
            all += sealed.events;
            tokio::time::sleep(begun.elapsed()).await;
        }
        all
    });
    (stop, task)
}

async fn seal_all(node: &Verifier) -> u64 {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut all = 0;
    loop {
        let sealed = node.seal_events().await.expect("it is sealed").events;
        if sealed == 0 {
            return all;
        }
        all += sealed;
    }
}

fn per_second(count: u64, elapsed: Duration) -> u64 {
    let ms = u64::try_from(elapsed.as_millis())
        .unwrap_or(u64::MAX)
        .max(1);
    count * 1000 / ms
}

fn event(at: Timestamp, rng: &dyn Rng) -> Event {
    let tenant: Id<Tenant> = Id::from_number(7).expect("7 is an id");
    Event {
        id: TimedId::random(at, rng),
        at,
        tenant,
        kind: EventKind::OneTimePassword,
        outcome: Outcome::Done,
        user: Id::from_number(4711),
        detail: Detail {
            client: Some("spl-api".to_owned()),
            policy: Some("AT_CUSTOTP".to_owned()),
            channel: Some("CH_DIRECT".to_owned()),
            address: Some("192.0.2.7".to_owned()),
            correlation: Some("request-4711".to_owned()),
            ..Detail::default()
        },
    }
}
