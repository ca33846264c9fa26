//! Measures how long it takes to search an audit log of a million events: each search that the console
//! offers, and a text that is nowhere.
//!
//! `cargo run --release -p store --example audit_search -- sqlite:/tmp/audit.db [EVENTS]`, or a
//! `postgres://` URL of an empty database. The log is written first, which takes a while.

use std::sync::Arc;

use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::ports::{Change, Store};
use challenge::rng::{DangerCountingRng, Rng, below};
use challenge::watching::{LOOK_MAX, Search};
use store::{Options, StoreUrl};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Events that are written at once, so that they share commits.
const AT_ONCE: u64 = 512;

/// Users that they are about.
const USERS: u64 = 50_000;

/// Milliseconds from one event to the next: a million are eleven days.
const EVERY_MS: u64 = 1000;

const BEGUN_MS: u64 = 1_800_000_000_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("usage: audit_search URL [EVENTS]");
    let url: StoreUrl = url.parse().expect("the first argument is a store's URL");
    let events = arguments.next().map_or(1_000_000, |number| {
        number.parse().expect("the second argument is a number")
    });
    let store = store::open(&url, &Options::default())
        .await
        .expect("the store opens");
    println!("{}", store.describe());
    let begun = Instant::now();
    write(&store, events).await;
    println!("{events} events written in {:.0?}", begun.elapsed());
    println!(
        "{:>8}  {:>8}  {:>5}  {:>4}  search",
        "first", "again", "found", "all"
    );
    for (name, search) in searches() {
        measure(&*store, name, search).await;
    }
}

fn tenant() -> Id<Tenant> {
    Id::from_number(7).expect("7 is an id")
}

async fn write(store: &Arc<dyn Store>, events: u64) {
    let rng = Arc::new(DangerCountingRng::default());
    let mut number = 0;
    while number < events {
        let mut group = JoinSet::new();
        for _ in 0..AT_ONCE.min(events - number) {
            let (store, event) = (Arc::clone(store), event(number, &*rng));
            group.spawn(async move { store.commit(Change::telling(event)).await });
            number += 1;
        }
        for written in group.join_all().await {
            written.expect("an event is new");
        }
    }
}

/// One in a thousand is an officer's, one in fifty is wrong; the rest is everyday traffic.
fn event(number: u64, rng: &dyn Rng) -> Event {
    let ms = BEGUN_MS + number * EVERY_MS;
    let at = Timestamp::from_unix_ms(ms.try_into().expect("a small number"));
    let by_officer = number.is_multiple_of(1000);
    let (kind, outcome) = match number % 50 {
        _ if by_officer => (EventKind::Lock, Outcome::Done),
        7 => (EventKind::OneTimePassword, Outcome::Wrong),
        0..25 => (EventKind::Issue, Outcome::Done),
        _ => (EventKind::Response, Outcome::Done),
    };
    let user = i64::try_from(1 + below(rng, USERS)).expect("a small number");
    Event {
        id: TimedId::random(at, rng),
        at,
        tenant: tenant(),
        kind,
        outcome,
        user: Id::from_number(user),
        detail: Detail {
            door: Some(if by_officer {
                Door::Management
            } else {
                Door::Activid
            }),
            client: Some(if by_officer { "ann" } else { "spl-api" }.to_owned()),
            policy: Some("AT_CUSTOTP".to_owned()),
            channel: Some("CH_DIRECT".to_owned()),
            address: Some("192.0.2.7".to_owned()),
            correlation: Some(format!("request-{number}")),
            ..Detail::default()
        },
    }
}

fn searches() -> Vec<(&'static str, Search)> {
    let long_ago = i64::try_from(BEGUN_MS + 3_600_000).expect("a small number");
    let some = |text: &str| Some(text.to_owned());
    let named = |name: &'static str, narrow: &dyn Fn(&mut Search)| {
        let mut search = Search {
            limit: 50,
            look: LOOK_MAX,
            ..Search::default()
        };
        narrow(&mut search);
        (name, search)
    };
    vec![
        named("the newest", &|_| {}),
        named("one user", &|all| all.user = Id::from_number(4711)),
        named("one officer", &|all| all.officer = some("ann")),
        named("kind lock", &|all| all.kinds = vec![EventKind::Lock]),
        named("outcome wrong", &|all| all.outcome = Some(Outcome::Wrong)),
        named("a kind that never was", &|all| {
            all.kinds = vec![EventKind::PrintCard];
        }),
        named("the first hour", &|all| {
            all.to = Some(Timestamp::from_unix_ms(long_ago));
        }),
        named("one user, wrong", &|all| {
            all.user = Id::from_number(4711);
            all.outcome = Some(Outcome::Wrong);
        }),
        named("a text of the newest", &|all| all.text = some("REQUEST-99")),
        named("a text that is nowhere", &|all| all.text = some("nowhere")),
        named("the same, of twice as many", &|all| {
            all.text = some("nowhere");
            all.look = 2 * LOOK_MAX;
        }),
    ]
}

async fn measure(store: &dyn Store, name: &str, search: Search) {
    let mut took = Vec::new();
    let mut found = None;
    for _ in 0..5 {
        let begun = Instant::now();
        found = Some(store.search(tenant(), &search).await.expect("it is read"));
        took.push(begun.elapsed());
    }
    let found = found.expect("it was searched");
    let first = took.remove(0);
    let again = took.into_iter().max().unwrap_or_default();
    println!(
        "{:>5.1} ms  {:>5.1} ms  {:>5}  {:>4}  {name}",
        first.as_secs_f64() * 1000.0,
        again.as_secs_f64() * 1000.0,
        found.events.len(),
        if found.came_to.is_none() { "yes" } else { "no" },
    );
}
