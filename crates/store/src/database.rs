//! What differs between the two databases: how statements are carried out, and how changes are
//! committed in groups.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use challenge::ports::StoreError;

use crate::cell::{Cell, Row};
use crate::change::ChangeRows;
use crate::spool::Spool;

/// How long a caller waits for the database.
///
/// After that the caller is told `Unavailable`: the change was **never acknowledged**, and may yet
/// be written when the database thaws. That is safe: an answer that nobody was told is spent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);

/// How long a change of the directory may take; an import can be large.
pub(crate) const LONG_PATIENCE: Duration = Duration::from_mins(1);

/// How long the writing of a million tokens may take where it is one transaction.
pub(crate) const INTAKE_PATIENCE: Duration = Duration::from_mins(10);

/// Changes that may wait for the writer. More are refused at once: a queue that grows without
/// bound only makes everybody late.
pub(crate) const QUEUE: usize = 16_384;

/// Changes in one transaction, so that the first of them does not wait too long for the last.
pub(crate) const GROUP: usize = 512;

/// A statement with its values, for what is written outside the group commit.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) sql: &'static str,
    pub(crate) cells: Vec<Cell>,
    /// The number of rows it must touch; otherwise the whole is a conflict.
    pub(crate) rows: Option<u64>,
}

#[async_trait]
pub(crate) trait Database: Send + Sync + 'static {
    /// The rows of one query.
    async fn fetch(&self, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError>;

    /// Commits a change, together with what else waits.
    async fn commit(&self, change: ChangeRows) -> Result<(), StoreError>;

    /// Carries out all steps in one transaction, in their order; gives the number of rows touched.
    async fn run(&self, steps: Vec<Step>, patience: Duration) -> Result<u64, StoreError>;

    /// Carries out all statements that were kept aside: for whoever reads, all at one moment, or none.
    async fn run_spooled(&self, spool: Spool) -> Result<(), StoreError>;

    /// Removes what statements that were kept aside left, where whoever carried them out was stopped
    /// midway; gives whether there was any. Nobody ever saw it, but its names are taken.
    async fn clear_up(&self) -> Result<bool, StoreError>;

    /// Whether somebody is writing users of this tenant whom nobody sees yet.
    async fn is_filled(&self, tenant: i64) -> Result<bool, StoreError>;

    /// A folder with room for what is kept aside.
    fn folder(&self) -> PathBuf;

    /// What it is and how durable, in one line for people.
    fn describe(&self) -> String;

    /// Why it may forget what it acknowledged; nothing where it does not.
    fn problem(&self) -> Option<String>;
}

/// The queue of changes is full.
pub(crate) fn too_busy() -> StoreError {
    StoreError::Unavailable(format!("{QUEUE} changes wait already"))
}

/// The database did not answer in time.
pub(crate) fn too_late() -> StoreError {
    StoreError::Unavailable("no answer in time".to_owned())
}

/// The thread or task that should have answered is gone.
pub(crate) fn gone() -> StoreError {
    StoreError::Unavailable("the writer or reader ended; restart the server".to_owned())
}
