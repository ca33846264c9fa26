//! The embedded store as the engine sees it: queues to the writer and to the readers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use challenge::ports::StoreError;
use crossbeam_channel::{Sender, TrySendError};
use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::cell::{Cell, Row};
use crate::change::ChangeRows;
use crate::database::{Database, PATIENCE, Step, gone, too_busy, too_late};
use crate::error::OpenError;
use crate::spool::Spool;
use crate::sqlite::lock::Lock;
use crate::sqlite::readers::{self, Question};
use crate::sqlite::writer::{self, Job};
use crate::sqlite::{checkpoints, folder_of, intake, leftovers, open};

/// Opens a file for writing, with what says that it is open.
type Opening = fn(&Path) -> Result<(Connection, Option<Lock>), OpenError>;

/// The embedded store. Its threads end when it is dropped.
pub(crate) struct Sqlite {
    pub(super) path: PathBuf,
    /// That it is open; nothing for a copy, which nobody else opens.
    _open: Option<Lock>,
    writer: Sender<Job>,
    readers: Sender<Question>,
    _checkpoints: Sender<()>,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::begin(path.to_owned(), |path| {
            let open = Lock::share(path)?;
            Ok((open::open_writer(path)?, Some(open)))
        })
        .await
    }

    /// Opens a copy that is being made ready to be the database.
    pub(crate) async fn open_copy(path: &Path) -> Result<Self, OpenError> {
        Self::begin(path.to_owned(), |path| Ok((open::open_copy(path)?, None))).await
    }

    async fn begin(path: PathBuf, open: Opening) -> Result<Self, OpenError> {
        let opened = tokio::task::spawn_blocking(move || {
            let (connection, open) = open(&path)?;
            let writer = writer::start(connection)?;
            let readers = readers::start(&path)?;
            let checkpoints = checkpoints::start(&path, writer.clone())?;
            Ok(Self {
                path,
                _open: open,
                writer,
                readers,
                _checkpoints: checkpoints,
            })
        });
        // A panic while opening is a bug, and goes on as the panic it is.
        opened
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

#[async_trait]
impl Database for Sqlite {
    async fn fetch(&self, sql: &'static str, cells: Vec<Cell>) -> Result<Vec<Row>, StoreError> {
        let (reply, answer) = oneshot::channel();
        put(&self.readers, Question { sql, cells, reply })?;
        within(PATIENCE, answer).await
    }

    async fn commit(&self, change: ChangeRows) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        put(&self.writer, Job::Commit(Box::new(change), reply))?;
        within(PATIENCE, answer).await
    }

    async fn run(&self, steps: Vec<Step>, patience: Duration) -> Result<u64, StoreError> {
        let (reply, answer) = oneshot::channel();
        put(&self.writer, Job::Run(steps, reply))?;
        within(patience, answer).await
    }

    async fn run_spooled(&self, spool: Spool) -> Result<(), StoreError> {
        intake::carry_out(self, spool).await
    }

    async fn clear_up(&self) -> Result<bool, StoreError> {
        leftovers::clear_up(self).await
    }

    /// Of whichever tenant: a change of the directory would make the tokens be read again.
    async fn is_filled(&self, _tenant: i64) -> Result<bool, StoreError> {
        leftovers::is_taking_in(self).await
    }

    fn folder(&self) -> PathBuf {
        folder_of(&self.path)
    }

    fn describe(&self) -> String {
        format!(
            "SQLite {} in {}, every commit on disk before it is acknowledged",
            rusqlite::version(),
            self.path.display(),
        )
    }

    /// Every commit is on disk before it is acknowledged: the writer sets `synchronous = FULL`.
    fn problem(&self) -> Option<String> {
        None
    }
}

fn put<T>(queue: &Sender<T>, job: T) -> Result<(), StoreError> {
    queue.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => too_busy(),
        TrySendError::Disconnected(_) => gone(),
    })
}

async fn within<T>(
    patience: Duration,
    answer: oneshot::Receiver<Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match timeout(patience, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(gone()),
        Err(_) => Err(too_late()),
    }
}
