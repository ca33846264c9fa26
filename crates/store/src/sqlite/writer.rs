//! The writer thread: takes whatever has queued up, commits it as one transaction, and only then
//! answers everybody.
//!
//! **Invariant: `Ok` is sent after COMMIT returned, and never after an I/O error**: once a write
//! to disk has failed, nobody knows what is on it until the file is opened again.

use challenge::ports::StoreError;
use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::{Connection, ErrorCode, params_from_iter};
use tokio::sync::oneshot;

use crate::change::ChangeRows;
use crate::database::{GROUP, QUEUE, Step};
use crate::error::OpenError;
use crate::sqlite::group;

/// Something to be written.
pub(super) enum Job {
    /// A change, committed together with others.
    Commit(Box<ChangeRows>, oneshot::Sender<Result<(), StoreError>>),
    /// Statements in a transaction of their own.
    Run(Vec<Step>, oneshot::Sender<Result<u64, StoreError>>),
    /// What is left of the log is to be copied back, so that it can begin anew.
    Checkpoint(oneshot::Sender<()>),
}

/// A job that does not share its transaction.
enum Alone {
    Run(Vec<Step>, oneshot::Sender<Result<u64, StoreError>>),
    Checkpoint(oneshot::Sender<()>),
}

type Waiting = (Box<ChangeRows>, oneshot::Sender<Result<(), StoreError>>);

struct Writer {
    connection: Connection,
    jobs: Receiver<Job>,
    /// Why nothing is written any more.
    broken: Option<String>,
}

/// Starts the writer on an open file. It ends when the queue is dropped.
///
/// Should it panic, the queue closes and with it every waiting answer: nobody hangs, and nobody is
/// told `Ok`.
pub(super) fn start(connection: Connection) -> Result<Sender<Job>, OpenError> {
    let (queue, jobs) = bounded(QUEUE);
    let mut writer = Writer {
        connection,
        jobs,
        broken: None,
    };
    std::thread::Builder::new()
        .name("store writer".to_owned())
        .spawn(move || writer.write_all())
        .map_err(OpenError::NoThread)?;
    Ok(queue)
}

impl Writer {
    fn write_all(&mut self) {
        while let Ok(first) = self.jobs.recv() {
            let mut group = Vec::new();
            let mut next = Some(first);
            let mut alone = None;
            while let Some(job) = next.take() {
                match job {
                    Job::Commit(change, reply) => group.push((change, reply)),
                    Job::Run(steps, reply) => {
                        alone = Some(Alone::Run(steps, reply));
                        break;
                    }
                    Job::Checkpoint(reply) => {
                        alone = Some(Alone::Checkpoint(reply));
                        break;
                    }
                }
                if group.len() < GROUP {
                    next = self.jobs.try_recv().ok();
                }
            }
            self.commit(group);
            // Whoever asked may have given up.
            match alone {
                Some(Alone::Run(steps, reply)) => drop(reply.send(self.run(&steps))),
                Some(Alone::Checkpoint(reply)) => {
                    self.checkpoint();
                    let _ = reply.send(());
                }
                None => {}
            }
        }
    }

    /// Copies back what is left of the log. Nothing is lost if that fails; but nobody knows then
    /// what is on disk, so nothing is acknowledged any more.
    fn checkpoint(&mut self) {
        let pragma = "PRAGMA wal_checkpoint(PASSIVE)";
        if let Err(error) = self.connection.query_row(pragma, [], |_| Ok(())) {
            self.clean_up(&error);
        }
    }

    fn commit(&mut self, mut group: Vec<Waiting>) {
        // Who gave up was told `Unavailable`; it is kinder not to write it any more.
        group.retain(|(_, reply)| !reply.is_closed());
        if group.is_empty() {
            return;
        }
        let outcomes = match self.transaction(|connection| {
            group
                .iter()
                .map(|(change, _)| group::apply(connection, change))
                .collect()
        }) {
            Ok(outcomes) => outcomes,
            // One change made the whole fail in a way that its check did not foresee.
            Err(error) if is_own_fault(&error) && group.len() > 1 => self.one_by_one(&group),
            Err(error) => group.iter().map(|_| Err(self.refusal(&error))).collect(),
        };
        for ((_, reply), outcome) in group.into_iter().zip(outcomes) {
            // Whoever asked may have given up.
            let _ = reply.send(outcome);
        }
    }

    fn one_by_one(&mut self, group: &[Waiting]) -> Vec<Result<(), StoreError>> {
        let mut outcomes = Vec::with_capacity(group.len());
        for (change, _) in group {
            let outcome = self.transaction(|connection| group::apply(connection, change));
            outcomes.push(outcome.unwrap_or_else(|error| Err(self.refusal(&error))));
        }
        outcomes
    }

    fn run(&mut self, steps: &[Step]) -> Result<u64, StoreError> {
        let outcome = self.transaction(|connection| {
            let mut total = 0;
            for step in steps {
                total += carry_out(connection, step)?;
            }
            Ok(total)
        });
        outcome.map_err(|error| self.refusal(&error))
    }

    /// Does the work in one transaction. Where this gives an error, nothing is acknowledged.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        if self.broken.is_some() {
            return Err(rusqlite::Error::InvalidQuery);
        }
        // IMMEDIATE: another process may write too, and a lock that is taken late can be lost.
        let connection = &self.connection;
        let outcome = connection
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut begin| begin.execute([]))
            .and_then(|_| work(connection))
            .and_then(|value| {
                connection.prepare_cached("COMMIT")?.execute([])?;
                Ok(value)
            });
        if let Err(error) = &outcome {
            self.clean_up(error);
        }
        outcome
    }

    fn clean_up(&mut self, error: &rusqlite::Error) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            self.broken = Some(format!("a transaction cannot be rolled back: {error}"));
        }
        // A full disk is not among these: SQLite knows then that nothing was committed.
        let fatal = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        );
        if fatal {
            self.broken = Some(error.to_string());
        }
        if let Some(problem) = &self.broken {
            tracing::error!(
                problem,
                "nothing is written any more until the server is restarted"
            );
        }
    }

    fn refusal(&self, error: &rusqlite::Error) -> StoreError {
        if let Some(problem) = &self.broken {
            return StoreError::Unavailable(format!(
                "writing failed ({problem}); nobody knows what is on disk; restart the server"
            ));
        }
        match error {
            rusqlite::Error::StatementChangedRows(_) => StoreError::Conflict,
            _ if is_missing_parent(error) => StoreError::Inconsistent {
                table: "directory",
                row: "?".to_owned(),
                problem: "a row belongs to a tenant or user that is not there".to_owned(),
            },
            _ if is_own_fault(error) => StoreError::Conflict,
            _ => StoreError::Unavailable(format!("SQLite cannot write: {error}")),
        }
    }
}

/// Carries out a step; gives the number of rows touched, which must be the one it expects.
fn carry_out(connection: &Connection, step: &Step) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(step.sql)?;
    let changed = statement.execute(params_from_iter(&step.cells))?;
    let rows = changed as u64;
    if step.rows.is_some_and(|expected| expected != rows) {
        return Err(rusqlite::Error::StatementChangedRows(changed));
    }
    Ok(rows)
}

/// Whether a row could not be written because of what it holds: an id or name that is taken.
fn is_own_fault(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

fn is_missing_parent(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;
    use crate::sqlite::open;
    use crate::{provision, sql};

    fn writer(folder: &tempfile::TempDir) -> Writer {
        let connection = open::open_writer(&folder.path().join("store.db")).unwrap();
        Writer {
            connection,
            jobs: crossbeam_channel::never(),
            broken: None,
        }
    }

    fn event(number: u32, length: usize) -> Vec<Step> {
        let cells = vec![
            Cell::Int(1),
            Cell::Bytes(number.to_be_bytes().to_vec()),
            Cell::Int(0),
            "issue".into(),
            "done".into(),
            Cell::Null,
            Cell::Null,
            "x".repeat(length).into(),
            Cell::Null,
        ];
        vec![provision::any(sql::ADD_EVENT, cells)]
    }

    #[test]
    fn a_full_disk_is_refused_and_recovers_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&folder);
        let pages: u32 = writer
            .connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        let limit = format!("PRAGMA max_page_count = {}", pages + 20);
        writer.connection.execute_batch(&limit).unwrap();
        let acknowledged = (0..100)
            .take_while(|&number| writer.run(&event(number, 4000)).is_ok())
            .count();
        assert!((1..100).contains(&acknowledged));
        let refused = writer.run(&event(200, 4000)).unwrap_err();
        assert!(refused.to_string().contains("full"), "{refused}");
        let count = "SELECT count(*) FROM event";
        let stored: i64 = writer
            .connection
            .query_row(count, [], |row| row.get(0))
            .unwrap();
        assert_eq!(usize::try_from(stored), Ok(acknowledged));
        writer
            .connection
            .execute_batch("PRAGMA max_page_count = 6000")
            .unwrap();
        assert_eq!(writer.run(&event(200, 4000)), Ok(1));
    }

    #[test]
    fn after_an_io_error_nothing_is_acknowledged_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(&folder);
        let failed = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        let outcome =
            writer.transaction(|_| Err::<(), _>(rusqlite::Error::SqliteFailure(failed, None)));
        assert!(outcome.is_err());
        let refused = writer.run(&event(1, 1)).unwrap_err();
        assert!(
            refused.to_string().contains("restart the server"),
            "{refused}"
        );
    }
}
