//! What cannot be opened is told with what to do; what cannot be written is never acknowledged.

use challenge::ports::{Change, StoreError};
use store::{OpenError, Options, StoreUrl};

use crate::support::*;

on_both!(
    a_schema_newer_than_known_is_refused,
    a_store_opens_again_with_what_it_held,
    four_open_a_new_database_at_once,
    who_waits_too_long_is_refused_and_then_served,
);

async fn a_schema_newer_than_known_is_refused(place: &Place) {
    drop(place.open().await);
    place
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
             VALUES (99, 'from_the_future', '2026-11-22T00:00:00Z', '1')",
        )
        .await;
    let refused = store::open(&place.url, &Options::default())
        .await
        .err()
        .unwrap();
    let OpenError::NewerSchema { found: 99, known } = refused else {
        panic!("{refused}");
    };
    assert_eq!(known, newest_migration());
    assert!(refused.to_string().contains("newer program"), "{refused}");
}

/// The number of the newest migration, by its file's name.
fn newest_migration() -> i32 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        let (number, _) = name[1..].split_once("__").unwrap();
        number.parse().unwrap()
    });
    files.max().unwrap()
}

async fn a_store_opens_again_with_what_it_held(place: &Place) {
    let first = place.open().await;
    let tenant = with_users(&*first, 1).await;
    drop(first);
    let again = place.open().await;
    assert_eq!(
        again
            .standing(tenant, id(1))
            .await
            .unwrap()
            .unwrap()
            .version,
        1
    );
}

async fn four_open_a_new_database_at_once(place: &Place) {
    for _ in 0..3 {
        let fresh = place.another().await;
        let opened = tokio::join!(fresh.open(), fresh.open(), fresh.open(), fresh.open());
        let version = opened.0.directory_version().await.unwrap();
        for store in [opened.1, opened.2, opened.3] {
            assert_eq!(store.directory_version().await, Ok(version));
        }
    }
}

async fn refusal(url: &StoreUrl) -> OpenError {
    store::open(url, &Options::default()).await.err().unwrap()
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let refused = refusal(&StoreUrl::Sqlite(missing.join("store.db"))).await;
    assert!(
        refused.to_string().contains(&missing.display().to_string()),
        "{refused}"
    );
    assert!(refused.to_string().contains("create it"), "{refused}");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no database");
    std::fs::write(
        &file,
        "this is a text, and longer than the header of a database ".repeat(99),
    )
    .unwrap();
    for path in [folder.path().to_owned(), file] {
        let refused = refusal(&StoreUrl::Sqlite(path.clone())).await;
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused}");
        assert!(
            refused.to_string().contains(&path.display().to_string()),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_postgres_that_is_not_there_is_named() {
    let url = StoreUrl::Postgres("postgres://u:hidden@127.0.0.1:1/d".into());
    let refused = refusal(&url).await.to_string();
    assert!(
        refused.contains("127.0.0.1:1/d") && refused.contains("check that it runs"),
        "{refused}"
    );
    assert!(!refused.contains("hidden"), "{refused}");
    let refused = refusal(&StoreUrl::Postgres("postgres://u@h:port/d".into())).await;
    assert!(matches!(refused, OpenError::BadUrl(_)), "{refused}");
}

/// Another process sits on what a commit needs.
async fn who_waits_too_long_is_refused_and_then_served(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let change = || Change {
        standing: Some(standing_write(id(1), 1, 1)),
        ..telling(tenant)
    };
    let holder = Holder::of(place).await;
    let refused = store.commit(change()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    // Reads do not wait for writes.
    assert_eq!(
        store
            .standing(tenant, id(1))
            .await
            .unwrap()
            .unwrap()
            .version,
        1
    );
    holder.release().await;
    let mut served = store.commit(change()).await;
    for _ in 0..600 {
        if served.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        served = store.commit(change()).await;
    }
    assert_eq!(served, Ok(()));
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(event_count(&*store, tenant).await, 2);
}

enum Holder {
    Sqlite(rusqlite::Connection),
    Postgres(tokio_postgres::Client),
}

impl Holder {
    async fn of(place: &Place) -> Self {
        match &place.url {
            StoreUrl::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            StoreUrl::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
                    .await
                    .unwrap();
                tokio::spawn(connection);
                client
                    .batch_execute("BEGIN; SELECT * FROM standing FOR UPDATE")
                    .await
                    .unwrap();
                Self::Postgres(client)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
            Self::Postgres(client) => client.batch_execute("ROLLBACK").await.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_postgres_that_may_forget_is_refused_where_that_is_demanded() {
    let place = Place::postgres().await;
    let durable = Options {
        require_durable: true,
    };
    assert!(store::open(&place.url, &durable).await.is_ok());
    let StoreUrl::Postgres(url) = &place.url else {
        unreachable!("it is PostgreSQL")
    };
    let (_, name) = url.rsplit_once('/').unwrap();
    place
        .execute(&format!(
            "ALTER DATABASE {name} SET synchronous_commit = off"
        ))
        .await;
    let refused = store::open(&place.url, &durable).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotDurable(_)), "{refused}");
    assert!(refused.to_string().contains("set it to on"), "{refused}");
    let store = store::open(&place.url, &Options::default()).await.unwrap();
    assert!(
        store.describe().contains("NOT DURABLE"),
        "{}",
        store.describe()
    );
}
