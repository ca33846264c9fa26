//! The checkpoint thread: copies the log back into the database file beside the writer, so that
//! whoever commits meanwhile does not wait for it.
//!
//! SQLite begins its log anew only once all of it was copied, which under a steady load a thread
//! beside the writer never sees. So when the log has grown long, the writer copies what is left: the
//! few pages that came since this thread's last turn.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::OpenError;
use crate::sqlite::open;
use crate::sqlite::writer::Job;

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// Pages in the log that are worth copying: fewer wait for company.
const WORTH_COPYING: i64 = 1000;

/// Pages in the log from which on it is to begin anew, 32 MB.
const LONG: i64 = 8000;

/// Pages that the log holds, and how many of them were copied back.
struct Log {
    pages: i64,
    copied: i64,
}

/// Starts the thread. It ends when what is returned is dropped.
pub(super) fn start(path: &Path, writer: Sender<Job>) -> Result<Sender<()>, OpenError> {
    let connection = open::open_checkpointer(path)?;
    let (alive, stop) = bounded(0);
    std::thread::Builder::new()
        .name("store checkpoints".to_owned())
        .spawn(move || copy_back(&connection, &writer, &stop))
        .map_err(OpenError::NoThread)?;
    Ok(alive)
}

fn copy_back(connection: &Connection, writer: &Sender<Job>, stop: &Receiver<()>) {
    while stop.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        let log = match turn(connection) {
            Ok(log) => log,
            Err(error) => {
                tracing::error!(%error, "the log cannot be copied back");
                // The writer meets the same error, and knows what follows from it.
                Log {
                    pages: i64::MAX,
                    copied: 0,
                }
            }
        };
        if log.pages >= LONG {
            let (reply, done) = oneshot::channel();
            if writer.send(Job::Checkpoint(reply)).is_err() {
                return;
            }
            // A writer that went away is noticed at the next turn.
            let _ = done.blocking_recv();
        }
    }
}

/// Copies what is worth it; what the log is like then.
fn turn(connection: &Connection) -> rusqlite::Result<Log> {
    let log = checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")?;
    if log.pages - log.copied < WORTH_COPYING {
        return Ok(log);
    }
    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<Log> {
    connection.query_row(pragma, [], |row| {
        Ok(Log {
            pages: row.get(1)?,
            copied: row.get(2)?,
        })
    })
}
