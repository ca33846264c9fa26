//! Opening the file: settings, checks, schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::OpenError;
use crate::facts::{Facts, Schema};
use crate::sqlite::copying::COPY_ID;
use crate::sqlite::pending;

/// The first SQLite without the fault that can lose commits when the log is reset.
const LEAST_VERSION: i32 = 3_051_003;

/// How long a statement waits for another process. Less than what a caller waits.
const BUSY: Duration = Duration::from_millis(2500);

/// How often the schema is tried again: another process may be bringing it up to date.
const MIGRATION_ATTEMPTS: u32 = 20;

/// The first pause before a file that another process opens is tried again; each further one is twice as
/// long, 3.2 s in all.
const OPENING_PAUSE: Duration = Duration::from_millis(25);
const OPENING_ATTEMPTS: u32 = 8;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Opens the file for writing and brings its schema up to date. A copy made by a backup is refused: it must be
/// restored. Whether it is one is read by a connection that may write, as whoever wrote last may have left a
/// journal that has to be played back first; what cannot be read is told.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    open(path, |connection| {
        connection.query_row("PRAGMA application_id", [], |row| {
            row.get::<_, i32>(0).map(|id| id == COPY_ID)
        })
    })
}

/// The same, whatever it is.
pub(super) fn open_copy(path: &Path) -> Result<Connection, OpenError> {
    open(path, |_| Ok(false))
}

fn open(
    path: &Path,
    is_refused: impl Fn(&Connection) -> rusqlite::Result<bool>,
) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < LEAST_VERSION {
        return Err(OpenError::OldSqlite(rusqlite::version()));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder
        && !folder.exists()
    {
        return Err(OpenError::FolderMissing(folder.to_owned()));
    }
    let opened = patiently(|| {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        if is_refused(&connection)? {
            return Ok(None);
        }
        prepare_writer(connection).map(Some)
    });
    let opened = opened.map_err(cannot_open(path))?;
    let mut connection = opened.ok_or_else(|| OpenError::NotRestored(path.to_owned()))?;
    migrate(&mut connection)?;
    // The first migration tells the planner what to expect; this reads it, and analyses nothing.
    patiently(|| connection.execute_batch("ANALYZE sqlite_schema")).map_err(cannot_open(path))?;
    Ok(connection)
}

/// Tries again while another process opens the same file. SQLite waits for most locks by itself
/// (`busy_timeout`), but not where waiting could end in a deadlock, such as two that switch a new
/// file to WAL at once: one of them is told at once that it is locked.
fn patiently<T>(attempt: impl Fn() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    for turn in 1..OPENING_ATTEMPTS {
        match attempt() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(OPENING_PAUSE * (1 << (turn - 1)));
            }
            outcome => return outcome,
        }
    }
    attempt()
}

fn prepare_writer(connection: Connection) -> rusqlite::Result<Connection> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let problem = format!("the log cannot be switched to WAL; it is {mode}");
        return Err(rusqlite::Error::ToSqlConversionFailure(problem.into()));
    }
    // FULL: NORMAL was measured to lose acknowledged commits at a power cut.
    // The cache is small on purpose: a commit that split a page walks all of it (15 % of the
    // writer's time with 64 MB), and behind it stands the operating system's.
    // The log is copied back by a thread of its own; only if that does not keep up, by a commit.
    // What is erased is overwritten, in pages that become free too: FAST would leave it there.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 32000; \
         PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// Opens the file for copying the log back into it.
pub(super) fn open_checkpointer(path: &Path) -> Result<Connection, OpenError> {
    let prepare = |connection: Connection| {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA synchronous = FULL;")?;
        Ok(connection)
    };
    patiently(|| Connection::open(path).and_then(prepare)).map_err(cannot_open(path))
}

/// Opens the file for reading alone.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let prepare = |connection: Connection| {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;")?;
        connection.execute_batch(pending::VIEWS)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    patiently(|| Connection::open_with_flags(path, flags).and_then(prepare))
        .map_err(cannot_open(path))
}

fn cannot_open(path: &Path) -> impl Fn(rusqlite::Error) -> OpenError {
    move |error| OpenError::CannotOpen {
        path: path.to_owned(),
        problem: error.to_string(),
    }
}

/// Looks at a database file without changing it.
pub(crate) fn facts(path: &Path) -> Result<Facts, OpenError> {
    if !path.exists() {
        return Err(OpenError::CannotOpen {
            path: path.to_owned(),
            problem: "it is not there".to_owned(),
        });
    }
    let connection = open_reader(path)?;
    let journal = connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0));
    let has_history = "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    let has_history = connection.query_row(has_history, [], |row| row.get::<_, bool>(0));
    let newest = "SELECT max(version) FROM refinery_schema_history";
    let found = if has_history.map_err(cannot_open(path))? {
        connection.query_row(newest, [], |row| row.get(0))
    } else {
        Ok(None)
    };
    Ok(Facts {
        schema: Schema::of(found.map_err(cannot_open(path))?, known()),
        not_durable: None,
        journal: Some(journal.map_err(cannot_open(path))?),
        clock: None,
    })
}

/// The newest schema that this program knows.
fn known() -> i32 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter();
    versions
        .map(refinery::Migration::version)
        .max()
        .unwrap_or(0)
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let runner = embedded::migrations::runner();
    let known = known();
    let mut problem = String::new();
    for _ in 0..MIGRATION_ATTEMPTS {
        match runner.get_last_applied_migration(connection) {
            Ok(Some(last)) if last.version() > known => {
                return Err(OpenError::NewerSchema {
                    found: last.version(),
                    known,
                });
            }
            Ok(Some(last)) if last.version() == known => return Ok(()),
            // A new database has no history yet; what else is wrong, the run will tell.
            Ok(_) | Err(_) => {}
        }
        match runner.run(connection) {
            Ok(_) => return Ok(()),
            Err(error) => problem = error.to_string(),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(OpenError::Migration(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_not_in_the_file_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let connection = open_writer(&path).unwrap();
        let stands = || {
            let copied = "PRAGMA wal_checkpoint(TRUNCATE)";
            connection.query_row(copied, [], |_| Ok(())).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(9).any(|bytes| bytes == b"landlord!")
        };
        // Several pages of it, which become free, and a row beside others.
        let add = "CREATE TABLE told (id INTEGER PRIMARY KEY, text TEXT); \
             INSERT INTO told (text) VALUES ('landlord!'), ('other'), ('landlord!'); \
             INSERT INTO told (text) VALUES (replace(hex(zeroblob(20000)), '00', 'landlord!'))";
        connection.execute_batch(add).unwrap();
        assert!(stands());
        connection
            .execute_batch("DELETE FROM told WHERE text LIKE 'landlord!%'")
            .unwrap();
        assert!(!stands());
    }
}
