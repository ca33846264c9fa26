//! The embedded database copied while it is written, and replaced by a copy: whole, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use challenge::directory::Tenant;
use challenge::id::Id;
use challenge::ports::{Change, Store};
use store::{CopyError, OpenError, Options, Replaced, Replacement, StoreUrl, back_up};
use tempfile::TempDir;

use crate::restoring::{marked_at, marked_over};
use crate::support::*;

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

/// A database with users, and a copy of it.
struct Copied {
    files: Files,
    database: PathBuf,
    file: PathBuf,
    tenant: Id<Tenant>,
}

async fn copied(users: i64) -> Copied {
    let files = Files::new();
    let (database, file) = (files.path("store.db"), files.path("copy.db"));
    let store = open(&database).await.unwrap();
    let tenant = with_users(&*store, users).await;
    drop(store);
    copy(&database, &file).unwrap();
    Copied {
        files,
        database,
        file,
        tenant,
    }
}

async fn open(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    store::open(&StoreUrl::Sqlite(path.to_owned()), &Options::default()).await
}

fn copy(database: &Path, file: &Path) -> Result<store::Contents, CopyError> {
    back_up(database, file, false, &mut |_, _| {})
}

/// Marks what a replacement holds and ends it, as the program does.
async fn finish(replacement: Replacement) -> Option<PathBuf> {
    let store = replacement.open().await.unwrap();
    marked_at(&*store, NOW).await.unwrap();
    drop(store);
    replacement.finish("20270115T080000Z").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_copied_whole_while_it_is_written() {
    let files = Files::new();
    let (database, file) = (files.path("store.db"), files.path("copy.db"));
    let store = open(&database).await.unwrap();
    let tenant = with_users(&*store, 1).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (writes, stopped) = (Arc::clone(&store), Arc::clone(&stop));
    let writing = tokio::spawn(async move {
        let mut version = 1;
        while !stopped.load(Ordering::Relaxed) {
            let change = Change {
                standing: Some(standing_write(id(1), version, 0)),
                ..telling(tenant)
            };
            writes.commit(change).await.unwrap();
            version += 1;
        }
        version
    });
    let mut told = Vec::new();
    let contents = back_up(&database, &file, false, &mut |done, of| {
        assert!(done <= of);
        told.push(done);
    });
    stop.store(true, Ordering::Relaxed);
    let contents = contents.unwrap();
    assert!(
        told.is_sorted() && told.last() == Some(&contents.bytes),
        "{told:?}"
    );
    assert_eq!((contents.tenants, contents.users), (1, 1));
    assert_eq!(contents.latest_event_ms, Some(NOW.unix_ms()));
    assert!(writing.await.unwrap() >= 1);
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(store);
    let beside = files.names();
    let beside = beside.iter().filter(|name| name.contains("copy"));
    assert_eq!(beside.count(), 1, "the copy is one file");
}

#[tokio::test]
async fn a_copy_takes_no_others_place_and_is_no_database_before_it_is_restored() {
    let files = Files::new();
    let (database, file) = (files.path("store.db"), files.path("copy.db"));
    let missing = copy(&database, &file).unwrap_err();
    assert!(matches!(missing, CopyError::Missing(_)), "{missing}");
    let store = open(&database).await.unwrap();
    with_users(&*store, 2).await;
    drop(store);
    copy(&database, &file).unwrap();
    let exists = copy(&database, &file).unwrap_err();
    assert!(exists.to_string().contains("--force"), "{exists}");
    back_up(&database, &file, true, &mut |_, _| {}).unwrap();
    let same = back_up(&database, &database, true, &mut |_, _| {}).unwrap_err();
    assert!(matches!(same, CopyError::Same(_)), "{same}");
    let refused = open(&file).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotRestored(_)), "{refused}");
    assert!(refused.to_string().contains("countersign restore"));
}

#[tokio::test]
async fn a_copy_that_is_restored_takes_the_databases_place_which_is_kept() {
    let Copied {
        files,
        database,
        file,
        tenant,
    } = copied(1).await;
    let store = open(&database).await.unwrap();
    let later = Change {
        standing: Some(standing_write(id(1), 1, 5)),
        event: event_at(tenant, NOW.plus_s(60)),
        ..telling(tenant)
    };
    store.commit(later).await.unwrap();
    let refused = Replacement::begin(&database, &file, &mut |_, _| {});
    let refused = refused.err().unwrap();
    assert!(matches!(refused, CopyError::InUse(_)), "{refused}");
    drop(store);
    let (replacement, contents) = begun(&database, &file).await;
    assert_eq!(contents.users, 1);
    let told = Replaced {
        latest_ms: Some(NOW.plus_s(60).unix_ms()),
        unread: None,
    };
    assert_eq!(*replacement.replaced(), told);
    let waits = open(&database).await.err().unwrap();
    assert!(matches!(waits, OpenError::BeingRestored(_)), "{waits}");
    let kept = finish(replacement).await.unwrap();
    let restored = open(&database).await.unwrap();
    let read = restored.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (2, standing(0)));
    drop(restored);
    let old = open(&kept).await.unwrap();
    let read = old.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (2, standing(5)));
    assert!(!files.names().iter().any(|name| name.contains("restoring")));
}

#[tokio::test]
async fn a_second_restore_is_not_before_the_moment_of_the_first_which_no_event_tells() {
    let Copied {
        files: _files,
        database,
        file,
        ..
    } = copied(1).await;
    // The first restore came when the clock was an hour further, which only its mark says now.
    let store = open(&database).await.unwrap();
    let hour = NOW.plus_s(3600);
    let first = challenge::restore::Replaced {
        latest: Some(hour),
        unread: None,
    };
    marked_over(&*store, NOW, first).await.unwrap();
    drop(store);
    let (replacement, _) = begun(&database, &file).await;
    let told = Replaced {
        latest_ms: Some(hour.unix_ms()),
        unread: None,
    };
    assert_eq!(*replacement.replaced(), told);
    drop(replacement);
    // What cannot be read is told, and the rest counts.
    execute(
        &database,
        "UPDATE server_setting SET body = 'worn' WHERE name = 'restored'",
    );
    let (replacement, _) = begun(&database, &file).await;
    let Replaced { latest_ms, unread } = replacement.replaced();
    assert_eq!(*latest_ms, Some(NOW.unix_ms()));
    assert!(unread.is_some());
}

#[tokio::test]
async fn a_copy_that_was_taken_while_tokens_are_taken_in_knows_and_leaves_nothing_of_them() {
    let files = Files::new();
    let (database, file) = (files.path("store.db"), files.path("copy.db"));
    let store = open(&database).await.unwrap();
    let tenant = with_users(&*store, 5).await;
    drop(store);
    // As it is midway: the last three are not there yet.
    execute(
        &database,
        "INSERT INTO server_setting (name, body) \
         VALUES ('intake', '{\"tenant\":1,\"first\":3,\"last\":5}')",
    );
    assert_eq!(copy(&database, &file).unwrap().users, 2);
    let (replacement, contents) = begun(&database, &file).await;
    assert_eq!(contents.users, 2);
    finish(replacement).await.unwrap();
    let left = files.names();
    assert!(
        !left.iter().any(|name| name.contains("restoring")),
        "{left:?}"
    );
    let store = open(&database).await.unwrap();
    assert!(store.standing(tenant, id(2)).await.unwrap().is_some());
    assert!(store.standing(tenant, id(3)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_copy_whose_last_writer_was_stopped_midway_is_no_database_either() {
    let Copied { files, file, .. } = copied(1).await;
    // Its journal has to be played back before it can be read.
    let writer = rusqlite::Connection::open(&file).unwrap();
    let midway = "PRAGMA cache_size = 1; BEGIN IMMEDIATE; \
         UPDATE user_account SET login_name = 'midway'; \
         CREATE TABLE much (text TEXT); INSERT INTO much VALUES (hex(zeroblob(1000000)))";
    writer.execute_batch(midway).unwrap();
    let stopped = files.path("stopped.db");
    fs::copy(&file, &stopped).unwrap();
    fs::copy(
        files.path("copy.db-journal"),
        files.path("stopped.db-journal"),
    )
    .unwrap();
    let refused = open(&stopped).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotRestored(_)), "{refused}");
}

fn execute(database: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Begins once the threads of a store that was dropped have ended.
async fn begun(database: &Path, file: &Path) -> (Replacement, store::Contents) {
    for _ in 0..500 {
        match Replacement::begin(database, file, &mut |_, _| {}) {
            Err(CopyError::InUse(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            begun => return begun.unwrap(),
        }
    }
    panic!("the database stays open");
}

#[tokio::test]
async fn a_restore_that_is_given_up_leaves_the_database_as_it_was() {
    let Copied {
        files,
        database,
        file,
        tenant,
    } = copied(1).await;
    let (replacement, _) = begun(&database, &file).await;
    drop(replacement.open().await.unwrap());
    drop(replacement);
    let store = open(&database).await.unwrap();
    let read = store.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!(read.version, 1);
    assert!(!files.names().iter().any(|name| name.ends_with("restoring")));
}

#[tokio::test]
async fn what_is_no_database_of_ours_or_is_damaged_is_refused() {
    let Copied {
        files,
        database,
        file,
        ..
    } = copied(500).await;
    let refused = |path: &Path| {
        let begun = Replacement::begin(&database, path, &mut |_, _| {});
        begun.err().unwrap().to_string()
    };
    let text = files.path("a text");
    fs::write(&text, "not a database at all ".repeat(100)).unwrap();
    assert!(refused(&text).contains("no database"), "{}", refused(&text));
    let other = files.path("other.db");
    let foreign = rusqlite::Connection::open(&other).unwrap();
    foreign.execute_batch("CREATE TABLE t (a)").unwrap();
    drop(foreign);
    assert!(refused(&other).contains("no database of Countersign"));
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let told = refused(&file);
    assert!(
        told.contains("damaged") || told.contains("malformed"),
        "{told}"
    );
    assert!(refused(&files.path("nothing")).contains("is not there"));
    assert!(open(&database).await.is_ok());
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_replaced_and_kept_and_its_log_is_not_the_new_ones() {
    let Copied {
        files,
        database,
        file,
        tenant,
    } = copied(1).await;
    drop(begun(&database, &file).await);
    fs::write(&database, "this was a database ".repeat(500)).unwrap();
    fs::write(files.path("store.db-wal"), "and this its log").unwrap();
    let (replacement, _) = begun(&database, &file).await;
    let Replaced { latest_ms, unread } = replacement.replaced();
    assert_eq!(*latest_ms, None);
    assert_eq!(unread.as_deref(), Some("file is not a database"));
    let kept = finish(replacement).await.unwrap();
    assert!(fs::read_to_string(&kept).unwrap().starts_with("this was"));
    assert!(!files.path("store.db-wal").exists());
    let store = open(&database).await.unwrap();
    assert!(store.standing(tenant, id(1)).await.unwrap().is_some());
}
