//! A process is killed under load: nothing acknowledged is lost, and nothing is half there.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use challenge::access::{AccessToken, TokenKey};
use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::{Change, Store};

use crate::support::*;

on_both!(what_was_acknowledged_survives_a_kill);

const URL: &str = "COUNTERSIGN_STORE_WORKER_URL";
const ROUNDS: u64 = 10;
const USERS: i64 = 8;

/// The token that the change to `version` of a user's standing brings.
fn token_of(tenant: Id<Tenant>, user: i64, version: i64) -> AccessToken {
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&user.to_be_bytes());
    digest[8..].copy_from_slice(&version.to_be_bytes());
    AccessToken {
        key: TokenKey {
            issued_ms: version,
            digest,
        },
        ..token(tenant)
    }
}

/// The event's detail names the change it tells.
fn change_to(tenant: Id<Tenant>, user: i64, version: i64) -> Change {
    let mut told = event(tenant);
    let mut bytes = *told.id.as_bytes();
    bytes[8..].copy_from_slice(&(user << 32 | version).to_be_bytes());
    told.id = challenge::id::TimedId::from_bytes(bytes);
    told.user = Some(id(user));
    told.detail.correlation = Some(version.to_string());
    Change {
        standing: Some(standing_write(
            id(user),
            version - 1,
            version.unsigned_abs(),
        )),
        token: Some(token_of(tenant, user, version)),
        ..Change::telling(told)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that what_was_acknowledged_survives_a_kill starts and kills"]
async fn worker() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the parent passes the store's URL"
    )]
    let Ok(url) = std::env::var(URL) else { return };
    let store = store::open(&url.parse().unwrap(), &store::Options::default())
        .await
        .unwrap();
    let tasks = (1..=USERS).map(|user| tokio::spawn(commit_for_ever(Arc::clone(&store), user)));
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

async fn commit_for_ever(store: Arc<dyn Store>, user: i64) {
    let tenant = id(1);
    let mut version = store
        .standing(tenant, id(user))
        .await
        .unwrap()
        .unwrap()
        .version;
    loop {
        version += 1;
        store
            .commit(change_to(tenant, user, version))
            .await
            .unwrap();
        // One write, so that a line is there whole or not at all.
        let line = format!("acknowledged {user} {version}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
    }
}

/// Lets a worker run for a while, kills it, and gives what it acknowledged: the last version of
/// each user.
fn run_and_kill(url: &str, lifetime: Duration) -> Vec<(i64, i64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::worker", "--exact", "--ignored", "--nocapture"])
        .env(URL, url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut record = |line: &str| {
        let mut words = line.split(' ').rev();
        if let (Some(version), Some(user)) = (words.next(), words.next())
            && line.contains("acknowledged ")
        {
            acknowledged.push((user.parse().unwrap(), version.parse().unwrap()));
        }
    };
    // The clock starts with the first acknowledgement.
    while let Some(Ok(line)) = lines.next() {
        record(&line);
        if line.contains("acknowledged ") {
            break;
        }
    }
    let killer = std::thread::spawn(move || {
        std::thread::sleep(lifetime);
        child.kill().unwrap();
        child.wait().unwrap();
    });
    // SIGKILL closes the pipe behind the last whole line; all of it counts.
    for line in lines.map_while(Result::ok) {
        record(&line);
    }
    killer.join().unwrap();
    acknowledged
}

async fn what_was_acknowledged_survives_a_kill(place: &Place) {
    let tenant = with_users(&*place.open().await, USERS).await;
    let mut told = 0;
    for round in 0..3 * ROUNDS {
        // A busy machine takes more rounds until that was a load.
        if round >= ROUNDS && told > 100 {
            break;
        }
        let url = place.text();
        // Not random, and yet never at the same place of a commit.
        let lifetime = Duration::from_micros(40_000 + round * 7_919);
        let acknowledged = tokio::task::spawn_blocking(move || run_and_kill(&url, lifetime));
        let acknowledged = acknowledged.await.unwrap();
        assert!(!acknowledged.is_empty(), "the worker acknowledged nothing");
        told += acknowledged.len();
        let store = place.open().await;
        for (user, version) in acknowledged {
            let read = store.standing(tenant, id(user)).await.unwrap().unwrap();
            assert!(
                read.version >= version,
                "user {user} lost {version}, has {}",
                read.version
            );
        }
        settled(&*store, tenant).await;
        let versions = all_is_whole(&*store, tenant).await;
        assert_eq!(event_count(&*store, tenant).await, versions + 1);
    }
    assert!(
        told > 100,
        "only {told} changes were acknowledged; that is no load"
    );
}

/// Waits until nothing moves any more: PostgreSQL may still be carrying out the COMMIT that the
/// killed process had sent, and the reads of the check are not one moment.
async fn settled(store: &dyn Store, tenant: Id<Tenant>) {
    let mut before = Vec::new();
    loop {
        let mut now = Vec::new();
        for user in 1..=USERS {
            now.push(
                store
                    .standing(tenant, id(user))
                    .await
                    .unwrap()
                    .unwrap()
                    .version,
            );
        }
        if now == before {
            return;
        }
        before = now;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether each version of each user has its event and its token, and no later one has any.
async fn all_is_whole(store: &dyn Store, tenant: Id<Tenant>) -> i64 {
    let mut told = std::collections::BTreeSet::new();
    for event in store.events(tenant, u32::MAX).await.unwrap() {
        let version = event
            .detail
            .correlation
            .map(|version| version.parse::<i64>().unwrap());
        told.insert((event.user.map(Id::number), version));
    }
    let mut versions = 0;
    for user in 1..=USERS {
        let last = store.standing(tenant, id(user)).await.unwrap().unwrap();
        versions += last.version - 1;
        for version in 2..=last.version {
            assert!(
                told.contains(&(Some(user), Some(version))),
                "event {user} {version}"
            );
        }
        assert!(!told.contains(&(Some(user), Some(last.version + 1))));
        // Tokens are looked up for the newest versions alone: older ones were there before.
        for version in (2..=last.version).rev().take(200) {
            let key = token_of(tenant, user, version).key;
            assert!(
                store.access_token(tenant, &key).await.unwrap().is_some(),
                "token {version}"
            );
        }
        let key = token_of(tenant, user, last.version + 1).key;
        assert_eq!(store.access_token(tenant, &key).await.unwrap(), None);
    }
    versions
}
