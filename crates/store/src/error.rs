//! Why a store could not be opened, and what to do about it.

use std::path::PathBuf;

/// Why a store could not be opened. The text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the database file does not exist.
    #[error("the folder {} does not exist; create it, or name another with --store", .0.display())]
    FolderMissing(PathBuf),
    /// The database file cannot be opened or written.
    #[error("cannot open the database {}: {problem}; check that this user may write the file and its folder", .path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        problem: String,
    },
    /// The file is a copy that a backup made.
    #[error(
        "{} is a copy made by `countersign backup`; bring it back by `countersign restore`, which makes useless \
         what was used since it was taken",
        .0.display()
    )]
    NotRestored(PathBuf),
    /// The database is being replaced by a backup.
    #[error("the database {} is being restored; try again when that is done", .0.display())]
    BeingRestored(PathBuf),
    /// The SQLite that was linked has a known way to lose commits.
    #[error(
        "SQLite {0} can lose commits when it resets its log; build with SQLite 3.51.3 or newer"
    )]
    OldSqlite(&'static str),
    /// The connection string is not one.
    #[error(
        "not a PostgreSQL connection string: {0}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    BadUrl(String),
    /// The database server cannot be reached, or refuses us.
    #[error(
        "cannot connect to PostgreSQL at {target}: {problem}; check that it runs there, and user, password and database in --store"
    )]
    CannotConnect {
        /// Host, port and database.
        target: String,
        /// What went wrong.
        problem: String,
    },
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found}, and this program knows schemas up to {known}; install the newer program that last opened it"
    )]
    NewerSchema {
        /// The database's schema.
        found: i32,
        /// The newest that this program knows.
        known: i32,
    },
    /// The schema could not be brought up to date.
    #[error("the schema cannot be brought up to date: {0}")]
    Migration(String),
    /// The database may forget what it acknowledged, and that was refused by `--require-durable`.
    #[error(
        "the database may forget what it acknowledged: {0}; or start without --require-durable"
    )]
    NotDurable(String),
    /// The machine gave no thread.
    #[error("cannot start a thread: {0}")]
    NoThread(std::io::Error),
}
