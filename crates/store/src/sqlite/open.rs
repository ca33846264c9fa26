//! Opening the file: settings, checks, schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;
use crate::facts::{Facts, Schema};

/// The first SQLite without the fault that can lose commits when the log is reset.
const LEAST_VERSION: i32 = 3_051_003;

/// How long a statement waits for another process. Less than what a caller waits.
const BUSY: Duration = Duration::from_millis(2500);

/// How often the schema is tried again: another process may be bringing it up to date.
const MIGRATION_ATTEMPTS: u32 = 5;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Opens the file for writing and brings its schema up to date.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
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
    let mut connection = Connection::open(path)
        .and_then(prepare_writer)
        .map_err(cannot_open(path))?;
    migrate(&mut connection)?;
    // The first migration tells the planner what to expect; this reads it, and analyses nothing.
    connection
        .execute_batch("ANALYZE sqlite_schema")
        .map_err(cannot_open(path))?;
    Ok(connection)
}

fn prepare_writer(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        let problem = format!("the log cannot be switched to WAL; it is {mode}");
        return Err(rusqlite::Error::ToSqlConversionFailure(problem.into()));
    }
    // FULL: NORMAL was measured to lose acknowledged commits at a power cut.
    // The cache is small on purpose: a commit that split a page walks all of it (15 % of the
    // writer's time with 64 MB), and behind it stands the operating system's.
    // The log is copied back by a thread of its own; only if that does not keep up, by a commit.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 32000; \
         PRAGMA journal_size_limit = 67108864;",
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
    Connection::open(path)
        .and_then(prepare)
        .map_err(cannot_open(path))
}

/// Opens the file for reading alone.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let prepare = |connection: Connection| {
        connection.busy_timeout(BUSY)?;
        connection.execute_batch("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;")?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    Connection::open_with_flags(path, flags)
        .and_then(prepare)
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
    let found = match has_history.map_err(cannot_open(path))? {
        true => connection.query_row(newest, [], |row| row.get(0)),
        false => Ok(None),
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
