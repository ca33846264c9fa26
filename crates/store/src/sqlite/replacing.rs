//! Replacing the database by a copy: the copy is made ready under another name, and takes the database's when
//! it is. The one that was there is kept beside it.
//!
//! **Invariant: the database's name stands for the old one, whole, or for the new one, marked.** The new one takes
//! it in one step of the file system, and is a copy, which no server opens, until the moment before.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use challenge::ports::Store;
use challenge::restore::RestoreMoment;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use crate::engine::Engine;
use crate::error::OpenError;
use crate::sqlite::copying::{
    Contents, CopyError, Progress, check, copy_into, has_settings, is_same, latest_event,
    open_to_read, sync_folder,
};
use crate::sqlite::lock::Lock;
use crate::sqlite::pending;
use crate::sqlite::shared_file::give_to_its_user;
use crate::sqlite::{Sqlite, beside, folder_of};

/// What SQLite has beside a database, by its ending.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Databases kept of one moment.
const KEPT_MAX: u32 = 1000;

/// How often it is looked whether the threads of a store that was dropped have closed their files, and how
/// long is waited in between: ten seconds in all.
const LOOKS: u32 = 500;
const PAUSE: Duration = Duration::from_millis(20);

/// A database that is being replaced. Nobody else can open it meanwhile.
pub struct Replacement {
    database: PathBuf,
    copy: PathBuf,
    replaced: Replaced,
    _lock: Lock,
}

/// What the database told that is being replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// The latest moment that it told of, in milliseconds: its newest event, or the moment of its own restore.
    /// Nothing where there is none.
    pub latest_ms: Option<i64>,
    /// Why it, or a part of it, could not be read.
    pub unread: Option<String>,
}

impl Replacement {
    /// Locks the database and copies the file beside it; what the copy holds.
    ///
    /// [`CopyError::InUse`] where somebody has the database open.
    pub fn begin(
        database: &Path,
        file: &Path,
        progress: Progress<'_>,
    ) -> Result<(Self, Contents), CopyError> {
        if !file.is_file() {
            return Err(CopyError::Missing(file.to_owned()));
        }
        let copy = beside(database, ".restoring");
        if is_same(database, file) || is_same(&copy, file) {
            return Err(CopyError::Same(file.to_owned()));
        }
        let folder = folder_of(database);
        if !folder.exists() {
            return Err(OpenError::FolderMissing(folder).into());
        }
        let lock = Lock::take(database).map_err(CopyError::file(database))?;
        let lock = lock.ok_or_else(|| CopyError::InUse(database.to_owned()))?;
        // A program of an older version does not know the lock.
        let replaced = if database.exists() {
            settled(database)?;
            told_by(database)
        } else {
            Replaced::default()
        };
        remove_all(&copy)?;
        let this = Self {
            database: database.to_owned(),
            copy,
            replaced,
            _lock: lock,
        };
        this.make_file()?;
        copy_into(file, &this.copy, progress)?;
        let contents = check(&this.copy, file)?;
        Ok((this, contents))
    }

    /// What the database told that is being replaced; nothing where there is none.
    pub fn replaced(&self) -> &Replaced {
        &self.replaced
    }

    /// Opens the copy, and brings its schema up to date. It must be dropped before the end.
    pub async fn open(&self) -> Result<Arc<dyn Store>, OpenError> {
        Ok(Arc::new(Engine::on(Sqlite::open_copy(&self.copy).await?)))
    }

    /// Puts the copy, which was marked, in the database's place; where the one that was there is kept now.
    pub fn finish(self, stamp: &str) -> Result<Option<PathBuf>, CopyError> {
        let mut looks = 0..LOOKS;
        while !settled(&self.copy)? {
            if looks.next().is_none() {
                return Err(CopyError::InUse(self.copy.clone()));
            }
            std::thread::sleep(PAUSE);
        }
        let failed = CopyError::sqlite(&self.copy);
        let copy = Connection::open(&self.copy).map_err(&failed)?;
        copy.pragma_update(None, "application_id", 0)
            .map_err(&failed)?;
        copy.close().map_err(|(_, error)| failed(error))?;
        let file = OpenOptions::new().read(true).open(&self.copy);
        let synced = file.and_then(|file| file.sync_all());
        synced.map_err(CopyError::file(&self.copy))?;
        let kept = if self.database.exists() {
            Some(self.keep_present(stamp)?)
        } else {
            None
        };
        fs::rename(&self.copy, &self.database).map_err(CopyError::file(&self.database))?;
        sync_folder(&folder_of(&self.database))?;
        Ok(kept)
    }

    /// An empty file for the copy, readable for whom the database is: a restore may be run by root.
    fn make_file(&self) -> Result<(), CopyError> {
        let mut options = OpenOptions::new();
        let made = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.copy);
        let failed = CopyError::file(&self.copy);
        let made = made.map_err(&failed)?;
        give_to_its_user(&made, &self.database).map_err(&failed)
    }

    /// Gives the present database a second name. It keeps its own until the new one takes it.
    fn keep_present(&self, stamp: &str) -> Result<PathBuf, CopyError> {
        let is_settled = settled(&self.database)?;
        let kept = (1..=KEPT_MAX)
            .map(|number| match number {
                1 => beside(&self.database, &format!(".before-restore-{stamp}")),
                more => beside(&self.database, &format!(".before-restore-{stamp}-{more}")),
            })
            .find(|path| !path.exists());
        let kept = kept.ok_or_else(|| {
            let many = "there are too many databases that were kept at restores; remove some";
            CopyError::file(&self.database)(io::Error::other(many))
        })?;
        if fs::hard_link(&self.database, &kept).is_err() {
            // A file system without second names.
            let copied = fs::copy(&self.database, &kept);
            let synced = copied.and_then(|_| fs::File::open(&kept)?.sync_all());
            synced.map_err(CopyError::file(&kept))?;
        }
        // The log of a database that cannot be read is no log of the new one.
        for ending in BESIDE.iter().filter(|_| !is_settled) {
            move_if_there(&beside(&self.database, ending), &beside(&kept, ending))?;
        }
        sync_folder(&folder_of(&kept))?;
        Ok(kept)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // It has the database's name now, or serves nobody. What is left is removed by the next restore.
        let _ = remove_all(&self.copy);
    }
}

/// Reads what can be read of a database: what one part of it tells counts, whatever is wrong with another.
fn told_by(database: &Path) -> Replaced {
    let read = open_to_read(database).map(|open| {
        let event = latest_event(&open).map_err(|error| error.to_string());
        [event, restored_at(&open)]
    });
    let parts = read.unwrap_or_else(|error| [Err(error.to_string()), Ok(None)]);
    let unread = parts.iter().find_map(|part| part.clone().err());
    let latest_ms = parts.into_iter().filter_map(Result::ok).flatten().max();
    Replaced { latest_ms, unread }
}

/// The moment up to which nothing counts in a database that was restored itself, in milliseconds.
fn restored_at(connection: &Connection) -> Result<Option<i64>, String> {
    // A database of a version before there were settings was never restored.
    if !has_settings(connection).map_err(|error| error.to_string())? {
        return Ok(None);
    }
    let body = connection
        .query_row(
            "SELECT body FROM server_setting WHERE name = $1",
            [RestoreMoment::SETTING],
            |row| row.get::<_, String>(0),
        )
        .optional()
        .map_err(|error| error.to_string())?;
    let moment = body.map(|body| serde_json::from_str::<RestoreMoment>(&body));
    let moment = moment.transpose().map_err(|error| error.to_string())?;
    Ok(moment.map(|moment| moment.at.unix_ms()))
}

/// Takes the log of a database into it, so that it is one file: whether that could be done. It cannot where
/// the file is no database that SQLite can read.
///
/// [`CopyError::InUse`] is told of the database, not of a copy, whose threads may be ending.
fn settled(path: &Path) -> Result<bool, CopyError> {
    let is_copy = path.extension().is_some_and(|ending| ending == "restoring");
    let connection = Connection::open(path).map_err(CopyError::sqlite(path))?;
    let patience = if is_copy { 0 } else { 1000 };
    let mode = connection
        .busy_timeout(Duration::from_millis(patience))
        .and_then(|()| {
            connection.query_row("PRAGMA journal_mode = DELETE", [], |row| {
                row.get::<_, String>(0)
            })
        });
    let is_busy = match &mode {
        Ok(mode) => mode != "delete",
        Err(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        ),
    };
    if is_busy && !is_copy {
        return Err(CopyError::InUse(path.to_owned()));
    }
    Ok(mode.is_ok_and(|mode| mode == "delete"))
}

/// Removes a copy that was being made ready, with all that is beside it.
fn remove_all(database: &Path) -> Result<(), CopyError> {
    let endings = BESIDE.iter().chain([&pending::LOCKED]);
    let beside = endings.map(|ending| beside(database, ending));
    for path in beside.chain([database.to_owned()]) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(CopyError::file(&path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn move_if_there(from: &Path, to: &Path) -> Result<(), CopyError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(CopyError::file(from)(error)),
        _ => Ok(()),
    }
}
