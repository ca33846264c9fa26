//! Copying the database while it is in use, and saying what a copy holds.
//!
//! A copy is marked as one in its header: no server opens it as its database before it was restored
//! (`replacing.rs`), so that what was used after it was taken does not become good again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::error::OpenError;
use crate::sqlite::folder_of;
use crate::sqlite::lock::Lock;
use crate::sqlite::pending;

/// What `application_id` says in the header of a copy (the letters `CSbk`).
pub(super) const COPY_ID: i32 = 0x4353_626b;

/// Pages copied at a time: 4 MB.
const PAGES: i32 = 1024;

/// How long a page that somebody else has locked is waited for, at a time.
const PAUSE: Duration = Duration::from_millis(10);

/// Why a database was not copied or replaced. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is a file of this name.
    #[error("{} is there already; name another file, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    /// Both are the same file.
    #[error("{} is the database itself; name another file", .0.display())]
    Same(PathBuf),
    /// There is no such file.
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    /// The file is no database of ours.
    #[error("{} is no database of Countersign: {problem}", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// What was copied is damaged.
    #[error("{} is damaged: {problem}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        problem: String,
    },
    /// Somebody has the database open.
    #[error(
        "the database {} is open in another process; stop the server and everything else that uses it, \
         then try again",
        .0.display()
    )]
    InUse(PathBuf),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite failed.
    #[error("{}: {problem}", .path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        problem: String,
    },
}

impl CopyError {
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |error| Self::File {
            path: path.to_owned(),
            problem: error.to_string(),
        }
    }

    pub(super) fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        move |error| Self::Sqlite {
            path: path.to_owned(),
            problem: error.to_string(),
        }
    }
}

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its size in bytes.
    pub bytes: u64,
    /// The schema's version.
    pub schema: i64,
    /// Tenants, that of the administrators among them.
    pub tenants: i64,
    /// Users.
    pub users: i64,
    /// Authenticators, revoked ones included.
    pub authenticators: i64,
    /// When the newest event happened, in milliseconds since the epoch; nothing: there is none.
    pub latest_event_ms: Option<i64>,
}

/// Bytes that were copied, and how many there are.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Copies a database to a file while others use it: as it is at this moment, whole, checked, and readable
/// for its owner alone. The file appears under its name when it is all that, and not before.
pub fn back_up(
    database: &Path,
    file: &Path,
    overwrite: bool,
    progress: Progress<'_>,
) -> Result<Contents, CopyError> {
    if !database.exists() {
        return Err(CopyError::Missing(database.to_owned()));
    }
    if is_same(database, file) {
        return Err(CopyError::Same(file.to_owned()));
    }
    if !overwrite && file.exists() {
        return Err(CopyError::Exists(file.to_owned()));
    }
    let _open = Lock::share(database)?;
    let folder = folder_of(file);
    let copy = tempfile::Builder::new()
        .prefix(".countersign-backup-")
        .tempfile_in(&folder)
        .map_err(CopyError::file(&folder))?;
    copy_into(database, copy.path(), progress)?;
    let contents = check(copy.path(), file)?;
    let failed = CopyError::file(file);
    copy.as_file().sync_all().map_err(&failed)?;
    if overwrite {
        copy.persist(file).map_err(|error| failed(error.error))?;
    } else if let Err(error) = copy.persist_noclobber(file) {
        return Err(match error.error.kind() {
            io::ErrorKind::AlreadyExists => CopyError::Exists(file.to_owned()),
            _ => failed(error.error),
        });
    }
    sync_folder(&folder)?;
    Ok(contents)
}

/// Whether two names are of one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    matches!((real(one), real(other)), (Some(one), Some(other)) if one == other)
}

/// What was renamed in a folder stays so, whatever happens to the machine.
pub(super) fn sync_folder(folder: &Path) -> Result<(), CopyError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(CopyError::file(folder))
}

/// Copies a database into an empty file, which is a copy from then on.
pub(super) fn copy_into(from: &Path, to: &Path, progress: Progress<'_>) -> Result<(), CopyError> {
    let failed = CopyError::sqlite(from);
    let source = open_to_read(from).map_err(&failed)?;
    // What is copied is of this moment: without a snapshot, each commit of others would begin the copy anew.
    source.execute_batch("BEGIN").map_err(&failed)?;
    let read = source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    read.map_err(|error| CopyError::Foreign {
        path: from.to_owned(),
        problem: error.to_string(),
    })?;
    let failed = CopyError::sqlite(to);
    let mut copy = Connection::open(to).map_err(&failed)?;
    copy_pages(&source, &mut copy, progress).map_err(&failed)?;
    // One file that says it all, with no log beside it.
    let mode = copy.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
    let mode: String = mode.map_err(&failed)?;
    if mode != "delete" {
        return Err(CopyError::Sqlite {
            path: to.to_owned(),
            problem: format!("its log cannot be taken in; its mode is {mode}"),
        });
    }
    let marked = copy.pragma_update(None, "application_id", COPY_ID);
    marked.map_err(&failed)?;
    copy.close().map_err(|(_, error)| failed(error))
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    progress: Progress<'_>,
) -> rusqlite::Result<()> {
    let page: u64 = source
        .query_row("PRAGMA page_size", [], |row| row.get::<_, i64>(0))
        .map(i64::unsigned_abs)?;
    let backup = Backup::new(source, copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let told = backup.progress();
        let all = u64::from(told.pagecount.unsigned_abs());
        let left = u64::from(told.remaining.unsigned_abs());
        progress(all.saturating_sub(left) * page, all * page);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => std::thread::sleep(PAUSE),
        }
    }
}

/// Opens a database to read it, without bringing its schema up to date.
pub(super) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    Ok(connection)
}

/// Whether there is a table of settings, which older versions did not know.
pub(super) fn has_settings(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'server_setting'")?
        .exists([])
}

/// Checks that a file is a database of ours and whole, and says what it holds; `name` is what it is called.
pub(super) fn check(path: &Path, name: &Path) -> Result<Contents, CopyError> {
    let foreign = |error: rusqlite::Error| CopyError::Foreign {
        path: name.to_owned(),
        problem: error.to_string(),
    };
    let connection = open_to_read(path).map_err(foreign)?;
    let whole: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(foreign)?;
    if whole != "ok" {
        return Err(CopyError::Damaged {
            path: name.to_owned(),
            problem: whole,
        });
    }
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let schema = number("SELECT max(version) FROM refinery_schema_history").map_err(foreign)?;
    number("SELECT version FROM directory_version").map_err(foreign)?;
    // Of rows that are being taken in nobody knows yet. A schema without settings has none.
    if has_settings(&connection).map_err(foreign)? {
        connection.execute_batch(pending::VIEWS).map_err(foreign)?;
    }
    let bytes = fs::metadata(path).map_err(CopyError::file(path))?.len();
    Ok(Contents {
        bytes,
        schema,
        tenants: number("SELECT count(*) FROM tenant").map_err(foreign)?,
        users: number("SELECT count(*) FROM user_account").map_err(foreign)?,
        authenticators: number("SELECT count(*) FROM authenticator").map_err(foreign)?,
        latest_event_ms: latest_event(&connection).map_err(foreign)?,
    })
}

/// When the newest event of a database happened, in milliseconds.
pub(super) fn latest_event(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let latest = connection.query_row("SELECT max(at) FROM event", [], |row| row.get(0));
    latest.optional().map(Option::flatten)
}
