//! The reader threads: each drains questions and answers a batch of them from one snapshot.

use std::path::Path;

use challenge::ports::StoreError;
use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use tokio::sync::oneshot;

use crate::cell::{Cell, Row};
use crate::database::QUEUE;
use crate::error::OpenError;
use crate::sqlite::open;

/// Two readers saturate the two cores of a small machine, beside the writer.
const READERS: usize = 2;

/// Questions answered from one snapshot. Taking a snapshot costs two system calls.
const BATCH: usize = 32;

/// A query, and where its rows go.
pub(super) struct Question {
    pub(super) sql: &'static str,
    pub(super) cells: Vec<Cell>,
    pub(super) reply: oneshot::Sender<Result<Vec<Row>, StoreError>>,
}

/// Starts the readers. They end when the queue is dropped.
pub(super) fn start(path: &Path) -> Result<Sender<Question>, OpenError> {
    let (queue, questions) = bounded(QUEUE);
    for number in 1..=READERS {
        let connection = open::open_reader(path)?;
        let questions = questions.clone();
        std::thread::Builder::new()
            .name(format!("store reader {number}"))
            .spawn(move || answer_all(&connection, &questions))
            .map_err(OpenError::NoThread)?;
    }
    Ok(queue)
}

fn answer_all(connection: &Connection, questions: &Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        // Drained before the snapshot is taken, so that nobody reads from before his question.
        let batch: Vec<Question> = std::iter::once(first)
            .chain(questions.try_iter().take(BATCH - 1))
            .collect();
        let begun = connection.execute_batch("BEGIN");
        for question in batch {
            let rows = match &begun {
                Ok(()) => fetch(connection, &question).map_err(|error| unreadable(&error)),
                Err(error) => Err(unreadable(error)),
            };
            // Whoever asked may have given up.
            let _ = question.reply.send(rows);
        }
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a reader cannot end its snapshot");
        }
    }
}

fn fetch(connection: &Connection, question: &Question) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(question.sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(&question.cells))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let cells = (0..columns).map(|column| row.get_ref(column).and_then(cell));
        found.push(Row(cells.collect::<Result<_, _>>()?));
    }
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Int(number),
        // No column is REAL (the tables are STRICT).
        ValueRef::Real(_) => return Err(rusqlite::Error::InvalidQuery),
        ValueRef::Text(_) => Cell::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
}

fn unreadable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("SQLite cannot read: {error}"))
}
