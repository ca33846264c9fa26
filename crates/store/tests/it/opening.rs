//! What cannot be opened is told with what to do; what cannot be written is never acknowledged.

use challenge::ports::StoreError;
use store::{OpenError, Options, StoreUrl};

use crate::support::*;

on_both!(
    a_schema_newer_than_known_is_refused,
    a_store_opens_again_with_what_it_held,
    two_open_a_new_database_at_once,
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
    assert!(
        matches!(
            refused,
            OpenError::NewerSchema {
                found: 99,
                known: 1
            }
        ),
        "{refused}"
    );
    assert!(refused.to_string().contains("newer program"), "{refused}");
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

async fn two_open_a_new_database_at_once(place: &Place) {
    let (one, other) = tokio::join!(place.open(), place.open());
    assert_eq!(
        one.directory_version().await,
        other.directory_version().await
    );
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

/// The limit is kept by the connection that writes; it is reached through the file's own size
/// because nothing outside that connection can set it.
#[tokio::test]
async fn a_full_disk_is_never_acknowledged_and_recovers() {
    let place = Place::sqlite();
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let StoreUrl::Sqlite(path) = &place.url else {
        unreachable!("it is SQLite")
    };
    // Another process holds the write lock: what waits for it is refused, never acknowledged.
    let holder = rusqlite::Connection::open(path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.commit(telling(tenant)).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(store.check().await.is_err());
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.commit(telling(tenant)).await, Ok(()));
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(store.events(tenant, 10).await.unwrap().len(), 2);
}
