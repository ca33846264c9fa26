//! Measures what an import costs those who verify beside it: tokens are taken in by one process's store
//! while another one commits what a verification does.
//!
//! `cargo run --release -p store --example import_beside -- sqlite:/tmp/beside.db [TOKENS] [at-once]`, or a
//! `postgres://` URL of an empty database. `at-once` writes them as one transaction, for comparison.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::{Clock, Timestamp};
use challenge::directory::provision::{
    Arrival, AuthenticatorBlueprint, Blueprint, Intake, IntakeOptions, KeySource, Kind, Options,
    Part, Parts, PolicyBlueprint, Provisioner, TenantBlueprint,
};
use challenge::directory::{Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::policy::Limits;
use challenge::ports::{Change, Provision, StandingWrite, Store, StoreError};
use challenge::rng::{DangerCountingRng, Rng};
use challenge::secret::Keyring;
use challenge::standing::Standing;
use oath::Key;
use store::StoreUrl;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Tokens planned at once, as the sub-command does.
const BATCH: usize = 500;

/// Users who verify beside the import, each at once again.
const VERIFYING: i64 = 4;

const BANK: &str = "BANK";

struct Standstill;

impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_s(1_800_000_000)
    }
}

/// So many tokens, each of a user of its own.
struct Tokens<'a> {
    intake: Intake<'a>,
    begun: usize,
    count: usize,
}

#[async_trait]
impl Parts for Tokens<'_> {
    async fn next(&mut self) -> Result<Part, StoreError> {
        let until = self.count.min(self.begun + BATCH);
        if self.begun < until {
            for number in self.begun..until {
                let serial = format!("{number:08}");
                let mut token = AuthenticatorBlueprint::new(&serial, Kind::Hotp);
                let key = format!("{number:020}").into_bytes();
                token.key = KeySource::Given(Key::new(key).expect("20 bytes are a key"));
                let arrival = Arrival {
                    login_name: Some(format!("user{number}")),
                    ..Arrival::of(token)
                };
                let verdict = self.intake.take(0, arrival).await?;
                assert!(verdict.refused.is_empty(), "{:?}", verdict.refused);
            }
            self.begun = until;
            return Ok(Part::Rows(Box::new(self.intake.batch())));
        }
        Ok(match self.intake.ending().await? {
            Some(rows) => Part::Rows(Box::new(rows)),
            None => Part::End,
        })
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next();
    let url = url.expect("usage: import_beside URL [TOKENS] [at-once]");
    let url: StoreUrl = url.parse().expect("the first argument is a store's URL");
    let count = arguments.next().map_or(100_000, |number| {
        number.parse().expect("the second argument is a number")
    });
    let at_once = arguments.next().is_some_and(|word| word == "at-once");
    let (importing, serving) = (open(&url).await, open(&url).await);
    println!("{}", importing.describe());
    let rng = DangerCountingRng::default();
    let keyring = Keyring::new(BTreeMap::from([(1, [7; 32])])).expect("there is a key");
    let provisioner = Provisioner {
        store: &*importing,
        keyring: &keyring,
        rng: &rng,
        clock: &Standstill,
    };
    with_bank(&provisioner).await;
    let stop = Arc::new(AtomicBool::new(false));
    let verifying = verify_beside(&serving, &stop);
    let begun = Instant::now();
    let options = IntakeOptions {
        source: "example",
        ..IntakeOptions::default()
    };
    let intake = Intake::begin(&provisioner, BANK, options).await;
    let mut tokens = Tokens {
        intake: intake.expect("the tenant is there"),
        begun: 0,
        count,
    };
    take_in(&*importing, &mut tokens, at_once).await;
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    let rate = u128::try_from(count).unwrap_or_default() * 1000 / took.as_millis().max(1);
    println!("{count} tokens taken in in {took:.1?}, {rate}/s");
    println!("{}", memory());
    for (user, beside) in verifying.into_iter().enumerate() {
        let mut beside = beside.await.expect("verifying does not panic");
        beside.waits.sort_unstable();
        let place = beside.waits.len() * 99 / 100;
        println!(
            "beside, user {user}: {} verifications, {} refused, 99 of 100 within {:.1?}, the longest {:.1?}",
            beside.waits.len(),
            beside.refused,
            beside.waits.get(place).copied().unwrap_or_default(),
            beside.waits.last().copied().unwrap_or_default(),
        );
    }
}

async fn open(url: &StoreUrl) -> Arc<dyn Store> {
    let store = store::open(url, &store::Options::default()).await;
    store.expect("the store opens")
}

async fn with_bank(provisioner: &Provisioner<'_>) {
    let mut tenant = TenantBlueprint::named(BANK);
    tenant.policies.push(PolicyBlueprint {
        code: "AT_CUSTOTP".to_owned(),
        limits: Limits::default(),
    });
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let applied = provisioner.apply(&blueprint, Options::default()).await;
    applied.expect("the tenant is new");
}

async fn take_in(store: &dyn Store, tokens: &mut Tokens<'_>, at_once: bool) {
    let version = tokens.intake.version();
    if !at_once {
        let taken = store.take_in(version, tokens).await;
        assert!(taken.expect("it is written"), "nothing was taken in");
        return;
    }
    let mut all = Provision {
        expected_version: version,
        ..Provision::default()
    };
    while let Part::Rows(rows) = tokens.next().await.expect("it is planned") {
        all.users.extend(rows.users);
        all.authenticators.extend(rows.authenticators);
        all.standings.extend(rows.standings);
        all.events.extend(rows.events);
    }
    let begun = Instant::now();
    store.provision(all).await.expect("it is written");
    println!("one transaction of {:.1?}", begun.elapsed());
}

/// What those who verified beside it met.
#[derive(Default)]
struct Beside {
    waits: Vec<Duration>,
    refused: u32,
}

fn verify_beside(store: &Arc<dyn Store>, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<Beside>> {
    let verifying = |user| {
        let (store, stop) = (Arc::clone(store), Arc::clone(stop));
        tokio::spawn(async move { verify(&*store, &stop, user).await })
    };
    (1..=VERIFYING).map(verifying).collect()
}

/// Reads and moves a standing and appends an event, again and again.
async fn verify(store: &dyn Store, stop: &AtomicBool, number: i64) -> Beside {
    let rng = DangerCountingRng::default();
    let tenant: Id<Tenant> = Id::from_number(7).expect("7 is an id");
    let user: Id<User> = Id::from_number(number).expect("a small number is an id");
    let mut beside = Beside::default();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let read = store.standing(tenant, user).await.expect("it is read");
        let change = Change {
            standing: Some(StandingWrite {
                user,
                expected: read.map_or(0, |row| row.version),
                next: Some(Standing::default()),
            }),
            ..Change::telling(event((tenant, user), &rng))
        };
        // Nobody else moves it: what is refused waited for too long.
        beside.refused += u32::from(store.commit(change).await.is_err());
        beside.waits.push(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    beside
}

fn event((tenant, user): (Id<Tenant>, Id<User>), rng: &dyn Rng) -> Event {
    let mut id: [u8; 16] = challenge::rng::bytes(rng);
    // Each user draws the same numbers.
    id[..8].copy_from_slice(&user.number().to_be_bytes());
    Event {
        id: TimedId::from_bytes(id),
        at: Standstill.now(),
        tenant,
        kind: EventKind::OneTimePassword,
        outcome: Outcome::Done,
        user: Some(user),
        detail: Detail::default(),
    }
}

/// The most memory that this process has had, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("VmHWM: not known").to_owned()
}
