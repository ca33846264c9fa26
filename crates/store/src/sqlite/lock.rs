//! Who has the database open: every process that does shares a lock on the file `DATABASE.lock` beside it, and
//! a restore takes it alone. SQLite's own locks end where the file is replaced by another one.
//!
//! The lock is the operating system's (flock), and ends with the process however that ends: a file that was
//! left behind locks nothing.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::error::OpenError;
use crate::sqlite::beside;
use crate::sqlite::shared_file::open_beside;

/// What the file is called after the database.
const ENDING: &str = ".lock";

/// A lock that is held as long as this is there.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Shares the lock with all who have the database open.
    pub(super) fn share(database: &Path) -> Result<Self, OpenError> {
        let folder = super::folder_of(database);
        if !folder.exists() {
            return Err(OpenError::FolderMissing(folder));
        }
        let cannot = |error: io::Error| OpenError::CannotOpen {
            path: beside(database, ENDING),
            problem: error.to_string(),
        };
        let file = file_of(database).map_err(cannot)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::BeingRestored(database.to_owned())),
            Err(TryLockError::Error(error)) => Err(cannot(error)),
        }
    }

    /// Takes the lock alone; nothing where somebody has the database open.
    pub(super) fn take(database: &Path) -> io::Result<Option<Self>> {
        let file = file_of(database)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn file_of(database: &Path) -> io::Result<File> {
    open_beside(database, ENDING)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_shared_by_all_and_taken_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (first, second) = (Lock::share(&path).unwrap(), Lock::share(&path).unwrap());
        assert!(Lock::take(&path).unwrap().is_none());
        drop(first);
        assert!(Lock::take(&path).unwrap().is_none());
        drop(second);
        // The file that was left behind locks nothing.
        let taken = Lock::take(&path).unwrap();
        assert!(taken.is_some());
        let refused = Lock::share(&path).err().unwrap();
        assert!(matches!(refused, OpenError::BeingRestored(_)), "{refused}");
        drop(taken);
        assert!(Lock::share(&path).is_ok());
    }
}
