//! Measures durable commits per second: a standing moved, a token and an event added, per commit.
//!
//! `cargo run --release -p store --example commit_rate -- sqlite:/tmp/rate.db`, or a `postgres://`
//! URL. Each caller moves a user of its own; each figure is taken over a few seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use challenge::access::{self, TokenUser};
use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::id::{Id, TimedId};
use challenge::ports::{Change, StandingWrite, Store, Version};
use challenge::rng::{DangerCountingRng, Rng, below};
use challenge::standing::{Movement, Standing, Tally};
use store::{Options, StoreUrl};
use tokio::time::Instant;

const SECONDS: u64 = 5;

/// Users of each caller.
const USERS: u64 = 256;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("usage: commit_rate URL");
    let url: StoreUrl = url.parse().expect("the first argument is a store's URL");
    let store = store::open(&url, &Options::default())
        .await
        .expect("the store opens");
    println!("{}", store.describe());
    println!("callers  commits/s  p50 ms  p99 ms  p99.9 ms  max ms");
    // Ids of an earlier run on the same database must not come back.
    let rng = Arc::new(DangerCountingRng::default());
    for _ in 0..std::process::id() {
        rng.fill(&mut [0; 8]);
    }
    for callers in [1, 16, 64, 256] {
        measure(&store, &rng, callers).await;
    }
}

async fn measure(store: &Arc<dyn Store>, rng: &Arc<DangerCountingRng>, callers: usize) {
    let stop = Arc::new(AtomicBool::new(false));
    let moment = Arc::new(AtomicU64::new(1_800_000_000_000));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, rng) = (Arc::clone(store), Arc::clone(rng));
            let (stop, moment) = (Arc::clone(&stop), Arc::clone(&moment));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                // Users of its own, enough that one commit does not touch the last one's pages.
                let mut users: Vec<(Id<User>, Version)> =
                    (0..USERS).map(|_| (Id::random(&*rng), 0)).collect();
                while !stop.load(Ordering::Relaxed) {
                    let now = moment.fetch_add(1, Ordering::Relaxed);
                    let now = Timestamp::from_unix_ms(now.try_into().expect("a small number"));
                    let drawn = usize::try_from(below(&*rng, USERS)).expect("a small number");
                    let change = change(users[drawn], now, &*rng);
                    let asked = Instant::now();
                    store
                        .commit(change)
                        .await
                        .expect("nobody else moves these users");
                    latencies.push(asked.elapsed());
                    users[drawn].1 += 1;
                }
                latencies
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("no caller panics"));
    }
    print_line(callers, &mut latencies, begun.elapsed());
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn print_line(callers: usize, latencies: &mut [Duration], elapsed: Duration) {
    latencies.sort_unstable();
    let at = |per_mille: usize| {
        let place = (latencies.len() * per_mille / 1000).min(latencies.len() - 1);
        latencies[place].as_secs_f64() * 1000.0
    };
    println!(
        "{callers:>7}  {:>9.0}  {:>6.2}  {:>6.2}  {:>8.2}  {:>6.2}",
        latencies.len() as f64 / elapsed.as_secs_f64(),
        at(500),
        at(990),
        at(999),
        at(1000),
    );
}

type User = challenge::directory::User;

fn change((user, version): (Id<User>, Version), now: Timestamp, rng: &dyn Rng) -> Change {
    let tenant: Id<Tenant> = Id::from_number(1).expect("1 is an id");
    let client = Id::from_number(2).expect("2 is an id");
    let tally = Tally {
        total_succeeded: version.unsigned_abs(),
        succeeded_at: Some(now),
        ..Tally::default()
    };
    let movement = Movement {
        next_counter: version.unsigned_abs() + 1,
        ..Movement::default()
    };
    let next = Standing {
        policies: [("AT_CUSTOTP".to_owned(), tally)].into(),
        authenticators: [(Id::from_number(3).expect("3 is an id"), movement)].into(),
        ..Standing::default()
    };
    let holder = TokenUser {
        id: user,
        login_name: "myTestUser1".to_owned(),
    };
    let holder = access::Holder {
        tenant,
        client,
        user: Some(holder),
    };
    let (_, token) = access::draw(holder, 3600, now, rng);
    let detail = Detail {
        client: Some("spl-api".to_owned()),
        policy: Some("AT_CUSTOTP".to_owned()),
        address: Some("127.0.0.1".to_owned()),
        ..Detail::default()
    };
    let event = Event {
        id: TimedId::random(now, rng),
        at: now,
        tenant,
        kind: EventKind::OneTimePassword,
        outcome: Outcome::Done,
        user: Some(user),
        detail,
    };
    Change {
        standing: Some(StandingWrite {
            user,
            expected: version,
            next: Some(next),
        }),
        token: Some(token),
        ..Change::telling(event)
    }
}
