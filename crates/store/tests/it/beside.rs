//! Many rows taken in beside others on SQLite: nobody waits for all of it, nobody sees a part of it, and
//! whatever stops it midway, nothing of it stays.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use challenge::directory::provision::Part;
use challenge::directory::{AuthenticatorKey, UserKey};
use challenge::ports::{Change, Provision, StandingWrite, Store, StoreError};
use challenge::standing::{Movement, Standing};
use store::StoreUrl;

use crate::rows::authenticator;
use crate::support::*;
use crate::taking_in::{Numbered, part, user, with_tenant};

const URL: &str = "COUNTERSIGN_STORE_INTAKE_URL";

/// Users with a token each: with their standings five transactions.
const USERS: i64 = 1_500;

const PART: i64 = 300;

fn all_parts() -> Numbered {
    let starts = (0..USERS / PART).map(|at| 1 + at * PART);
    Numbered {
        left: starts.map(|from| part(from..from + PART)).collect(),
    }
}

fn file(place: &Place) -> &Path {
    let StoreUrl::Sqlite(path) = &place.url else {
        panic!("this is about SQLite");
    };
    path
}

/// A number that is in the file, whoever may see it.
fn raw(path: &Path, sql: &str) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    let wait = std::time::Duration::from_secs(2);
    connection.busy_timeout(wait).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn rows_in(path: &Path) -> i64 {
    let sql = "SELECT (SELECT count(*) FROM user_account) + (SELECT count(*) FROM authenticator) \
         + (SELECT count(*) FROM standing)";
    raw(path, sql)
}

fn marks_in(path: &Path) -> i64 {
    raw(path, "SELECT count(*) FROM server_setting")
}

async fn take_in_all(store: &dyn Store) -> Result<bool, StoreError> {
    let version = store.directory_version().await.unwrap();
    store.take_in(version, &mut all_parts()).await
}

async fn nothing_is_seen(store: &dyn Store) {
    assert!(store.users(id(2), None, 10).await.unwrap().is_empty());
    assert!(
        store
            .users_from(id(2), "user", 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.server_settings().await.unwrap(), []);
    for key in [UserKey::Id(id(1)), UserKey::LoginName("user1")] {
        assert!(store.user(id(2), key).await.unwrap().is_none());
    }
    for key in [
        AuthenticatorKey::Id(id(1)),
        AuthenticatorKey::Serial("serial1"),
    ] {
        assert!(store.authenticator(id(2), key).await.unwrap().is_none());
    }
    let device = authenticator(id(2), 1, "serial1").device_id;
    assert!(
        store
            .authenticators_on(id(2), &device)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_write_meanwhile_and_see_all_of_it_or_nothing() {
    let place = Place::sqlite();
    let store = with_tenant(&place).await;
    let another = place.open().await;
    let taking = tokio::spawn(async move { take_in_all(&*store).await });
    let (mut written, mut seen) = (0, 0);
    while !taking.is_finished() {
        another.commit(telling(id(1))).await.unwrap();
        let is_under_way = marks_in(file(&place)) == 1;
        let users = another.users(id(2), None, 10_000).await.unwrap().len();
        assert!(users == 0 || users == 1_500, "{users} of 1500 are seen");
        written += usize::from(is_under_way);
        seen += usize::from(is_under_way && users == 0 && rows_in(file(&place)) > 0);
    }
    assert!(taking.await.unwrap().unwrap());
    assert!(written > 1, "{written} commits beside five transactions");
    assert!(
        seen > 0,
        "it was never looked at when a part of it was written"
    );
    assert_eq!(
        another.users(id(2), None, 10_000).await.unwrap().len(),
        1_500
    );
    assert_eq!(marks_in(file(&place)), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that what_is_killed_midway_is_never_seen_and_removed starts and kills"]
async fn worker() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the parent passes the store's URL"
    )]
    let Ok(url) = std::env::var(URL) else { return };
    let store = store::open(&url.parse().unwrap(), &store::Options::default())
        .await
        .unwrap();
    take_in_all(&*store).await.unwrap();
}

/// A process that takes in, and was killed when so many rows were in the file.
fn killed_at(place: &Place, rows: i64) -> bool {
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args(["beside::worker", "--exact", "--ignored", "--nocapture"])
        .env(URL, place.text())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = file(place);
    loop {
        let has_ended = child.try_wait().unwrap().is_some();
        if has_ended || (marks_in(path) == 1 && rows_in(path) >= rows) {
            break;
        }
        std::thread::yield_now();
    }
    // It is gone afterwards, whether it still ran or not.
    let _ = child.kill();
    child.wait().unwrap();
    marks_in(path) == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_killed_midway_is_never_seen_and_removed() {
    let place = Arc::new(Place::sqlite());
    let store = with_tenant(&place).await;
    let all = 3 * USERS;
    for (round, rows) in [0, all / 4, all / 2, all].into_iter().enumerate() {
        let there = Arc::clone(&place);
        let killed = tokio::task::spawn_blocking(move || killed_at(&there, rows));
        if !killed.await.unwrap() {
            // It was done before it could be killed, which only the last one may be.
            assert_eq!(rows, all);
            assert_eq!(store.users(id(2), None, 10_000).await.unwrap().len(), 1_500);
            return;
        }
        assert!(rows_in(file(&place)) >= rows);
        nothing_is_seen(&*store).await;
        // The next who writes is not in anybody's way: a change of the directory, or the sweeping.
        if round % 2 == 0 {
            store.sweep(NOW, 100).await.unwrap();
        } else {
            let change = Provision {
                expected_version: store.directory_version().await.unwrap(),
                users: vec![user(1)],
                ..Provision::default()
            };
            store.provision(change).await.unwrap();
            place.execute("DELETE FROM user_account").await;
        }
        assert_eq!((rows_in(file(&place)), marks_in(file(&place))), (0, 0));
    }
    assert!(take_in_all(&*store).await.unwrap());
    assert_eq!(rows_in(file(&place)), all);
}

/// A token more for each of these users, who are there already, as it was planned when their standings
/// were at version 1.
fn more_tokens(users: std::ops::RangeInclusive<i64>) -> Part {
    let mut rows = Provision::default();
    for number in users {
        let mut token = authenticator(id(2), 5_000 + number, &format!("more{number}"));
        token.user = id(number);
        let movement = Movement {
            next_counter: 17,
            ..Movement::default()
        };
        let next = Standing {
            authenticators: [(token.id, movement)].into(),
            ..standing(0)
        };
        rows.authenticators.push(token);
        let write = StandingWrite {
            user: id(number),
            expected: 1,
            next: Some(next),
        };
        rows.standings.push((id(2), write));
    }
    Part::Rows(Box::new(rows))
}

async fn with_ten_users(place: &Place) -> Arc<dyn Store> {
    let store = with_tenant(place).await;
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        users: (1..=10).map(user).collect(),
        standings: (1..=10)
            .map(|number| (id(2), standing_write(id(number), 0, 0)))
            .collect(),
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_there_gets_the_tokens_and_keeps_what_moved_meanwhile() {
    let place = Place::sqlite();
    let store = with_ten_users(&place).await;
    let version = store.directory_version().await.unwrap();
    let moved = Change {
        standing: Some(standing_write(id(3), 1, 99)),
        ..telling(id(2))
    };
    store.commit(moved).await.unwrap();
    let left = VecDeque::from([more_tokens(1..=10)]);
    assert!(
        store
            .take_in(version, &mut Numbered { left })
            .await
            .unwrap()
    );
    for number in 1..=10 {
        let found = store.standing(id(2), id(number)).await.unwrap().unwrap();
        let begun = found.value.authenticators.get(&id(5_000 + number));
        assert_eq!(begun.unwrap().next_counter, 17);
        let told = if number == 3 { 99 } else { 0 };
        assert_eq!(
            found.value.policies,
            standing(told).policies,
            "user {number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_for_users_who_are_there_is_taken_back() {
    let place = Place::sqlite();
    let store = with_ten_users(&place).await;
    let before = rows_in(file(&place));
    let version = store.directory_version().await.unwrap();
    // The last part does not fit: a user of this name is there. It comes in a later transaction.
    let last = Part::Rows(Box::new(Provision {
        users: vec![challenge::directory::User {
            login_name: "user1".to_owned(),
            ..user(8_000)
        }],
        ..Provision::default()
    }));
    let left = VecDeque::from([more_tokens(1..=10), part(6_000..6_600), last]);
    let outcome = store.take_in(version, &mut Numbered { left }).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    for number in 1..=10 {
        let found = store.standing(id(2), id(number)).await.unwrap().unwrap();
        assert!(found.version > 1, "nothing was begun for user {number}");
        assert_eq!(found.value, standing(0));
    }
    assert_eq!(rows_in(file(&place)), before);
    assert_eq!(marks_in(file(&place)), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_stand_among_those_of_others_are_not_taken_in() {
    let place = Place::sqlite();
    let store = with_ten_users(&place).await;
    let version = store.directory_version().await.unwrap();
    store
        .provision(Provision {
            expected_version: version,
            users: vec![user(20)],
            ..Provision::default()
        })
        .await
        .unwrap();
    // 20 stands between the two, and would be out of sight with them.
    let around = Provision {
        users: vec![user(19), user(21)],
        ..Provision::default()
    };
    let left = VecDeque::from([Part::Rows(Box::new(around))]);
    let version = version + 1;
    let outcome = store.take_in(version, &mut Numbered { left }).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    assert_eq!(store.users(id(2), None, 100).await.unwrap().len(), 11);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_serves_nobody_goes_although_what_an_intake_left_cannot_be_removed() {
    let place = Place::sqlite();
    let store = with_tenant(&place).await;
    let change = Change {
        token: Some(token(id(2))),
        ..telling(id(2))
    };
    store.commit(change).await.unwrap();
    let mark = "INSERT INTO server_setting (name, body) \
         VALUES ('intake', '{\"tenant\":2,\"first\":1,\"last\":2}')";
    place.execute(mark).await;
    let mut locked = file(&place).as_os_str().to_owned();
    locked.push("-intake");
    // No file can be made where a folder is.
    std::fs::create_dir(&locked).unwrap();
    let later = NOW.plus_s(10 * 86_400);
    assert_eq!(store.sweep(later, 100).await, Ok(1));
    std::fs::remove_dir(&locked).unwrap();
    store.sweep(later, 100).await.unwrap();
    assert_eq!(marks_in(file(&place)), 0);
}
