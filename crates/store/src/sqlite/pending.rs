//! Rows that are written but not there yet: those of an intake, until all of them are written.
//!
//! A mark in the database says from which id to which such rows stand, and the readers know the tables by
//! views that leave these out. So nothing that is read can forget to, and one short transaction that
//! removes the mark shows all of the rows. Writing and removing them is done elsewhere.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use challenge::ports::StoreError;
use serde::Serialize;

use crate::cell::Cell;
use crate::database::{Database as _, LONG_PATIENCE, Step};
use crate::provision::exactly;
use crate::spool::Span;
use crate::sqlite::beside;
use crate::sqlite::shared_file::open_beside;
use crate::sqlite::store::Sqlite;

/// What the readers see. A view of the temporary schema stands before a table of the same name.
pub(super) const VIEWS: &str = "CREATE TEMP VIEW user_account AS SELECT * FROM main.user_account \
     WHERE (tenant = (SELECT json_extract(body, '$.tenant') FROM main.server_setting WHERE name = 'intake') \
     AND id >= (SELECT json_extract(body, '$.first') FROM main.server_setting WHERE name = 'intake') \
     AND id <= (SELECT json_extract(body, '$.last') FROM main.server_setting WHERE name = 'intake')) \
     IS NOT TRUE; \
     CREATE TEMP VIEW authenticator AS SELECT * FROM main.authenticator \
     WHERE (tenant = (SELECT json_extract(body, '$.tenant') FROM main.server_setting WHERE name = 'intake') \
     AND id >= (SELECT json_extract(body, '$.first') FROM main.server_setting WHERE name = 'intake') \
     AND id <= (SELECT json_extract(body, '$.last') FROM main.server_setting WHERE name = 'intake')) \
     IS NOT TRUE; \
     CREATE TEMP VIEW server_setting AS SELECT * FROM main.server_setting WHERE name <> 'intake'";

const MARK: &str = "SELECT body FROM main.server_setting WHERE name = 'intake'";
/// Nothing that is there already may stand among the rows, or it would be left out as well.
const PUT_MARK: &str = "INSERT INTO server_setting (name, body) SELECT 'intake', $1 WHERE \
     NOT EXISTS (SELECT 1 FROM user_account WHERE tenant = $2 AND id >= $3 AND id <= $4) AND \
     NOT EXISTS (SELECT 1 FROM authenticator WHERE tenant = $2 AND id >= $3 AND id <= $4) AND \
     NOT EXISTS (SELECT 1 FROM standing WHERE tenant = $2 AND user_id >= $3 AND user_id <= $4)";
/// Touches one row where the mark is there.
const EXPECT_MARK: &str =
    "UPDATE server_setting SET body = body WHERE name = 'intake' AND body = $1";
const TURN_MARK: &str = "UPDATE server_setting SET body = $1 WHERE name = 'intake' AND body = $2";
const REMOVE_MARK: &str = "DELETE FROM server_setting WHERE name = 'intake' AND body = $1";
const EXPECT_VERSION: &str = "UPDATE directory_version SET version = version WHERE version = $1";

/// How often it is looked whether somebody else's intake is over.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What the file is called after the database that is locked by whoever takes in.
pub(super) const LOCKED: &str = "-intake";

/// Where the rows stand that are not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) span: Span,
    /// What the database has of it, letter by letter: what is done under a mark expects it so.
    body: String,
}

#[derive(Serialize)]
struct Condemned {
    #[serde(flatten)]
    span: Span,
    is_condemned: bool,
}

impl Mark {
    pub(super) fn of(span: Span) -> Result<Self, StoreError> {
        let body = serde_json::to_string(&span).map_err(|error| broken(&error.to_string()))?;
        Ok(Self { span, body })
    }

    /// The same rows, but what stands there will never be shown.
    pub(super) fn condemned(&self) -> Result<Self, StoreError> {
        let span = self.span;
        let condemned = Condemned {
            span,
            is_condemned: true,
        };
        let body = serde_json::to_string(&condemned).map_err(|error| broken(&error.to_string()))?;
        Ok(Self { span, body })
    }

    /// Puts another in its place.
    pub(super) fn turned_to(&self, next: &Self) -> Step {
        let mut cells = next.key();
        cells.extend(self.key());
        exactly(1, TURN_MARK, cells)
    }

    /// The mark that is there.
    pub(super) async fn read(store: &Sqlite) -> Result<Option<Self>, StoreError> {
        let Some(row) = store.fetch(MARK, vec![]).await?.into_iter().next() else {
            return Ok(None);
        };
        let body = row.of("server_setting").text()?;
        let span = serde_json::from_str(&body).map_err(|error| broken(&error.to_string()))?;
        Ok(Some(Self { span, body }))
    }

    /// Sets it, where the directory has this version still.
    pub(super) fn put(&self, expected_version: u64) -> Result<Vec<Step>, StoreError> {
        let version = i64::try_from(expected_version).map_err(|_| StoreError::Conflict)?;
        let Span {
            tenant,
            first,
            last,
        } = self.span;
        let mut cells = self.key();
        cells.extend([tenant.into(), first.into(), last.into()]);
        Ok(vec![
            exactly(1, EXPECT_VERSION, vec![version.into()]),
            exactly(1, PUT_MARK, cells),
        ])
    }

    /// Steps that are carried out only as long as it is there.
    pub(super) fn before(&self, steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
        let expected = exactly(1, EXPECT_MARK, self.key());
        std::iter::once(expected).chain(steps).collect()
    }

    pub(super) fn removed(&self) -> Step {
        exactly(1, REMOVE_MARK, self.key())
    }

    fn key(&self) -> Vec<Cell> {
        vec![self.body.as_str().into()]
    }
}

fn broken(problem: &str) -> StoreError {
    StoreError::Inconsistent {
        table: "server_setting",
        row: "intake".to_owned(),
        problem: problem.to_owned(),
    }
}

/// Held by whoever takes in or clears up; the operating system lets go of it when the process ends, however
/// it ends.
pub(super) struct Alone {
    _file: File,
}

impl Alone {
    /// Nothing where another process or task holds it.
    pub(super) fn try_take(database: &Path) -> Result<Option<Self>, StoreError> {
        let unopened = |error: std::io::Error| {
            let name = beside(database, LOCKED);
            StoreError::Unavailable(format!("{} cannot be locked: {error}", name.display()))
        };
        let file = open_beside(database, LOCKED).map_err(unopened)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unopened(error)),
        }
    }

    /// Waits for whoever holds it.
    pub(super) async fn take(database: &Path) -> Result<Self, StoreError> {
        let wait = async {
            loop {
                if let Some(alone) = Self::try_take(database)? {
                    return Ok(alone);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let late = "other tokens are being taken in; try again when that is done";
        tokio::time::timeout(LONG_PATIENCE, wait)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable(late.to_owned())))
    }
}
