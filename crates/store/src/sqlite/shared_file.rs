//! Files beside a database that everybody opens who uses it, to lock them. Made by root, they would be shut for
//! the server's own user. Not for SQLite's files: it sees to theirs by itself.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::Path;

use crate::sqlite::{beside, folder_of};

/// Opens the file with this ending beside a database, to be locked; makes it where there is none, for whom the
/// database is.
pub(super) fn open_beside(database: &Path, ending: &str) -> io::Result<File> {
    let path = beside(database, ending);
    match open_present(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(database, &path),
        opened => opened,
    }
}

fn open_present(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).open(path) {
        // A file that may be read can be locked: one that an older program made as root may be no more.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    }
}

/// It gets its name when it is for whom it shall be, and never that of a file that is there, such as a link
/// that leads elsewhere.
fn make(database: &Path, path: &Path) -> io::Result<File> {
    let made = tempfile::Builder::new()
        .prefix(".countersign-lock-")
        .tempfile_in(folder_of(database))?;
    give_to_its_user(made.as_file(), database)?;
    match made.persist_noclobber(path) {
        Ok(file) => Ok(file),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => open_present(path),
        Err(error) => Err(error.error),
    }
}

/// Gives a file the mode and the owner of a database; where there is none yet, the owner of its folder.
pub(super) fn give_to_its_user(file: &File, database: &Path) -> io::Result<()> {
    let of = match fs::metadata(database) {
        Ok(present) => {
            file.set_permissions(present.permissions())?;
            present
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::metadata(folder_of(database))?,
        Err(error) => return Err(error),
    };
    // Only root may give a file away; whoever else makes one is the owner.
    let _ = fchown(file, Some(of.uid()), Some(of.gid()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown};

    use super::*;

    /// Somebody else, where the test may give files away; else whoever runs it.
    fn given_away(path: &Path) -> (u32, u32) {
        let _ = chown(path, Some(12_345), Some(12_346));
        let now = fs::metadata(path).unwrap();
        (now.uid(), now.gid())
    }

    fn of(file: &File) -> ((u32, u32), u32) {
        let now = file.metadata().unwrap();
        ((now.uid(), now.gid()), now.permissions().mode() & 0o777)
    }

    #[test]
    fn a_file_that_is_made_is_for_whom_the_database_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("store.db");
        fs::write(&database, "").unwrap();
        fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
        let owner = given_away(&database);
        let made = open_beside(&database, ".lock").unwrap();
        assert_eq!(of(&made), (owner, 0o640));
        // It is that one which everybody opens, and nothing else is left.
        let again = open_beside(&database, ".lock").unwrap();
        let number = |file: &File| file.metadata().unwrap().ino();
        assert_eq!(number(&made), number(&again));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn where_there_is_no_database_yet_it_is_for_whom_the_folder_is_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let owner = given_away(folder.path());
        let made = open_beside(&folder.path().join("store.db"), ".lock").unwrap();
        assert_eq!(of(&made), (owner, 0o600));
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_not_made_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("store.db");
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("store.db.lock")).unwrap();
        assert!(open_beside(&database, ".lock").is_err());
        assert!(!elsewhere.exists());
    }
}
