//! How taking in ends is told as it was: written though nobody heard of it, or for a tenant that is gone; and
//! what a tenant's removal is told meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use challenge::clock::{Clock, Timestamp};
use challenge::directory::provision::{
    Blueprint, Options, ProvisionError, Provisioner, Removal, Removed,
};
use challenge::ports::{Provision, Store, StoreError};
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use store::StoreUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::*;
use crate::taking_in::{Numbered, part, with_tenant};

on_both!(
    tokens_of_a_tenant_that_was_removed_meanwhile_are_a_conflict,
    a_tenant_is_not_removed_while_tokens_are_written_for_it,
);

async fn removed(store: &dyn Store) -> Result<(), StoreError> {
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        removed_tenants: vec![id(2)],
        ..Provision::default()
    };
    store.provision(change).await
}

async fn take_in(store: &dyn Store, version: u64) -> Result<bool, StoreError> {
    let left = VecDeque::from([part(1..10)]);
    store.take_in(version, &mut Numbered { left }).await
}

async fn tokens_of_a_tenant_that_was_removed_meanwhile_are_a_conflict(place: &Place) {
    let store = with_tenant(place).await;
    let version = store.directory_version().await.unwrap();
    removed(&*store).await.unwrap();
    let outcome = take_in(&*store, version).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    // With the version that there is it is what it looks like.
    let outcome = take_in(&*store, version + 1).await;
    assert!(
        matches!(outcome, Err(StoreError::Inconsistent { .. })),
        "{outcome:?}"
    );
}

struct Standstill;

impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// What a removal of the tenant is told before anything is written.
async fn told_of_removal(store: &dyn Store) -> Option<String> {
    let provisioner = Provisioner {
        store,
        keyring: &Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
        rng: &DangerCountingRng::default(),
        clock: &Standstill,
    };
    let blueprint = Blueprint {
        removed: vec![Removal {
            tenant: "BANK".to_owned(),
            what: Removed::Tenant,
        }],
        ..Blueprint::default()
    };
    match provisioner.apply(&blueprint, Options::default()).await {
        Ok(_) => None,
        Err(ProvisionError::Refused(found)) => Some(found[0].text.clone()),
        Err(error) => panic!("{error}"),
    }
}

/// A user who is written and whom nobody sees yet.
const UNSEEN: &str = "INSERT INTO user_account (tenant, id, login_name, body) \
     VALUES (2, 5, 'unseen', '{}')";

/// Somebody who is taking in, until this is dropped.
async fn writing(place: &Place) -> Box<dyn std::any::Any + Send> {
    match &place.url {
        StoreUrl::Sqlite(path) => {
            let file = std::fs::File::create(PathBuf::from(format!("{}-intake", path.display())));
            let file = file.unwrap();
            file.lock().unwrap();
            place.execute(UNSEEN).await;
            let mark = "INSERT INTO server_setting (name, body) \
                 VALUES ('intake', '{\"tenant\":2,\"first\":1,\"last\":9}')";
            place.execute(mark).await;
            Box::new(file)
        }
        StoreUrl::Postgres(url) => {
            let opened = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
            let (client, connection) = opened.unwrap();
            tokio::spawn(connection);
            let begun = format!("BEGIN; {UNSEEN}");
            client.batch_execute(&begun).await.unwrap();
            Box::new(client)
        }
    }
}

async fn a_tenant_is_not_removed_while_tokens_are_written_for_it(place: &Place) {
    let store = with_tenant(place).await;
    let under_way = writing(place).await;
    let told = told_of_removal(&*store).await.unwrap();
    assert!(told.contains("wait until that is done"), "{told}");
    if matches!(place.url, StoreUrl::Sqlite(_)) {
        // They may have begun after it was looked.
        assert_eq!(removed(&*store).await, Err(StoreError::Conflict));
    }
    drop(under_way);
    // On PostgreSQL the server has still to notice.
    while store.is_filled(id(2)).await.unwrap() {
        tokio::task::yield_now().await;
    }
    assert_eq!(told_of_removal(&*store).await, None);
    assert!(store.tenants().await.unwrap().is_empty());
}

/// What becomes of a COMMIT on a line that is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// It does not arrive.
    Before,
    /// It arrives, and its answer does not come back.
    After,
}

/// A line to the database that is cut at the next COMMIT after `armed`; gives the database's URL by it.
async fn line(place: &Place, cut: Cut, armed: &Arc<AtomicBool>) -> StoreUrl {
    let url = place.text();
    let (user, rest) = url.rsplit_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (server, armed) = (server.to_owned(), Arc::clone(armed));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(passed_on((client, server), cut, Arc::clone(&armed)));
        }
    });
    StoreUrl::Postgres(format!("{user}@{address}/{name}"))
}

async fn passed_on(
    (mut client, mut server): (TcpStream, TcpStream),
    cut: Cut,
    armed: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let (mut asked, mut answered) = ([0; 16_384], [0; 16_384]);
    let mut is_cut = false;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                let ends = asked.windows(6).any(|text| text == b"COMMIT");
                is_cut |= ends && armed.swap(false, Ordering::SeqCst);
                if asked.is_empty() || (is_cut && matches!(cut, Cut::Before)) {
                    return Ok(());
                }
                server.write_all(asked).await?;
            }
            read = server.read(&mut answered) => {
                let answered = &answered[..read?];
                if answered.is_empty() || is_cut {
                    return Ok(());
                }
                client.write_all(answered).await?;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_though_the_connection_was_lost_is_told_as_written() {
    for (cut, is_written) in [(Cut::After, true), (Cut::Before, false)] {
        let place = Place::postgres().await;
        let direct = with_tenant(&place).await;
        let armed = Arc::new(AtomicBool::new(false));
        let url = line(&place, cut, &armed).await;
        let store = store::open(&url, &store::Options::default()).await.unwrap();
        let version = store.directory_version().await.unwrap();
        armed.store(true, Ordering::SeqCst);
        let outcome = take_in(&*store, version).await;
        assert!(!armed.load(Ordering::SeqCst), "nothing was cut");
        if is_written {
            assert_eq!(outcome, Ok(true));
        } else {
            assert!(
                matches!(outcome, Err(StoreError::Unavailable(_))),
                "{outcome:?}"
            );
        }
        let users = direct.users(id(2), None, 100).await.unwrap().len();
        assert_eq!(users, if is_written { 9 } else { 0 });
    }
}
